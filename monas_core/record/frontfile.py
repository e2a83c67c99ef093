"""The front of one device, made of evaluations; on disk it is in ``front_store``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from monas_core.parts.objective import Objective, sign
from monas_core.values.front import Scale, non_dominated
from monas_core.values.member import Front, Member, ObjectiveView
from monas_core.values.value import Evaluation


def view_of(objective: Objective) -> ObjectiveView:
    """What files and screens know of an objective."""
    score = objective.score or ""
    return ObjectiveView(objective.short, objective.unit, objective.direction, score)


def front_of(
    space: str,
    device: str,
    objectives: Sequence[Objective],
    evaluations: Sequence[Evaluation],
    scale: Scale,
    predicted: Sequence[Mapping[str, float]],
    *,
    held_out: bool,
) -> Front:
    """The non-dominated members of some evaluations, best first objective first.

    ``reference_point`` is in each objective's own unit and direction; the
    hypervolume is the share of the box between it and the scale's low end
    (values beyond that end can make it exceed 1).
    """
    signs = np.array([sign(objective) for objective in objectives])
    points = np.array(
        [[e.values[o.short].value for o in objectives] for e in evaluations], dtype=np.float64
    ).reshape(-1, len(objectives))
    kept = non_dominated(points * signs) & np.isfinite(points).all(axis=1)
    order = [i for i in np.argsort(points[:, 0] * signs[0], kind="stable") if kept[i]]
    return Front(
        space=space,
        device=device,
        held_out=held_out,
        objectives=tuple(map(view_of, objectives)),
        reference_point=tuple((np.array(scale.reference_point()) * signs).tolist()),
        ideal_point=tuple((scale.low * signs).tolist()),
        hypervolume=scale.hypervolume(points[kept] * signs),
        members=tuple(member_of(evaluations[i], predicted[i]) for i in order),
    )


def member_of(evaluation: Evaluation, predicted: Mapping[str, float]) -> Member:
    """One architecture with its values, where they come from, and what was predicted."""
    values = evaluation.values
    return Member(
        key=evaluation.architecture.key,
        architecture=evaluation.architecture.to_json(),
        values={name: value.value for name, value in values.items()},
        origin={name: value.origin for name, value in values.items()},
        spread=_finite({n: v.spread for n, v in values.items() if v.spread is not None}),
        predicted=_finite(predicted),
        extra=_finite({key: n for value in values.values() for key, n in value.extra.items()}),
    )


def _finite(table: Mapping[str, float]) -> dict[str, float]:
    """Companion figures may overflow (a perplexity is an exponential); JSON has no word for it."""
    return {name: number for name, number in table.items() if math.isfinite(number)}
