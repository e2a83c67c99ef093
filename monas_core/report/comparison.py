"""Several runs against each other: per device, their fronts in one common box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from monas_core.errors import UsageError
from monas_core.report.records import Record
from monas_core.values.front import Points, hypervolume, non_dominated
from monas_core.values.member import Front, Member, ObjectiveView

_REFERENCE = 1.1
"""Of the common box, beyond its worst corner, so that extreme members count too."""


@attrs.frozen
class Entry:
    """The front of one run on one device.

    Attributes:
        run: Name of the run.
        front: As stored.
        hypervolume: Share of the common box that it dominates.
        kept: How many of its members no other run's front beats.
    """

    run: str
    front: Front
    hypervolume: float
    kept: int

    def best(self, objective: ObjectiveView) -> float | None:
        """Best value of an objective; ``None`` on an empty front."""
        values = [member.reached[objective.name] for member in self.front.members]
        pick = min if objective.direction == "min" else max
        return pick(values, default=None)


@attrs.frozen
class Comparison:
    """Runs with the same objectives.

    Attributes:
        runs: What each was, by name: ``space``, ``optimizer``, ``task``, ``budget``, ``seed``,
            ``evaluations`` (architectures the search evaluated), ``seconds``, ``path``.
        objectives: Of all of them.
        devices: By device, entries of the runs that have it.
        notes: What makes the comparison less than fair.
    """

    runs: Mapping[str, Mapping[str, Any]]
    objectives: tuple[ObjectiveView, ...]
    devices: Mapping[str, Sequence[Entry]]
    notes: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """Plain form."""
        return {
            "runs": {name: dict(facts) for name, facts in self.runs.items()},
            "objectives": [objective.to_json() for objective in self.objectives],
            "devices": {
                device: {entry.run: self._entry(entry) for entry in entries}
                for device, entries in self.devices.items()
            },
            "notes": list(self.notes),
        }

    def _entry(self, entry: Entry) -> dict[str, Any]:
        return {
            "hypervolume": entry.hypervolume,
            "members": len(entry.front.members),
            "unbeaten": entry.kept,
            "best": {objective.name: entry.best(objective) for objective in self.objectives},
        }


def compared(records: Sequence[Record]) -> Comparison:
    """Compare finished runs on every device that at least two of them have.

    Raises:
        UsageError: Fewer than two runs, the same twice, other objectives, or no common device.
    """
    if len(records) < 2:
        raise UsageError("A comparison needs two runs or more: monas compare RUN1 RUN2")
    named = dict(zip(_names([record.path for record in records]), records, strict=True))
    objectives = _common_objectives(named)
    devices = [device for record in records for device in record.fronts]
    shared = [d for d in dict.fromkeys(devices) if devices.count(d) > 1]
    if not shared:
        told = "; ".join(f"{name}: {', '.join(r.fronts)}" for name, r in named.items())
        raise UsageError(f"These runs have no device in common ({told}).")
    found = {
        device: _entries({n: r.fronts[device] for n, r in named.items() if device in r.fronts})
        for device in shared
    }
    runs = {name: _facts(record) for name, record in named.items()}
    return Comparison(runs, objectives, found, _notes(runs, devices, shared))


def only(found: Comparison, device: str) -> Comparison:
    """The part on one device. Raises UsageError where the runs do not share it."""
    if device not in found.devices:
        known = ", ".join(found.devices)
        raise UsageError(f'These runs do not share device "{device}"; they share: {known}.')
    return attrs.evolve(found, devices={device: found.devices[device]})


def _names(paths: Sequence[Path]) -> list[str]:
    """The shortest endings of the paths that tell them apart. Raises UsageError for one twice."""
    whole = [path.resolve() for path in paths]
    for path in whole:
        if whole.count(path) > 1:
            raise UsageError(f"Run {path} is named twice; name different runs.")
    for depth in range(1, max(len(path.parts) for path in whole) + 1):
        names = ["/".join(path.parts[-depth:]) for path in whole]
        if len(set(names)) == len(names):
            return names
    return [str(path) for path in whole]


def _common_objectives(named: Mapping[str, Record]) -> tuple[ObjectiveView, ...]:
    told = {n: next(iter(r.fronts.values())).objectives for n, r in named.items() if r.fronts}
    first = next(iter(told.values()), ())
    wanted = [(o.name, o.unit, o.direction) for o in first]
    for views in told.values():
        if [(o.name, o.unit, o.direction) for o in views] != wanted:
            said = "; ".join(
                f"{n}: {', '.join(f'{o.name} [{o.unit}]' for o in v)}" for n, v in told.items()
            )
            raise UsageError(
                f"Only runs with the same objectives, in the same order, can be compared ({said})."
            )
    return first


def _entries(fronts: Mapping[str, Front]) -> list[Entry]:
    """The box reaches from the best to a little beyond the worst value of all fronts."""
    objectives = next(iter(fronts.values())).objectives
    owners = [name for name, front in fronts.items() for _ in front.members]
    members = [member for front in fronts.values() for member in front.members]
    if not members:
        return [Entry(name, front, 0.0, 0) for name, front in fronts.items()]
    points = _points(members, objectives)
    low, worst = points.min(axis=0), points.max(axis=0)
    scaled = (points - low) / np.where(worst > low, worst - low, 1.0)
    unbeaten, own = non_dominated(points), np.array(owners)
    corner = [_REFERENCE] * len(objectives)
    return [
        Entry(
            name,
            front,
            hypervolume(scaled[own == name], corner) / _REFERENCE ** len(corner),
            int(unbeaten[own == name].sum()),
        )
        for name, front in fronts.items()
    ]


def _points(members: Sequence[Member], objectives: Sequence[ObjectiveView]) -> Points:
    """Minimised values ``(n, M)``; all but the first as logarithms, as people weigh costs."""
    rows = [[member.reached[o.name] for o in objectives] for member in members]
    points = np.array(rows, dtype=np.float64)
    for column, objective in enumerate(objectives):
        if column and (points[:, column] > 0).all():
            points[:, column] = np.log(points[:, column])
        if objective.direction == "max":
            points[:, column] *= -1
    return points


def _facts(record: Record) -> dict[str, Any]:
    started, facts = record.history.started, record.history.facts
    return {
        "space": next(iter(record.fronts.values())).space,
        "preset": facts.get("preset"),
        "optimizer": started.optimizer if started else None,
        "task": started.task if started else None,
        "budget": facts.get("budget"),
        "seed": facts.get("seed"),
        "evaluations": len(record.history.evaluated),
        "seconds": float(record.seconds.get("total", 0.0)),
        "path": str(record.path),
    }


def _notes(
    runs: Mapping[str, Mapping[str, Any]], devices: Sequence[str], shared: Sequence[str]
) -> list[str]:
    notes: list[str] = []
    for what in ("task", "space"):
        told = {name: str(facts[what]) for name, facts in runs.items()}
        if len(set(told.values())) > 1:
            said = ", ".join(f"{name} {value}" for name, value in told.items())
            notes.append(f"the runs differ in {what} ({said})")
    left = [device for device in dict.fromkeys(devices) if device not in shared]
    if left:
        notes.append(f"left out, since only one run has them: {', '.join(left)}")
    return notes
