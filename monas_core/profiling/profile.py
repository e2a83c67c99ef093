"""A device profile: what the reference networks of a space cost on one device, as JSON.

Written by ``monas profile``, by hand or by a script on a phone; read by
``monas pick --device FILE``. Its keys are the attributes of ``Profile``, and ``schema``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from monas_core.errors import UsageError
from monas_core.files import parse_json, read_json, write_text
from monas_core.parts.device import DeviceProfile
from monas_core.profiling.reference_set import ReferenceSet
from monas_core.values.quantity import metric_unit
from monas_core.values.reading import finite_number
from monas_core.values.value import PRECISIONS, Origin, Value

SCHEMA = 1
KEYS = (
    "schema", "name", "processor", "runtime", "precision", "batch", "threads", "kind", "date",
    "space", "preset", "space_version", "task", "references", "digest", "metrics", "notes",
)  # fmt: skip
_METRIC_KEYS = ("unit", "origin", "median", "spread")
_ORIGINS: tuple[Origin, ...] = ("measured", "tabulated", "modelled")
"""A profile holds what is known of the references; predictions are made from it."""


@attrs.frozen
class Costs:
    """One metric of a profile, on the reference networks in their order.

    Attributes:
        unit: ``ms``, ``mJ``, ``MB``: the one in the name of the metric.
        origin: ``measured``, ``tabulated`` or ``modelled``.
        median: Positive.
        spread: Interquartile ranges; ``None`` where it is not known.
    """

    unit: str
    origin: Origin
    median: tuple[float, ...] = attrs.field(converter=tuple)
    spread: tuple[float | None, ...] = attrs.field(converter=tuple)

    @property
    def values(self) -> list[Value]:
        """As values of objectives."""
        pairs = zip(self.median, self.spread, strict=True)
        return [Value(median, self.unit, self.origin, spread=spread) for median, spread in pairs]


@attrs.frozen
class Profile:
    """What a device profile file says.

    Attributes:
        name: Of the device.
        processor: Product name.
        runtime: What executed the networks, and its version.
        precision: One of ``PRECISIONS``.
        batch: Samples per inference.
        threads: CPU threads, where they are known.
        kind: ``phone``, ``laptop``, ``edge``, ...
        date: When measured, ISO.
        space, preset, space_version, task: Whose reference networks these are.
        references: Keys of the reference architectures, in order.
        digest: Of the reference networks (``ReferenceSet``).
        metrics: Costs by device metric (``latency_ms``).
        notes: What else was noticed: drift, clock policy. Plain values.
    """

    name: str
    processor: str
    runtime: str
    precision: str
    batch: int
    threads: int | None
    kind: str
    date: str
    space: str
    preset: str
    space_version: int
    task: str
    references: tuple[str, ...] = attrs.field(converter=tuple)
    digest: str
    metrics: Mapping[str, Costs]
    notes: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def device(self) -> DeviceProfile:
        """The description of the target; what it costs there is mostly predicted from these."""
        return DeviceProfile(
            name=self.name,
            processor=self.processor,
            runtime=self.runtime,
            precision=self.precision,
            batch=self.batch,
            origin="predicted",
            kind=self.kind,
            date=self.date,
        )

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"schema": SCHEMA} | attrs.asdict(self)

    def write(self, path: Path) -> None:
        """Save in one step. Raises UsageError for what could not be read back."""
        text = json.dumps(self.to_json(), indent=1, ensure_ascii=False, allow_nan=False)
        from_json(parse_json(text), "The device profile")
        write_text(path, text + "\n")

    @classmethod
    def read(cls, path: Path) -> Profile:
        """A profile from a file.

        Raises:
            UsageError: The file cannot be read, or what it says cannot be.
        """
        document = read_json(path, "device profile", "make it again with: monas profile")
        return from_json(document, f"Device profile {path}")

    def require(self, wanted: ReferenceSet) -> None:
        """Refuse a profile of other reference networks.

        Equal digests are equal networks, whatever the task is called.

        Raises:
            UsageError: Naming the first thing that differs.
        """
        if (self.digest, self.space) != (wanted.digest, wanted.space):
            pairs = {
                "space": (self.space, wanted.space),
                "preset": (self.preset, wanted.preset),
                "version of the space": (self.space_version, wanted.version),
                "task": (self.task, wanted.task),
                "reference set": (self.digest, wanted.digest),
            }
            what = next(what for what, (own, other) in pairs.items() if own != other)
            own, other = pairs[what]
            raise UsageError(
                f'Device profile "{self.name}" was made for another {what} ({own}) than this '
                f"run's ({other}); profile the device again with: monas profile --space "
                f"{wanted.space} --preset {wanted.preset} --task {wanted.task}."
            )
        if list(self.references) != wanted.keys:
            raise UsageError(
                f'Device profile "{self.name}" lists other reference networks than its digest '
                "stands for; it was edited, so make it again with: monas profile."
            )


def from_json(document: Any, where: str) -> Profile:
    """A checked profile from plain values.

    Args:
        document: Plain values.
        where: Named in messages: the file.

    Raises:
        UsageError: One sentence about the first fault found.
    """
    if not isinstance(document, dict):
        raise UsageError(f"{where} must hold a JSON object, got {document!r:.60}.")
    if document.get("schema") != SCHEMA:
        raise UsageError(
            f"{where} has schema {document.get('schema')!r:.20}, and this version reads {SCHEMA}; "
            "make it with: monas profile."
        )
    unknown, missing = set(document) - set(KEYS), set(KEYS) - {"notes"} - set(document)
    if unknown or missing:
        fault = f'unknown key "{min(unknown)}"' if unknown else f'no key "{min(missing)}"'
        raise UsageError(f"{where} has {fault}; its keys are {', '.join(KEYS)}.")
    _check_texts(document, where)
    metrics = document["metrics"]
    if not isinstance(metrics, dict) or not metrics:
        raise UsageError(f"{where} gives no costs: metrics must be an object such as latency_ms.")
    count = len(document["references"])
    costs = {name: _costs(where, name, costs, count) for name, costs in metrics.items()}
    rest = {key: value for key, value in document.items() if key not in ("schema", "metrics")}
    return Profile(**rest, metrics=costs)


def _check_texts(document: Mapping[str, Any], where: str) -> None:
    texts = ("name", "processor", "runtime", "kind", "date", "space", "preset", "task", "digest")
    for key in texts:
        if not isinstance(document[key], str):
            raise UsageError(f"{where}: {key} must be text, got {document[key]!r:.40}.")
    if not document["name"].strip():
        raise UsageError(f"{where}: name is empty; give the device one.")
    if document["precision"] not in tuple(PRECISIONS):
        raise UsageError(
            f"{where}: precision must be one of {', '.join(PRECISIONS)}, "
            f"got {document['precision']!r:.40}."
        )
    for key, least in {"batch": 1, "threads": 1, "space_version": 0}.items():
        value = document[key]
        unknown = key == "threads" and value is None
        if not unknown and (type(value) is not int or value < least):
            raise UsageError(
                f"{where}: {key} must be an integer of at least {least}, got {value!r:.40}."
            )
    references = document["references"]
    if not isinstance(references, list) or not all(isinstance(key, str) for key in references):
        raise UsageError(f"{where}: references must list the keys of the reference networks.")
    if not isinstance(document.get("notes", {}), dict):
        raise UsageError(f"{where}: notes must be an object, got {document['notes']!r:.40}.")


def _costs(where: str, metric: str, document: Any, count: int) -> Costs:
    label = f"{where}: {metric}"
    if not isinstance(document, dict) or set(document) != set(_METRIC_KEYS):
        raise UsageError(f"{label} must have {', '.join(_METRIC_KEYS)}, got {document!r:.60}.")
    unit = metric_unit(metric)
    if document["unit"] != unit:
        raise UsageError(
            f"{label} must be given in {unit}, got {document['unit']!r:.20}; convert its values."
        )
    if document["origin"] not in _ORIGINS:
        raise UsageError(
            f"{label}: origin must be one of {', '.join(_ORIGINS)}, got {document['origin']!r:.40}."
        )
    for key in ("median", "spread"):
        if not isinstance(document[key], list) or len(document[key]) != count:
            raise UsageError(
                f"{label}: {key} must list {count} numbers, one for each reference network."
            )
    for position, value in enumerate(document["median"], start=1):
        if not finite_number(value) or value <= 0:
            raise UsageError(
                f"{label} of reference network {position} is {value!r:.20}; a cost must be a "
                f"finite number above 0 {unit}."
            )
    for position, value in enumerate(document["spread"], start=1):
        if value is not None and (not finite_number(value) or value < 0):
            raise UsageError(
                f"{label}: the spread of reference network {position} is {value!r:.20}; it must "
                "be a finite number of at least 0, or null."
            )
    return Costs(unit, document["origin"], document["median"], document["spread"])
