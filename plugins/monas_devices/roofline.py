"""Devices computed from datasheet figures: a roofline per kernel.

A kernel of F FLOPs that moves N elements of b bytes takes

    launch + max((F + saturation) / (peak * efficiency), N * b / bandwidth)

seconds (Williams et al., CACM 52(4), 2009, with a constant per kernel). F is
zero for kernels that are no matrix products; those have no first term, and a
compiling runtime folds the share ``fusion`` of them into their neighbours.
``saturation`` is the work of one wave of output tiles on all cores: a smaller
product leaves cores idle and is no faster, so F + saturation behaves like F
for large products and like a constant for small ones. Energy is

    idle_power * time + flop_energy * F + byte_energy * bytes.

An array of multipliers with ``lanes`` rows (figures ``lanes`` and ``lane_weight``, which most
devices leave out) is filled by a kernel of inner depth C (input channels per group) to the share
min(1, C / lanes); its rate is 1 - lane_weight * (1 - share) of the attainable one. A weight of 1
is the array as it is, a weight of 0 one that is always full.

Caches are not modelled: every kernel reads and writes memory, as if no result
survived in a cache until it is needed. That is pessimistic for networks that fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from monas_core.files import read_json
from monas_core.parts.device import Device, DeviceProfile, require_metric
from monas_core.values.architecture import Architecture
from monas_core.values.value import PRECISIONS, Value
from monas_devices.lanes import LaneOptions
from monas_devices.options import ModelledOptions
from monas_devices.profiles import datasheet, read_profile, require_figures, to_json

if TYPE_CHECKING:
    from torch import Tensor

    from monas_core.parts.context import Context
    from monas_core.tracing.workload import Workload

CATALOGUE = Path(__file__).parent / "catalogue"


@attrs.frozen
class Roofline:
    """The figures of a profile, in SI units.

    Attributes:
        rate: Attainable FLOP/s: peak times efficiency.
        saturation: FLOPs of one wave of output tiles.
        bandwidth: B/s.
        launch: Seconds per kernel.
        fusion: Share of the kernels without FLOPs that cost nothing.
        idle_power: W.
        flop_energy, byte_energy: J.
        width: Bytes per element.
        lanes: Rows of the array that an inner depth has to fill; 1 where it does not matter.
        lane_weight: How much it matters, 0 to 1.
    """

    rate: float
    saturation: float
    bandwidth: float
    launch: float
    fusion: float
    idle_power: float
    flop_energy: float
    byte_energy: float
    width: int
    lanes: float = 1.0
    lane_weight: float = 0.0

    @classmethod
    def of(cls, profile: DeviceProfile) -> Roofline:
        """From a profile's figures. UsageError where one is missing."""
        require_figures(profile)
        figure = {name: figure.value for name, figure in profile.figures.items()}
        return cls(
            rate=figure["peak"] * figure["efficiency"],
            saturation=figure["saturation"],
            bandwidth=figure["bandwidth"],
            launch=figure["launch"],
            fusion=figure["fusion"],
            idle_power=figure["idle_power"],
            flop_energy=figure["flop_energy"] * 1e-12,
            byte_energy=figure["byte_energy"] * 1e-12,
            width=PRECISIONS[profile.precision],
            lanes=figure.get("lanes", 1.0),
            lane_weight=figure.get("lane_weight", 1.0),
        )

    def costs(self, workloads: Sequence[Workload]) -> tuple[Tensor, Tensor]:
        """Seconds ``(n,)`` and joules ``(n,)`` of n networks, float64."""
        import torch  # who only asks what the device is needs none

        flops = torch.cat([w.flops for w in workloads])  # (kernels of all networks,)
        moved = torch.cat([w.bytes_moved(self.width) for w in workloads])
        matrix = flops > 0
        kept = torch.where(matrix, 1.0, 1.0 - self.fusion)
        rate = self.rate * self._filled(workloads)
        compute = torch.where(matrix, (flops + self.saturation) / rate, 0.0)
        seconds = kept * (self.launch + torch.maximum(compute, moved / self.bandwidth))
        joules = (
            self.idle_power * seconds + self.flop_energy * flops + self.byte_energy * kept * moved
        )
        sizes = torch.tensor([len(w.flops) for w in workloads])
        owner = torch.repeat_interleave(torch.arange(len(workloads)), sizes)
        zero = torch.zeros(len(workloads), dtype=torch.float64)
        return zero.index_add(0, owner, seconds), zero.index_add(0, owner, joules)

    def _filled(self, workloads: Sequence[Workload]) -> Tensor | float:
        """Share of the attainable rate by kernel, from its inner depth."""
        if self.lanes <= 1 or self.lane_weight == 0:
            return 1.0
        import torch

        depths = [w.depths if w.depths is not None else w.flops * 0 for w in workloads]
        known = torch.cat(depths)
        share = torch.where(known > 0, (known / self.lanes).clamp(max=1.0), 1.0)
        return 1.0 - self.lane_weight * (1.0 - share)


class Modelled(Device):
    """A device whose costs are computed from its profile, origin "modelled"."""

    metrics = frozenset({"latency_ms", "energy_mj", "memory_mb"})

    def __init__(self, profile: DeviceProfile) -> None:
        self.profile = profile
        self.roofline = Roofline.of(profile)

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """Costs of one inference of the profile's batch."""
        require_metric(self, metric, "this cost")
        if not architectures:
            return []
        workloads = [context.workload(a, self.profile.batch) for a in architectures]
        if metric == "memory_mb":
            return [memory_mb(workload, self.profile.precision) for workload in workloads]
        seconds, joules = self.roofline.costs(workloads)
        found, unit = (seconds, "ms") if metric == "latency_ms" else (joules, "mJ")
        return [Value(value, unit, "modelled") for value in (1e3 * found).tolist()]


def memory_mb(workload: Workload, precision: str) -> Value:
    """Weights plus the largest set of activations alive in one kernel, MB (10^6 bytes)."""
    width = PRECISIONS[precision]
    size = workload.weight_bytes(width) + workload.peak_elements * width
    return Value(size / 1e6, "MB", "modelled")


def from_datasheet(argument: str | None = None, document: Any = None) -> Modelled:
    """A device from a person's file of datasheet figures.

    Args:
        argument: Path of the file.
        document: What it says, where it is known already.

    Raises:
        UsageError: The file cannot be read, or lacks a figure.
    """
    where = f"Device profile {argument}" if argument else "Device profile"
    if document is None:
        document = read_json(Path(argument or ""), "device profile", "write it again")
    device = Modelled(datasheet(document, where))
    device.document = to_json(device.profile)
    return device


def modelled(name: str, options: ModelledOptions | LaneOptions | None = None) -> Modelled:
    """The device of this name in the catalogue."""
    profile = read_profile(CATALOGUE / f"{name}.json")
    if isinstance(options, LaneOptions):
        profile = options.applied(profile)
    if options is not None and options.batch is not None:
        profile = attrs.evolve(profile, batch=options.batch)
    return Modelled(profile)
