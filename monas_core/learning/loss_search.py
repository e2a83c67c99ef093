"""Parameters of a loss, searched: so that a step down it is a step down what is judged.

Of weights w and parameters p of a loss L, one step w - r dL(w, p)/dw changes what is judged on
other data, J, by about -r <dJ/dw, dL/dw>: the gradient at p of one unrolled step, as DARTS has it
for architectures (Liu et al., ICLR 2019, section 2.3). A searched loss has no such gradient of
first order, since J does not read p.

Deviation: the cosine of the two gradients stands for their product, so that a loss cannot be
raised to look better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from monas_core.parts.loss import Loss
from monas_core.parts.task import Batch, Model


class LossSearch:
    """Moves the searched parameters of a loss.

    Args:
        loss: With at least one.
        rate: Learning rate of Adam.
    """

    def __init__(self, loss: Loss, rate: float = 0.05) -> None:
        self.loss = loss
        self._adam = torch.optim.Adam(list(loss.searched()), lr=rate)

    def move(self, model: Model, weights: Sequence[Tensor], train: Batch, search: Batch) -> float:
        """One step; the cosine before it.

        Args:
            model: Of the weights.
            weights: Those that train.
            train: Samples that fit weights.
            search: Samples that do not.
        """
        wanted = self._gradient(self.loss.judged, model, weights, search, create=False)
        given = self._gradient(self.loss.per_sample, model, weights, train, create=True)
        cosine = torch.cosine_similarity(given, wanted, dim=0)
        leaves = list(self.loss.searched())
        found = torch.autograd.grad(-cosine, leaves, allow_unused=True)
        for leaf, gradient in zip(leaves, found, strict=True):
            leaf.grad = gradient
        self._adam.step()
        return float(cosine.detach())

    @staticmethod
    def _gradient(
        loss: Any, model: Model, weights: Sequence[Tensor], batch: Batch, *, create: bool
    ) -> Tensor:
        """Of the mean loss at all weights, ``(W,)``; zero where a weight is not used."""
        value = loss(model(batch.inputs), batch.targets).mean()
        found = torch.autograd.grad(value, list(weights), create_graph=create, allow_unused=True)
        filled = [
            torch.zeros_like(weight) if gradient is None else gradient
            for weight, gradient in zip(weights, found, strict=True)
        ]
        return torch.cat([gradient.flatten() for gradient in filled])

    def state_dict(self) -> dict[str, Any]:
        """Of Adam; the parameters are the loss's own."""
        return {"adam": self._adam.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._adam.load_state_dict(state["adam"])
