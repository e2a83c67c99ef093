"""Wishes and limits as people write them, in the terms of a run: the one parser of both."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from monas_core.errors import UsageError
from monas_core.values import quantity
from monas_core.values.constraint import Constraint, Kind
from monas_core.values.preference import Preference
from monas_core.values.spelling import meant, typed

TOLERANCE = 0.05
"""Within which a target counts as met, unless it says otherwise."""
OPTIONS: Mapping[str, Kind] = {"max": "max", "min": "min", "target": "equal"}
"""By the name of an option or key, what kind of limit it states."""


def weights(text: str, option: str) -> dict[str, float]:
    """``"acc=.6,lat=.4"`` as numbers by name.

    Raises:
        UsageError: Something that is not ``name=number``, or a name given twice.
    """
    found: dict[str, float] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if name in found:
            raise UsageError(f'{option} names "{name}" twice; name it once.')
        try:
            found[name] = float(value)
        except ValueError:
            sign = ""
        if not sign or not name:
            raise UsageError(
                f'{option} "{part}" is not understood; write name=number, e.g. acc=.6,lat=.4.'
            ) from None
    return found


def stated(texts: Sequence[str] | None, option: str) -> dict[str, str]:
    """``["lat@host=5ms"]`` as values by name and device.

    Raises:
        UsageError: Not of that form, or a name given twice.
    """
    found: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise _unclear(option, text)
        if name in found:
            raise UsageError(f'--{option} names "{name}" twice; name it once.')
        found[name] = value
    return found


@attrs.frozen
class Vocabulary:
    """The names and units of a run's objectives, under every alias.

    Attributes:
        units: Unit of each objective, by the name the run uses.
        names: The name the run uses, by alias.
        scores: Name of the task's score that an objective is, by the name the run uses.
    """

    units: Mapping[str, str]
    names: Mapping[str, str]
    scores: Mapping[str, str] = attrs.field(factory=dict)

    @classmethod
    def of(
        cls, objectives: Iterable[Mapping[str, str]], families: Iterable[Iterable[str]] = ()
    ) -> Vocabulary:
        """From ``{"name", "unit"}`` each, with ``score`` where it is one, and the sets of names
        that mean the same."""
        units, scores = dict[str, str](), dict[str, str]()
        for objective in objectives:
            units[objective["name"]] = objective["unit"]
            if objective.get("score"):
                scores[objective["name"]] = objective["score"]
        names = {name: name for name in units}
        for family in map(set, families):
            for used in family & set(units):
                names |= dict.fromkeys(family, used)
        return cls(units, names, scores)

    def used(self, given: str) -> str | None:
        """The name the run uses for what a person calls ``given``; ``None`` for nothing it has.

        What the run itself writes holds; else an alias, or the name of a score as it may be typed.

        Raises:
            UsageError: Several objectives may be meant.
        """
        if given in self.units:
            return given
        words = meant(given, self.scores.values())
        found = [name for name, score in self.scores.items() if score in words]
        if given in self.names:
            found.insert(0, self.names[given])
        found = list(dict.fromkeys(found))
        if len(found) > 1:
            raise UsageError(
                f'"{given}" may be {" or ".join(map(self._said, found))} in this run; write '
                f"{' or '.join(found)}."
            )
        return found[0] if found else None

    def _said(self, name: str) -> str:
        score = self.scores.get(name, "")
        told = typed(score).casefold() in name.casefold()
        return name if told else f"{name} ({score})"

    @property
    def evenly(self) -> dict[str, float]:
        """Every objective weighs the same."""
        return dict.fromkeys(self.units, 1.0)

    @property
    def known(self) -> str:
        """What there is, for messages."""
        return ", ".join(map(self._said, self.units))

    def preference(self, given: Mapping[str, float] | str) -> Preference:
        """Weights by any alias, or as the command line writes them, as a preference.

        Raises:
            UsageError: An unknown objective, one given twice, or bad weights.
        """
        if isinstance(given, str):
            given = weights(given, "prefer")
        return Preference.normalised(self._renamed(_weights(given)), list(self.units))

    def limits(
        self,
        stated: Mapping[str, Mapping[str, Any]],
        devices: Sequence[str],
    ) -> tuple[Constraint, ...]:
        """What ``max``, ``min`` and ``target`` state, in the objectives' units.

        Args:
            stated: By option, by ``NAME[@DEVICE]`` and value: ``{"max": {"lat@host": "5ms"}}``.
            devices: Who may be named.

        Raises:
            UsageError: An unknown name or device, a wrong unit, or limits that exclude each other.
        """
        for option in stated:
            if option not in OPTIONS:
                raise UsageError(
                    f'There is no limit of kind "{option}"; there are: {", ".join(OPTIONS)}.'
                )
        found = [
            self._limit(option, name, value, devices)
            for option, values in stated.items()
            for name, value in _values(option, values).items()
        ]
        for first, second in itertools.combinations(found, 2):
            self._check_pair(first, second)
        return tuple(found)

    def named(self, limits: Iterable[Constraint] | Constraint) -> list[Constraint]:
        """Limits under the names of the run. Raises UsageError for unknown objectives."""
        found: list[Constraint] = []
        for limit in [limits] if isinstance(limits, Constraint) else limits:
            if not isinstance(limit, Constraint):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise UsageError(
                    f"A limit must be a monas.Constraint, got {limit!r:.40}; write "
                    'Constraint("lat", "max", 5.0), or max={"lat": "5ms"}.'
                )
            name = self.used(limit.objective)
            if name is None:
                raise UsageError(
                    f'Limit on "{limit.objective}", which is no objective of this run; '
                    f"it has: {self.known}."
                )
            found.append(attrs.evolve(limit, objective=name))
        return found

    def _limit(self, option: str, where: str, value: Any, devices: Sequence[str]) -> Constraint:
        given, at, device = where, "", ""
        name = self.used(where)
        if name is None and "@" in where:  # a score may have one in its name: mAP@50
            given, at, device = where.rpartition("@")
            name = self.used(given)
        if name is None:
            raise UsageError(
                f'--{option} names "{given}", which is no objective of this run; '
                f"it has: {self.known}. Only objectives have limits: a run with {given} among its "
                "--objectives can limit it."
            )
        if at and device not in devices:
            raise UsageError(
                f'--{option} {where} names device "{device}", which this run does not know; '
                f"it has: {', '.join(dict.fromkeys(devices))}."
            )
        text, tolerance = _with_tolerance(option, where, str(value))
        try:
            number, unit = quantity.parse(text)
        except ValueError:
            raise _unclear(option, f"{where}={value}") from None
        bound = quantity.in_unit(number, unit, self.units[name], f"--{option} {given}")
        if bound <= 0 and option != "min" and quantity.never_negative(self.units[name]):
            raise UsageError(
                f"--{option} {where}={value} can never be met: {name} is always above 0; give a "
                "positive value."
            )
        return Constraint(name, OPTIONS[option], bound, tolerance, device or None)

    def _check_pair(self, first: Constraint, second: Constraint) -> None:
        if first.objective != second.objective:
            return
        both = first.device is None or second.device in (None, first.device)
        if (first.kind, first.device) == (second.kind, second.device):
            raise UsageError(f'The limit on "{first.objective}" is given twice; give it once.')
        low = max(first.interval[0], second.interval[0])
        if both and low > min(first.interval[1], second.interval[1]):
            unit = self.units[first.objective]
            raise UsageError(
                f"{first.said(unit)} and {second.said(unit)} exclude each other; change one."
            )

    def _renamed(self, given: Mapping[str, float]) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, value in given.items():
            used = self.used(name)
            if used is None:
                raise UsageError(
                    f'Preference names "{name}", which is no objective of this run; '
                    f"it has: {self.known}."
                )
            if used in found:
                raise UsageError(
                    f'"{used}" is given twice, once as "{name}"; give each objective once.'
                )
            found[used] = value
        return found


def _weights(given: Any) -> dict[str, float]:
    """Numbers by name. Raises UsageError for anything else."""
    try:
        return {str(name): float(value) for name, value in given.items()}
    except (AttributeError, TypeError, ValueError):
        raise UsageError(
            f'prefer must be numbers by name, {{"acc": 0.6, "lat": 0.4}} or "acc=.6,lat=.4", '
            f"got {given!r:.60}."
        ) from None


def _values(option: str, given: Any) -> Mapping[str, Any]:
    """Values by name, also as the command line writes them. Raises UsageError for others."""
    if isinstance(given, str):
        return _stated(given, option)
    if isinstance(given, Mapping):
        return given  # pyright: ignore[reportUnknownVariableType]
    raise UsageError(
        f'{option} must be limits by name, {{"lat": "5ms"}} or "lat=5ms", got {given!r:.60}.'
    )


def _stated(text: str, option: str) -> dict[str, str]:
    return stated([part for part in text.split(",") if part.strip()], option)


def _with_tolerance(option: str, where: str, text: str) -> tuple[str, float]:
    """``12ms±3%`` as ``12ms`` and 0.03; only targets have a tolerance."""
    if option != "target":
        return text, 0.0
    value, sign, slack = text.replace("+-", "±").partition("±")
    if not sign:
        return value, TOLERANCE
    try:
        number, unit = quantity.parse(slack)
        tolerance = quantity.in_unit(number, unit or "fraction", "fraction", where)
    except ValueError:
        raise _unclear(option, f"{where}={text}") from None
    if not 0 <= tolerance < 1:
        raise UsageError(
            f"--{option} {where}={text} allows {tolerance:.0%} of the value; allow less than 100 %."
        )
    return value, tolerance


def _unclear(option: str, text: str) -> UsageError:
    more = " or lat=5ms±3%" if option == "target" else ""
    return UsageError(
        f'--{option} "{text}" is not understood; write name=value, e.g. lat=5ms or '
        f"lat@host=5ms{more}."
    )
