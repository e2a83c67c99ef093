"""What a person asks for: how much each objective matters, and what must hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from monas_core.values.constraint import Constraint
from monas_core.values.preference import Preference


@attrs.frozen
class Wish:
    """One answer that is wanted.

    Whoever answers may read the preference alone: what does not meet the limits is
    passed over afterwards.

    Attributes:
        preference: Weights over the objectives.
        limits: What the answer must meet. Those of another device do not matter; those
            of kind ``equal`` may be treated as equalities or as two limits.
    """

    preference: Preference
    limits: tuple[Constraint, ...] = ()

    @property
    def vector(self) -> tuple[float, ...]:
        """The weights in the order of the run's objectives."""
        return self.preference.vector


def wishes(preferences: Iterable[Preference], limits: Sequence[Constraint] = ()) -> list[Wish]:
    """One wish for each preference, all under the same limits."""
    return [Wish(preference, tuple(limits)) for preference in preferences]


def by_limits(asked: Sequence[Wish]) -> dict[tuple[Constraint, ...], list[int]]:
    """Positions of wishes with the same limits, in order: they can be answered together."""
    groups: dict[tuple[Constraint, ...], list[int]] = {}
    for position, wish in enumerate(asked):
        groups.setdefault(wish.limits, []).append(position)
    return groups


def shared_limits(asked: Sequence[Wish]) -> tuple[Constraint, ...]:
    """Every limit of any of the wishes, once: what a set of answers has to meet."""
    return tuple(dict.fromkeys(limit for wish in asked for limit in wish.limits))
