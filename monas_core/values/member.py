"""Members of a front and fronts as values: checked once when read, then only asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, TypeVar

import attrs

SCHEMA = 1
"""Of the JSON form of a front."""

T = TypeVar("T")


@attrs.frozen
class ObjectiveView:
    """Name, unit and direction of an objective."""

    name: str
    unit: str
    direction: str

    def better(self, first: float, second: float) -> bool:
        """Whether the first value is better than the second."""
        return first < second if self.direction == "min" else first > second

    def to_json(self) -> dict[str, str]:
        """``{"name", "unit", "direction"}``."""
        return {"name": self.name, "unit": self.unit, "direction": self.direction}

    @classmethod
    def from_json(cls, document: Any) -> ObjectiveView:
        """Inverse of ``to_json``. Raises ValueError for anything else."""
        view = cls(*(_part(document, name, _text) for name in ("name", "unit", "direction")))
        if view.direction not in ("min", "max"):
            raise ValueError(f'direction of {view.name} is "{view.direction}", not min or max')
        return view


@attrs.frozen
class Member:
    """One architecture of a front, or the answer to a wish.

    Attributes:
        key: Short name of the architecture.
        architecture: Its JSON form; ``choices`` are the answers.
        values: By short name of objective, in its unit.
        origin: Where each value comes from.
        spread: Interquartile range of repeated measurements, where there is one.
        predicted: What the optimizer expected.
        extra: Companion figures (perplexity, ...).
        device: What it was evaluated on, where no front says it.
        preference: The wish it answers, if it does.
        exceeds_memory: ``needs_mb`` and ``has_mb`` where it does not fit into the device.
    """

    key: str
    architecture: Mapping[str, Any]
    values: Mapping[str, float]
    origin: Mapping[str, str] = attrs.field(factory=dict)
    spread: Mapping[str, float] = attrs.field(factory=dict)
    predicted: Mapping[str, float] = attrs.field(factory=dict)
    extra: Mapping[str, float] = attrs.field(factory=dict)
    device: str = ""
    preference: Mapping[str, float] = attrs.field(factory=dict)
    exceeds_memory: Mapping[str, float] = attrs.field(factory=dict)

    @property
    def choices(self) -> Mapping[str, Any]:
        """The answers by name of choice."""
        return self.architecture["choices"]

    def to_json(self) -> dict[str, Any]:
        """Plain form; ``extra``, ``device`` and ``preference`` only where there are such."""
        document: dict[str, Any] = {
            "architecture": dict(self.architecture),
            "key": self.key,
            "values": dict(self.values),
            "origin": dict(self.origin),
            "spread": dict(self.spread),
            "predicted": dict(self.predicted),
        }
        if self.extra:
            document["extra"] = dict(self.extra)
        if self.exceeds_memory:
            document["exceeds_memory"] = dict(self.exceeds_memory)
        if self.device:
            document["device"] = self.device
        return document | ({"preference": dict(self.preference)} if self.preference else {})

    @classmethod
    def from_json(cls, document: Any) -> Member:
        """Inverse of ``to_json``; everything but key, architecture and values may be left out.

        Raises:
            ValueError: Says which part is missing or of another kind.
        """
        architecture = _part(document, "architecture", _mapping)
        _part(architecture, "choices", _answers)
        tables = {name: _part(document, name, _numbers, {}) for name in _TABLES}
        return cls(
            key=_part(document, "key", _text),
            architecture=architecture,
            values=_part(document, "values", _numbers),
            origin=_part(document, "origin", _texts, {}),
            device=_part(document, "device", _text, ""),
            **tables,
        )


_POINTS = ("reference_point", "ideal_point")
_TABLES = ("spread", "predicted", "extra", "preference", "exceeds_memory")


@attrs.frozen
class Front:
    """The non-dominated architectures of one device, best first objective first.

    Attributes:
        space: Search space.
        device: Hardware target.
        held_out: Whether the search never saw the device.
        objectives: In order.
        reference_point: In each objective's own unit and direction.
        ideal_point: The other end of the box that the hypervolume is a share of.
        hypervolume: Values beyond the ideal point can make it exceed 1.
        members: Each with a value and its origin for every objective.
        limits: What each limit of the device demands, and how many members meet it.
        unmet: What to say where none does.
    """

    space: str
    device: str
    held_out: bool
    objectives: tuple[ObjectiveView, ...]
    reference_point: tuple[float, ...]
    ideal_point: tuple[float, ...]
    hypervolume: float
    members: tuple[Member, ...]
    limits: tuple[Mapping[str, Any], ...] = ()
    unmet: str = ""

    @property
    def names(self) -> list[str]:
        """Of the objectives."""
        return [objective.name for objective in self.objectives]

    def to_json(self) -> dict[str, Any]:
        """The document of a front file."""
        document: dict[str, Any] = {
            "schema": SCHEMA,
            "space": self.space,
            "device": self.device,
            "held_out": self.held_out,
            "objectives": [objective.to_json() for objective in self.objectives],
            "reference_point": list(self.reference_point),
            "ideal_point": list(self.ideal_point),
            "hypervolume": self.hypervolume,
            "members": [member.to_json() for member in self.members],
        }
        limited = {"limits": [dict(limit) for limit in self.limits], "unmet": self.unmet}
        return document | (limited if self.limits else {})

    @classmethod
    def from_json(cls, document: Any) -> Front:
        """Inverse of ``to_json``.

        Raises:
            ValueError: Says which part is missing, of another kind, or does not fit.
        """
        objectives = tuple(map(ObjectiveView.from_json, _part(document, "objectives", _list)))
        if not objectives:
            raise ValueError("it has no objectives")
        points = {
            name: _part(document, name, _point) for name in ("reference_point", "ideal_point")
        }
        for name, point in points.items():
            if len(point) != len(objectives):
                raise ValueError(f"{name} does not fit the objectives")
        front = cls(
            space=_part(document, "space", _text),
            device=_part(document, "device", _text),
            held_out=_part(document, "held_out", _truth),
            objectives=objectives,
            hypervolume=_part(document, "hypervolume", _number),
            members=tuple(map(Member.from_json, _part(document, "members", _list))),
            limits=tuple(map(_mapping, _part(document, "limits", _list, []))),
            unmet=_part(document, "unmet", _text, ""),
            **points,
        )
        for member in front.members:
            for name in front.names:
                if name not in member.values or name not in member.origin:
                    raise ValueError(f"'{name}' is missing in member {member.key}")
        return front


def prediction_error(members: Sequence[Member], name: str) -> float | None:
    """Median relative difference between predicted and obtained values, if there are any."""
    errors = [
        abs(m.predicted[name] - m.values[name]) / abs(m.values[name])
        for m in members
        if name in m.predicted and m.values.get(name)
    ]
    return median(errors) if errors else None


_REQUIRED: Any = object()


def _part(document: Any, name: str, check: Callable[[Any], T], default: Any = _REQUIRED) -> T:
    """One part of a document, checked; the fault names it."""
    found = _mapping(document).get(name, default)
    if found is _REQUIRED:
        raise ValueError(f"'{name}' is missing")
    try:
        return check(found)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is no text")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false")
    return value


def finite_number(value: Any) -> bool:
    """Whether a plain value is a number that a float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _number(value: Any) -> float:
    if not finite_number(value):
        raise ValueError("is no finite number")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError("is no list")
    return list(value)


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ValueError("is no object")
    return dict(value)


def _point(value: Any) -> tuple[float, ...]:
    return tuple(map(_number, _list(value)))


def _numbers(value: Any) -> dict[str, float]:
    return {name: _part(value, name, _number) for name in _mapping(value)}


def _texts(value: Any) -> dict[str, str]:
    return {name: _part(value, name, _text) for name in _mapping(value)}


def _answers(value: Any) -> dict[str, Any]:
    for name, answer in _mapping(value).items():
        if not isinstance(answer, bool | int | float | str):
            raise ValueError(f"has an answer to {name} that is no plain value")
    return dict(value)
