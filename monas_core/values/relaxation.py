"""A batch of architectures as tensors: the only tensor form the core knows.

``weights`` is ``(A, C, K)``: A architectures, C choices, K the largest number
of options. One-hot rows are architectures; other rows are mixtures.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import torch
from torch import Tensor

from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet


def option_mask(choices: ChoiceSet) -> Tensor:
    """Which of the K positions of each choice exist, ``(C, K)`` bool."""
    sizes = torch.tensor(choices.sizes)
    return torch.arange(choices.max_options)[None, :] < sizes[:, None]


@attrs.frozen(eq=False)
class Relaxation:
    """Weights over options for A architectures; each row sums to 1 over the valid options.

    Attributes:
        choices: The choices the rows belong to.
        weights: ``(A, C, K)`` float; positions beyond a choice's options are 0.
    """

    choices: ChoiceSet
    weights: Tensor

    def __attrs_post_init__(self) -> None:
        expected = (len(self.choices), self.choices.max_options)
        if self.weights.dim() != 3 or tuple(self.weights.shape[1:]) != expected:
            raise ValueError(
                f"weights must be (A, {expected[0]}, {expected[1]}), "
                f"got {tuple(self.weights.shape)}"
            )

    @classmethod
    def from_population(cls, choices: ChoiceSet, rows: Tensor) -> Relaxation:
        """One-hot rows of option indices ``(A, C)``."""
        one_hot = torch.nn.functional.one_hot(rows, choices.max_options)
        return cls(choices, one_hot.to(torch.get_default_dtype()))

    @classmethod
    def from_architectures(
        cls, choices: ChoiceSet, architectures: Iterable[Architecture]
    ) -> Relaxation:
        """One-hot rows of the given architectures."""
        return cls.from_population(choices, population.encode(choices, architectures))

    @classmethod
    def from_logits(cls, choices: ChoiceSet, logits: Tensor) -> Relaxation:
        """Softmax over the valid options of ``(A, C, K)`` logits."""
        mask = option_mask(choices).to(logits.device)
        return cls(choices, torch.softmax(logits.masked_fill(~mask, -torch.inf), dim=-1))

    def __len__(self) -> int:
        return self.weights.shape[0]

    def of(self, name: str) -> Tensor:
        """Weights of one choice, ``(A, number of its options)``."""
        index = self.choices.position[name]
        return self.weights[:, index, : self.choices.sizes[index]]

    def activity(self) -> Tensor:
        """Weight with which each choice is active, ``(A, C)``: 0 or 1 for one-hot rows.

        Differentiable: the product, up the chain of conditions, of the weight
        that each parent puts on the options which switch its child on.
        """
        columns: list[Tensor] = []
        for link in self.choices.parents:
            if link is None:
                columns.append(torch.ones_like(self.weights[:, 0, 0]))
            else:
                parent, on = link
                columns.append(columns[parent] * self.weights[:, parent, list(on)].sum(-1))
        return torch.stack(columns, dim=1)

    def features(self) -> Tensor:
        """Input of predictors, ``(A, sum of option counts)``: weights times activity."""
        scaled = self.weights * self.activity()[..., None]
        return scaled[:, option_mask(self.choices).to(scaled.device)]

    def to_population(self) -> Tensor:
        """The option with the largest weight per choice, canonical, ``(A, C)``."""
        mask = option_mask(self.choices).to(self.weights.device)
        best = self.weights.detach().masked_fill(~mask, -torch.inf).argmax(-1)
        return population.canonical(self.choices, best.cpu())

    def to_architectures(self) -> list[Architecture]:
        """As ``to_population``, decoded."""
        return population.decode(self.choices, self.to_population())
