"""From one gradient per device to one step that helps them all."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def min_norm_weights(gradients: Tensor) -> Tensor:
    """Weights on the simplex that minimise the norm of the weighted sum.

    Multiple gradient descent (Desideri, 2012): the min-norm point of the convex
    hull is a descent direction for every device, or zero at a Pareto-stationary
    point. Deviation: solved exactly instead of by Frank-Wolfe (Sener and Koltun,
    NeurIPS 2018). For p on the simplex and s >= 0, minimising
    s^2 |G^T p|^2 + (s - 1)^2 over s leaves a function that grows with |G^T p|, so the
    non-negative least squares solution of [G^T; 1] y = [0; 1], scaled to sum 1, is
    the answer; with one, zero or equal gradients too.

    Args:
        gradients: ``(T, N)``.

    Returns:
        ``(T,)``, non-negative, sum 1.
    """
    from scipy.optimize import nnls  # a quarter of a second that only learning needs

    gram = (gradients @ gradients.T).double().cpu().numpy()
    values, vectors = np.linalg.eigh(gram / max(float(np.trace(gram)) / len(gram), 1e-30))
    root = np.sqrt(values.clip(min=0.0))[:, None] * vectors.T  # root^T root = scaled Gram
    system = np.concatenate([root, np.ones((1, len(gram)))])
    solution, _ = nnls(system, np.array([0.0] * len(gram) + [1.0]))
    return torch.from_numpy(solution / solution.sum()).to(gradients)


def without_conflicts(gradients: Tensor) -> Tensor:
    """Mean of the gradients ``(T, N)``, each freed of what opposes another (PCGrad).

    Yu et al., NeurIPS 2020, algorithm 1: while g_i points against g_j, its part along
    g_j is taken out. The others are visited in order, beginning after i, instead of
    in random order. Only inner products are needed, so the work is T^3, not T^2 N.
    """
    count = len(gradients)
    gram = (gradients @ gradients.T).double()
    mix = torch.eye(count, dtype=torch.float64)  # rows: gradients as combinations
    for own in range(count):
        for step in range(1, count):
            other = (own + step) % count
            against = float(mix[own] @ gram[other])
            if against < 0:
                mix[own, other] -= against / float(gram[other, other])
    return mix.mean(0).to(gradients) @ gradients


def combine(gradients: Tensor, how: str) -> Tensor:
    """One gradient ``(N,)`` from per-device gradients ``(T, N)``.

    Each is scaled to unit length first, so that devices weigh the same whatever
    the units of their costs; a zero gradient stays zero. ``mgd`` takes the
    min-norm point, ``pcgrad`` removes conflicts pair by pair, anything else averages.
    """
    length = gradients.norm(dim=1, keepdim=True)
    unit = gradients / length.clamp_min(1e-12)
    # a device without any gradient is content; it must not veto the others
    active = unit[length[:, 0] > 1e-12]
    if len(active) == 0:
        return torch.zeros_like(gradients[0])
    if how == "mgd":
        return min_norm_weights(active) @ active
    if how == "pcgrad":
        return without_conflicts(active)
    return unit.mean(dim=0)


def turns(how: str, count: int, generator: torch.Generator) -> list[list[int]]:
    """Which of T devices share each update of one step.

    All at once, but one after the other for ``sequential`` and a random one for ``sample``.
    """
    if how == "sequential":
        return [[index] for index in range(count)]
    if how == "sample":
        return [[int(torch.randint(count, (), generator=generator))]]
    return [list(range(count))]
