"""From mixtures to the architectures that they stand for."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from monas_core.values import population
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation, option_mask


class Discrete(Protocol):
    """What is needed of a space."""

    choices: ChoiceSet
    by_strength: tuple[str, ...]


def discretise(space: Discrete, relaxation: Relaxation) -> Tensor:
    """The architectures that relaxed ones stand for, ``(A, C)`` option indices, canonical.

    The option with the largest weight, but for the choices that the space names: of those, the
    option that switches on the choices with the largest weights together, each counted by how
    likely it is to be active. So nodes of DARTS keep the two edges whose operations are strongest
    (arXiv 1806.09055, section 2.4). One-hot rows come back as they are.
    """
    choices = space.choices
    weights = relaxation.weights.detach().cpu()
    rows = weights.masked_fill(~option_mask(choices), -torch.inf).argmax(-1)
    if space.by_strength:
        strength = Relaxation(choices, weights).activity() * weights.amax(-1)  # (A, C)
        for name in space.by_strength:
            parent = choices.position[name]
            scores = torch.zeros(len(weights), choices.sizes[parent], dtype=weights.dtype)
            for child, link in enumerate(choices.parents):
                if link is not None and link[0] == parent:
                    scores[:, list(link[1])] += strength[:, child, None]
            rows[:, parent] = scores.argmax(-1)
    return population.canonical(choices, rows)
