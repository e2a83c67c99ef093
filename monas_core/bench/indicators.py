"""How good a set of answers is, against the true front; the computation is moocore's.

All points are minimised and scaled so that the reference point is 1 in every
objective. Only points that dominate it count, as they do for the hypervolume.
"""

from __future__ import annotations

import moocore
import numpy as np

from monas_core.values.front import Points, Scale, non_dominated


def indicators(answers: Points, front: Points, scale: Scale) -> dict[str, float]:
    """Indicators of some answers.

    ``hypervolume`` and ``relative_hypervolume`` (a share of the front's), ``igd`` and
    ``igd_plus`` (mean distance of the front to the answers), ``gd`` and ``gd_plus`` (mean
    distance of the answers to the front; Van Veldhuizen & Lamont, 1998, and the dominance
    distance of Ishibuchi et al., 2015), ``answers`` and ``non_dominated`` (how many).

    Args:
        answers: Minimised values, ``(n, M)``, unscaled, at least one.
        front: Minimised values of the true front, ``(m, M)``, unscaled.
        scale: The problem's normalisation on this device.
    """
    found = counting(scale.apply(answers))
    best = counting(scale.apply(front))
    volume, full = scale.hypervolume(answers), scale.hypervolume(front)
    return {
        "relative_hypervolume": volume / full if full > 0 else 0.0,
        "hypervolume": volume,
        "gd": gd(found, best),
        "gd_plus": gd_plus(found, best),
        "igd": float(moocore.igd(found, ref=best)),
        "igd_plus": float(moocore.igd_plus(found, ref=best)),
        "answers": len(answers),
        "non_dominated": int(non_dominated(scale.apply(answers)).sum()),
    }


def counting(points: Points) -> Points:
    """The non-dominated of those scaled points that dominate the reference point.

    All of the non-dominated ones where none does, so that distances stay defined.
    """
    inside = points[(points < 1.0).all(axis=1)]
    pool = inside if len(inside) else points
    return np.ascontiguousarray(pool[non_dominated(pool)])


def gd(answers: Points, front: Points) -> float:
    """Mean Euclidean distance from each answer to the nearest member of the front."""
    return float(moocore.igd(front, ref=answers))


def gd_plus(answers: Points, front: Points) -> float:
    """As ``gd``, counting only by how much an answer is worse than the member."""
    # IGD+ takes the part by which the points exceed the reference; negating both and
    # exchanging their roles leaves the part by which the answer exceeds the front
    return float(moocore.igd_plus(-front, ref=-answers))
