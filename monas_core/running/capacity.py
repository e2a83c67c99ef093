"""Whether a network fits into the memory of a device: marked where it does not, never silent."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from monas_core.errors import Unavailable
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.values.architecture import Architecture
from monas_core.values.member import Front, Member
from monas_core.values.value import PRECISIONS

METRIC = "memory_mb"
_FIGURE = "memory"
MB = 1e6


def capacity_mb(device: Device) -> float | None:
    """Memory of a device in MB; ``None`` where its profile does not tell."""
    figure = device.profile.figures.get(_FIGURE)
    return figure.value / MB if figure is not None else None


def needs_mb(
    device: Device, architectures: Sequence[Architecture], context: Context
) -> list[float]:
    """What networks need there: as the device says, else weights and largest working set."""
    if METRIC in device.metrics:
        try:
            return [v.value for v in device.estimate(METRIC, architectures, context)]
        except Unavailable:
            pass  # some networks are unknown to it; the count is known for all
    width = PRECISIONS[device.profile.precision]
    workloads = [context.workload(a, device.profile.batch) for a in architectures]
    return [(w.weight_bytes(width) + w.peak_elements * width) / MB for w in workloads]


def excess(
    device: Device, architectures: Sequence[Architecture], context: Context
) -> list[dict[str, float] | None]:
    """``{"needs_mb", "has_mb"}`` for each network that does not fit, ``None`` for the others."""
    has = capacity_mb(device)
    if has is None or not architectures or context.task is None:
        return [None] * len(architectures)
    found = needs_mb(device, architectures, context)
    return [{"needs_mb": need, "has_mb": has} if need > has else None for need in found]


def marked(members: Sequence[Member], device: Device, context: Context) -> list[Member]:
    """Members of a front, those that do not fit with ``exceeds_memory``."""
    networks = [context.space.choices.from_json(member.architecture) for member in members]
    return [
        attrs.evolve(member, exceeds_memory=over or {})
        for member, over in zip(members, excess(device, networks, context), strict=True)
    ]


def warning(front: Front) -> str | None:
    """One sentence about the members of a front that do not fit; ``None`` where all do."""
    over = [member.exceeds_memory for member in front.members if member.exceeds_memory]
    if not over:
        return None
    least, has = min(o["needs_mb"] for o in over), over[0]["has_mb"]
    return (
        f"{len(over)} of {len(front.members)} members of the front of {front.device} need more "
        f"than its {has:.4g} MB of memory (from {least:.4g} MB); their times are those of a chip "
        "with enough of it. monas pick passes over them."
    )
