"""Numbers with units as people write them: ``5ms``, ``0.2 Wh``, ``40%``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from monas_core.errors import UsageError

_FAMILIES: Mapping[str, Mapping[str, float]] = {
    "a time": {
        "ns": 1e-9,
        "us": 1e-6,
        "µs": 1e-6,
        "μs": 1e-6,
        "ms": 1e-3,
        "s": 1.0,
        "min": 60.0,
        "h": 3600.0,
    },
    "an energy": {
        "nJ": 1e-9,
        "uJ": 1e-6,
        "µJ": 1e-6,
        "μJ": 1e-6,
        "mJ": 1e-3,
        "J": 1.0,
        "kJ": 1e3,
        "mWh": 3.6,
        "Wh": 3.6e3,
        "kWh": 3.6e6,
    },
    "a size": {
        "B": 1.0,
        "kB": 1e3,
        "KB": 1e3,
        "MB": 1e6,
        "GB": 1e9,
        "KiB": 2.0**10,
        "MiB": 2.0**20,
        "GiB": 2.0**30,
    },
    "a share": {"fraction": 1.0, "%": 1e-2},
    "a count": {"": 1.0, "params": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9},
    "a count of operations": {
        "FLOP": 1.0,
        "FLOPs": 1.0,
        "KFLOP": 1e3,
        "MFLOP": 1e6,
        "GFLOP": 1e9,
        "k": 1e3,
        "K": 1e3,
        "M": 1e6,
        "G": 1e9,
    },
}
"""By quantity, what each unit is in the first or basic one."""

_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(%|[^\W\d_]\S*)?\s*")


def parse(text: str) -> tuple[float, str]:
    """``"5ms"`` as number and unit (empty where none is written).

    Raises:
        ValueError: Not a finite number with an optional unit.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None or not math.isfinite(float(match[1])):
        raise ValueError(text)
    return float(match[1]), match[2] or ""


def in_unit(value: float, given: str, wanted: str, what: str) -> float:
    """A value in another unit of the same quantity; a unit left out means the wanted one.

    Args:
        value: The number.
        given: Its unit, or ``""``.
        wanted: The unit to convert to.
        what: Named in messages: ``--max lat``.

    Raises:
        UsageError: The unit measures something else, or is not known.
    """
    if given in ("", wanted):
        return value
    for units in _FAMILIES.values():
        if given in units and wanted in units:
            return value * units[given] / units[wanted]
    allowed = next((list(units) for units in _FAMILIES.values() if wanted in units), [wanted])
    listed = ", ".join(unit for unit in dict.fromkeys(allowed) if unit and unit.isascii())
    hint = f"write it in {listed}" if listed else "leave the unit out"
    raise UsageError(
        f'{what} is given in "{given}", but it is measured in {wanted or "counts"}; {hint}.'
    )


def never_negative(unit: str) -> bool:
    """Whether a unit measures what cannot be below zero: times, energies, sizes, counts."""
    return any(
        unit in units and unit not in ("", "k", "K", "M", "G", *_FAMILIES["a share"])
        for units in _FAMILIES.values()
    )


def metric_unit(metric: str) -> str:
    """The unit that a device metric carries in its name: ``latency_ms`` is in ``ms``."""
    written = metric.rpartition("_")[2]
    known = {unit.lower(): unit for units in _FAMILIES.values() for unit in units if unit}
    return known.get(written.lower(), written)
