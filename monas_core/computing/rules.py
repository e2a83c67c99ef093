"""Weight optimizers of a recipe: which rule updates which weights, at which rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from monas_core.values.recipe import MOMENTUM, Recipe

MATRIX_RATE = 0.02
"""Muon's usual rate."""
_MATRIX_DECAY = 0.01
"""Muon's usual weight decay."""

Named = Sequence[tuple[str, nn.Parameter]]


def weight_optimizers(
    network: nn.Module,
    learning_rate: float,
    factors: Mapping[str, float] | None = None,
    matrix_rate: float = MATRIX_RATE,
    recipe: Recipe | None = None,
) -> list[torch.optim.Optimizer]:
    """Optimizers that together update all weights of a network.

    With ``muon`` embeddings, biases, norms and convolutions stay with AdamW: Muon is made for
    matrices that map activations to activations (Jordan et al., 2024).

    Args:
        network: Whose weights are updated.
        learning_rate: Of AdamW or SGD.
        factors: On all rates, by name of a parameter.
        matrix_rate: Of Muon.
        recipe: Rule, betas and weight decay.
    """
    recipe, factors = recipe or Recipe(), factors or {}
    trained = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    hidden: Named = []
    if recipe.updater == "muon":
        linear = {id(m.weight) for m in network.modules() if isinstance(m, nn.Linear)}
        tables = {id(m.weight) for m in network.modules() if isinstance(m, nn.Embedding)}
        matrices = linear - tables  # a tied output layer is an embedding too
        hidden = [(name, p) for name, p in trained if id(p) in matrices]
        trained = [(name, p) for name, p in trained if id(p) not in matrices]
    found: list[torch.optim.Optimizer] = []
    decay = recipe.weight_decay
    if hidden:
        groups = _groups(hidden, matrix_rate, factors, None)
        usual = _MATRIX_DECAY if decay is None else decay
        found.append(torch.optim.Muon(groups, lr=matrix_rate, weight_decay=usual))
    if trained:
        groups = _groups(trained, learning_rate, factors, decay)
        if recipe.updater == "sgd":
            rule = torch.optim.SGD(groups, lr=learning_rate, momentum=MOMENTUM, nesterov=True)
        else:
            rule = torch.optim.AdamW(groups, lr=learning_rate, betas=recipe.betas, weight_decay=0.0)
        found.append(rule)
    return found


def _groups(
    named: Named, rate: float, factors: Mapping[str, float], decay: float | None
) -> list[dict[str, Any]]:
    """One group of parameters for each factor and decay, in order of first appearance.

    Biases and the weights of norms do not decay.
    """
    found: dict[tuple[float, float | None], list[nn.Parameter]] = {}
    for name, parameter in named:
        own = decay if decay is None or parameter.ndim > 1 else 0.0
        found.setdefault((factors.get(name, 1.0), own), []).append(parameter)
    return [
        {"params": members, "lr": rate * factor} | ({} if own is None else {"weight_decay": own})
        for (factor, own), members in found.items()
    ]
