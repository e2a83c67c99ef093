"""Device profiles as JSON: reading, checking, writing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import attrs

from monas_core.errors import UsageError
from monas_core.files import read_json
from monas_core.parts.device import DeviceProfile, Figure
from monas_core.values.reading import finite_number
from monas_core.values.value import PRECISIONS, Origin

"""Size of one element by precision."""

UNITS: Mapping[str, str] = {
    "peak": "FLOP/s",
    "efficiency": "fraction",
    "saturation": "FLOP",
    "bandwidth": "B/s",
    "launch": "s",
    "fusion": "fraction",
    "flop_energy": "pJ/FLOP",
    "byte_energy": "pJ/B",
    "idle_power": "W",
    "memory": "B",
}
"""The figures a roofline needs, with their units; ``roofline`` says what they mean."""

OPTIONAL: Mapping[str, str] = {"lanes": "rows", "lane_weight": "fraction"}
"""Figures that only some devices have; left out, a kernel's inner depth does not matter."""

DEFAULTS: Mapping[str, Any] = {
    "runtime": "not told",
    "batch": 1,
    "origin": "modelled",
    "kind": "other",
    "date": "",
}
"""What a person's file may leave out."""

_MAY_BE_ZERO = frozenset({"saturation", "launch", "fusion", "idle_power", "lane_weight"})


def read_profile(path: Path) -> DeviceProfile:
    """A profile from a JSON file.

    Raises:
        UsageError: The file cannot be read, or what it says cannot be.
    """
    return from_json(read_json(path, "device profile", "write it again"), str(path))


def datasheet(document: Any, where: str) -> DeviceProfile:
    """A person's own datasheet profile: as ``from_json``, with ``DEFAULTS`` for what is left out.

    Raises:
        UsageError: One sentence about the first fault found.
    """
    if isinstance(document, dict):
        document = {**DEFAULTS, **document}
        if document["origin"] != "modelled":
            raise UsageError(
                f'{where}: values from datasheet figures are "modelled", not '
                f"{document['origin']!r:.40}; leave origin out."
            )
    profile = from_json(document, where)
    if not profile.name.strip():
        raise UsageError(f"{where}: name is empty; give the device one.")
    return profile


def write_profile(profile: DeviceProfile, path: Path) -> None:
    """Write a profile as JSON."""
    text = json.dumps(to_json(profile), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def to_json(profile: DeviceProfile) -> dict[str, Any]:
    """A profile as plain values."""
    document = attrs.asdict(profile)
    document["figures"] = {name: attrs.asdict(f) for name, f in profile.figures.items()}
    return document


def from_json(document: Any, where: str) -> DeviceProfile:
    """Inverse of ``to_json``, checked.

    Args:
        document: Plain values.
        where: Named in messages: the file.

    Raises:
        UsageError: One sentence about the first fault found.
    """
    fields = [field.name for field in attrs.fields(DeviceProfile)]
    if not isinstance(document, dict):
        raise UsageError(f"{where}: a device profile is a JSON object, got {document!r:.60}.")
    unknown, missing = set(document) - set(fields), set(fields) - set(document)
    if unknown or missing:
        fault = f'unknown key "{min(unknown)}"' if unknown else f'key "{min(missing)}" is missing'
        raise UsageError(f"{where}: {fault}; a device profile has: {', '.join(fields)}.")
    for name in ("name", "processor", "runtime", "kind", "date"):
        if not isinstance(document[name], str):
            raise UsageError(f"{where}: {name} must be text, got {document[name]!r:.60}.")
    _one_of(where, "precision", document["precision"], tuple(PRECISIONS))
    _one_of(where, "origin", document["origin"], get_args(Origin))
    if type(document["batch"]) is not int or document["batch"] < 1:
        raise UsageError(f"{where}: batch must be a positive integer, got {document['batch']!r}.")
    if not isinstance(document["figures"], dict):
        raise UsageError(f"{where}: figures must be an object, got {document['figures']!r:.60}.")
    figures = {name: _figure(where, name, f) for name, f in document["figures"].items()}
    return DeviceProfile(**{**document, "figures": figures})


def require_figures(profile: DeviceProfile, names: Mapping[str, str] = UNITS) -> None:
    """Refuse a profile that lacks a figure a model needs.

    Raises:
        UsageError: Naming the figure and its unit.
    """
    for name, unit in names.items():
        if name not in profile.figures:
            raise UsageError(
                f'Device profile "{profile.name}" lacks the figure {name} [{unit}], which a '
                "modelled device needs; add it with value, unit and source."
            )


def _one_of(where: str, key: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"{where}: {key} must be one of {', '.join(allowed)}, got {value!r:.60}.")


def _figure(where: str, name: str, document: Any) -> Figure:
    label = f"{where}: figure {name}"
    if not isinstance(document, dict) or set(document) != {"value", "unit", "source"}:
        raise UsageError(f"{label} must have value, unit and source, got {document!r:.60}.")
    value, unit, source = document["value"], document["unit"], document["source"]
    if not finite_number(value):
        raise UsageError(f"{label} must have a finite number as value, got {value!r:.60}.")
    if value < 0 or (value == 0 and name not in _MAY_BE_ZERO):
        raise UsageError(f"{label} must be positive, got {value} {unit}.")
    wanted = {**UNITS, **OPTIONAL}.get(name, unit)
    if unit != wanted:
        raise UsageError(f"{label} must be given in {wanted}, got {unit!r}; convert it.")
    if unit == "fraction" and value > 1:
        raise UsageError(f"{label} is a fraction and must be at most 1, got {value}.")
    if not isinstance(source, str) or not source.strip():
        raise UsageError(f"{label} must name its source.")
    return Figure(float(value), str(unit), source)
