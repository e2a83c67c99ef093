"""Members of a front and fronts as values: checked once when read, then only asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import attrs

from monas_core.values import markup, reading
from monas_core.values.view import ObjectiveView

SCHEMA = 1
"""Of the JSON form of a front."""


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
        retrained: Values that training it alone has changed, where it was.
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
    retrained: Mapping[str, float] = attrs.field(factory=dict)

    @property
    def reached(self) -> Mapping[str, float]:
        """Values with the weights it has now: retrained where there are such, else inherited."""
        return {**self.values, **self.retrained}

    @property
    def choices(self) -> Mapping[str, Any]:
        """The answers by name of choice."""
        return self.architecture["choices"]

    def _repr_html_(self) -> str:
        where = f" on {self.device}" if self.device else ""
        answers = ", ".join(f"{name}={option}" for name, option in self.choices.items())
        rows = [
            [name, f"{value:.4g}", self.origin.get(name, "")]
            for name, value in self.reached.items()
        ]
        title = f"{self.key}{where}"
        return markup.shown(title, {"choices": answers}, ("objective", "value", "origin"), rows)

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
        if self.retrained:
            document["retrained"] = dict(self.retrained)
        if self.device:
            document["device"] = self.device
        return document | ({"preference": dict(self.preference)} if self.preference else {})

    @classmethod
    def from_json(cls, document: Any) -> Member:
        """Inverse of ``to_json``; everything but key, architecture and values may be left out.

        Raises:
            ValueError: Says which part is missing or of another kind.
        """
        architecture = reading.part(document, "architecture", reading.mapping)
        reading.part(architecture, "choices", reading.answers)
        tables = {name: reading.part(document, name, reading.numbers, {}) for name in _TABLES}
        return cls(
            key=reading.part(document, "key", reading.text),
            architecture=architecture,
            values=reading.part(document, "values", reading.numbers),
            origin=reading.part(document, "origin", reading.texts, {}),
            device=reading.part(document, "device", reading.text, ""),
            **tables,
        )


_POINTS = ("reference_point", "ideal_point")
_TABLES = ("spread", "predicted", "extra", "preference", "exceeds_memory", "retrained")


@attrs.frozen
class Retrained:
    """What a front looks like when networks are judged by what they reach, trained alone.

    Attributes:
        budget: Of each training.
        hypervolume: Of ``members``, by what they reach; quality is scaled between the worst and
            the best that any training of the run reached.
        inherited_hypervolume: Of those that the front chose by inherited quality and that were
            retrained, also by what they reach, on the same scale.
        rank_correlation: Spearman's, between inherited and retrained values of the latter, by
            objective; left out where either does not vary.
        members: The non-dominated of all that were retrained, for whichever device.
    """

    budget: str
    hypervolume: float
    inherited_hypervolume: float
    rank_correlation: Mapping[str, float]
    members: tuple[Member, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain form."""
        return {
            "budget": self.budget,
            "hypervolume": self.hypervolume,
            "inherited_hypervolume": self.inherited_hypervolume,
            "rank_correlation": dict(self.rank_correlation),
            "members": [member.to_json() for member in self.members],
        }

    @classmethod
    def from_json(cls, document: Any) -> Retrained:
        """Inverse of ``to_json``. Raises ValueError for anything else."""
        return cls(
            budget=reading.part(document, "budget", reading.text),
            hypervolume=reading.part(document, "hypervolume", reading.number),
            inherited_hypervolume=reading.part(document, "inherited_hypervolume", reading.number),
            rank_correlation=reading.part(document, "rank_correlation", reading.numbers),
            members=_members(document),
        )


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
        retrained: The front judged anew, where members were trained alone.
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
    retrained: Retrained | None = None

    @property
    def names(self) -> list[str]:
        """Of the objectives."""
        return [objective.name for objective in self.objectives]

    @property
    def retrained_objectives(self) -> list[ObjectiveView]:
        """Those that training members alone has changed; none where none was trained."""
        names = {name for member in self.members for name in member.retrained}
        return [objective for objective in self.objectives if objective.name in names]

    def _repr_html_(self) -> str:
        facts = {"members": str(len(self.members)), "hypervolume": f"{self.hypervolume:.3f}"}
        title = f"front of {self.space} on {self.device}{' (held out)' if self.held_out else ''}"
        rows = [[m.key, *(f"{m.reached[name]:.4g}" for name in self.names)] for m in self.members]
        return markup.shown(title, facts, ["key", *(o.headed for o in self.objectives)], rows)

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
        if self.retrained is not None:
            document["retrained"] = self.retrained.to_json()
        limited = {"limits": [dict(limit) for limit in self.limits], "unmet": self.unmet}
        return document | (limited if self.limits else {})

    @classmethod
    def from_json(cls, document: Any) -> Front:
        """Inverse of ``to_json``.

        Raises:
            ValueError: Says which part is missing, of another kind, or does not fit.
        """
        objectives = tuple(
            map(ObjectiveView.from_json, reading.part(document, "objectives", reading.items))
        )
        if not objectives:
            raise ValueError("it has no objectives")
        points = {
            name: reading.part(document, name, reading.point)
            for name in ("reference_point", "ideal_point")
        }
        for name, point in points.items():
            if len(point) != len(objectives):
                raise ValueError(f"{name} does not fit the objectives")
        front = cls(
            space=reading.part(document, "space", reading.text),
            device=reading.part(document, "device", reading.text),
            held_out=reading.part(document, "held_out", reading.truth),
            objectives=objectives,
            hypervolume=reading.part(document, "hypervolume", reading.number),
            members=_members(document),
            retrained=reading.part(document, "retrained", _retrained, None),
            limits=tuple(map(reading.mapping, reading.part(document, "limits", reading.items, []))),
            unmet=reading.part(document, "unmet", reading.text, ""),
            **points,
        )
        for member in (*front.members, *(front.retrained.members if front.retrained else ())):
            for name in front.names:
                if name not in member.values or name not in member.origin:
                    raise ValueError(f"'{name}' is missing in member {member.key}")
        return front


def _members(document: Any) -> tuple[Member, ...]:
    return tuple(map(Member.from_json, reading.part(document, "members", reading.items)))


def _retrained(document: Any) -> Retrained | None:
    return None if document is None else Retrained.from_json(document)


def prediction_error(members: Sequence[Member], name: str) -> float | None:
    """Median relative difference between predicted and obtained values, if there are any."""
    errors = [
        abs(m.predicted[name] - m.values[name]) / abs(m.values[name])
        for m in members
        if name in m.predicted and m.values.get(name)
    ]
    return median(errors) if errors else None
