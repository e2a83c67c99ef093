"""Profiling this machine: every metric on the reference networks, the first one twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.profiling.profile import Costs, Profile
from monas_core.profiling.reference_set import ReferenceSet
from monas_core.values.quantity import metric_unit
from monas_core.values.value import Origin, Value

if TYPE_CHECKING:
    from monas_core.catalog.lookup import Catalog

RUNTIMES = ("eager", "compile", "onnxruntime")
"""What may execute networks on this machine."""

_CAPABILITY = "measures-this-machine"
_GOVERNORS = "devices/system/cpu/cpu*/cpufreq/scaling_governor"
_TIME = "latency_ms"
Note = Callable[[str], None]
"""Told what is being done."""


def measuring_device(catalog: Catalog, **settings: Any) -> Device:
    """A fresh device that measures on this machine.

    Args:
        catalog: What is installed.
        settings: ``runtime``, ``threads``, ``batch``, ``seconds``; its own choice where left out.

    Raises:
        UsageError: None is installed, or the runtime cannot work here.
    """
    for entry in catalog.entries("device"):
        if _CAPABILITY in entry.spec.provides:
            return entry.create(**settings)
    raise UsageError(
        "No installed device measures this machine; install a plugin that does, or read timings "
        "from a file with --collect."
    )


def this_machine(
    catalog: Catalog, context: Context, name: str, note: Note, **settings: Any
) -> Profile:
    """Measure this machine on the reference networks.

    Args:
        catalog: What is installed.
        context: Space, task and torch device; networks get random weights without a supernet.
        name: Of the profile.
        note: Told what is being measured.
        settings: As of ``measuring_device``.

    Raises:
        UsageError: The runtime cannot work here.
        Unavailable: A metric cannot be had.
    """
    device = measuring_device(catalog, **settings)
    references = ReferenceSet.of(context)
    metrics: dict[str, Costs] = {}
    for metric in sorted(device.metrics, key=lambda known: (known != _TIME, known)):
        note(f"measuring {metric} of {len(references.architectures)} reference networks")
        metrics[metric] = costs(metric, device.cost(metric, references.architectures, context))
    notes: dict[str, Any] = {"torch_device": str(context.torch_device), "governor": governor()}
    if _TIME in metrics:
        note("measuring the first network again")
        first = references.architectures[:1]
        again = measuring_device(catalog, **settings).cost(_TIME, first, context)[0]
        notes["drift"] = round(again.value / metrics[_TIME].median[0] - 1.0, 4)
    target = device.profile
    return Profile(
        name=name,
        processor=target.processor,
        runtime=target.runtime,
        precision=target.precision,
        batch=target.batch,
        threads=settings.get("threads", 1),
        kind=target.kind,
        date=dt.datetime.now(tz=dt.UTC).date().isoformat(),
        **described(references),
        metrics=metrics,
        notes=notes,
    )


def described(references: ReferenceSet) -> dict[str, Any]:
    """The fields of a profile that say whose reference networks it is about."""
    return {
        "space": references.space,
        "preset": references.preset,
        "space_version": references.version,
        "task": references.task,
        "references": references.keys,
        "digest": references.digest,
    }


def costs(metric: str, values: Sequence[Value]) -> Costs:
    """One metric from values; as well-founded as the least of them."""
    origins = {value.origin for value in values}
    origin: Origin = "modelled" if len(origins) > 1 else values[0].origin
    return Costs(metric_unit(metric), origin, [v.value for v in values], [v.spread for v in values])


def measures_like(source: Profile, catalog: Catalog) -> dict[str, Any] | None:
    """Settings with which this machine measures what a profile describes.

    ``None`` where the profile is of another processor, runtime, version or thread count.
    """
    for runtime in RUNTIMES:
        settings = {
            "runtime": runtime,
            "threads": source.threads or 1,
            "batch": source.batch,
        }
        try:
            here = measuring_device(catalog, **settings).profile
        except UsageError:
            continue  # that runtime is not installed
        same = ("processor", "runtime", "precision")
        if all(getattr(here, field) == getattr(source, field) for field in same):
            return settings
    return None


def governor(system: Path = Path("/sys")) -> str:
    """How the operating system sets the clock of the processors: ``performance``, ...

    With anything else than ``performance`` times may depend on what ran before.
    """
    found = set()
    for path in system.glob(_GOVERNORS):
        try:
            found.add(path.read_text(encoding="ascii").strip())
        except (OSError, ValueError):
            continue
    return ", ".join(sorted(found)) or "not told by the system"
