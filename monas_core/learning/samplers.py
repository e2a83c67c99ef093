"""From logits to rows that are evaluated, and a gradient estimate back to the logits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import attrs
import torch
from torch import Tensor

from monas_core.learning.schedules import Schedule

COOLING = Schedule(5.0, 0.5)
"""Temperature of the Gumbel relaxations during a search."""


def masked_softmax(logits: Tensor, mask: Tensor) -> Tensor:
    """Softmax over valid options; ``logits`` (..., C, K), ``mask`` (C, K) bool."""
    return torch.softmax(logits.masked_fill(~mask, -torch.inf), dim=-1)


def sample_one_hot(probabilities: Tensor, generator: torch.Generator) -> Tensor:
    """Independent categorical draws as one-hot rows, same shape ``(..., K)``."""
    flat = probabilities.reshape(-1, probabilities.shape[-1])
    drawn = torch.multinomial(flat, 1, generator=generator).squeeze(-1)
    one_hot = torch.nn.functional.one_hot(drawn, probabilities.shape[-1])
    return one_hot.to(probabilities.dtype).reshape(probabilities.shape)


@attrs.frozen(eq=False)
class Sample:
    """Rows to evaluate and what the way back needs.

    Attributes:
        logits: Where they come from, ``(..., C, K)``.
        rows: What is evaluated, ``(..., C, K)``; each sums to 1 over valid options.
        relaxed: Probabilities at which the estimator linearises, ``(..., C, K)``.
        temperature: Of the relaxation.
    """

    logits: Tensor
    rows: Tensor
    relaxed: Tensor
    temperature: float = 1.0


class Sampler(ABC):
    """Draws rows and pulls a gradient at them back to the logits; ``mask`` (C, K) bool."""

    name: ClassVar[str]

    @abstractmethod
    def draw(
        self, logits: Tensor, mask: Tensor, progress: float, generator: torch.Generator
    ) -> Sample:
        """Rows for logits ``(..., C, K)``; ``progress`` 0 to 1 anneals the temperature."""

    @abstractmethod
    def pull_back(self, sample: Sample, gradient: Tensor) -> Tensor:
        """Gradient estimate at the logits from the gradient at the rows, ``(..., C, K)``.

        Zero at invalid options.
        """


class ReinMax(Sampler):
    """One-hot rows, second-order estimate (Liu et al., NeurIPS 2023, arXiv 2304.08612).

    With pi0 = softmax(logits), D the sample, pi1 = (pi0 + D) / 2 and
    J(pi) = diag(pi) - pi pi^T: 2 J(pi1) g - J(pi0) g / 2. In expectation exact
    for losses quadratic in each row of D.
    """

    name = "reinmax"

    def draw(
        self,
        logits: Tensor,
        mask: Tensor,
        progress: float,  # noqa: ARG002 - has no temperature
        generator: torch.Generator,
    ) -> Sample:
        """Categorical draws."""
        start = masked_softmax(logits, mask)
        return Sample(logits, sample_one_hot(start, generator), start)

    def pull_back(self, sample: Sample, gradient: Tensor) -> Tensor:
        """2 J(pi1) g - J(pi0) g / 2."""
        middle = 0.5 * (sample.relaxed + sample.rows)
        second = _jacobian_product(middle, gradient)
        return 2.0 * second - 0.5 * _jacobian_product(sample.relaxed, gradient)


class StraightThroughGumbel(Sampler):
    """One-hot of perturbed logits, gradient of their softmax (Jang et al., ICLR 2017).

    p = softmax((log pi0 + G) / T), D = onehot(argmax p), estimate J(p) g / T: biased,
    of lower variance the hotter.

    Args:
        temperature: By progress of the search; by default it falls linearly.
    """

    name = "gumbel"

    def __init__(self, temperature: Schedule = COOLING) -> None:
        self.temperature = temperature

    def draw(
        self, logits: Tensor, mask: Tensor, progress: float, generator: torch.Generator
    ) -> Sample:
        """Gumbel-max draws."""
        temperature = self.temperature.at(progress)
        uniform = torch.rand(logits.shape, generator=generator).clamp(1e-9, 1.0 - 1e-7)
        noisy = (logits - (-uniform.log()).log()) / temperature
        relaxed = masked_softmax(noisy, mask)
        best = relaxed.argmax(-1)
        rows = torch.nn.functional.one_hot(best, logits.shape[-1]).to(logits.dtype)
        return Sample(logits, rows, relaxed, temperature)

    def pull_back(self, sample: Sample, gradient: Tensor) -> Tensor:
        """J(p) g / T."""
        return _jacobian_product(sample.relaxed, gradient) / sample.temperature


class GDAS(StraightThroughGumbel):
    """As the straight-through Gumbel, blind to what was not selected (Dong and Yang, CVPR 2019).

    Only the selected option is computed there, so only its entry of g is known.
    """

    name = "gdas"

    def pull_back(self, sample: Sample, gradient: Tensor) -> Tensor:
        """J(p) (g * D) / T."""
        return super().pull_back(sample, gradient * sample.rows)


class Softmax(Sampler):
    """The mixture itself, as in DARTS (Liu et al., ICLR 2019): exact, of a relaxed problem."""

    name = "softmax"

    def draw(
        self,
        logits: Tensor,
        mask: Tensor,
        progress: float,  # noqa: ARG002 - has no temperature
        generator: torch.Generator,  # noqa: ARG002 - nothing is drawn
    ) -> Sample:
        """The probabilities."""
        start = masked_softmax(logits, mask)
        return Sample(logits, start, start)

    def pull_back(self, sample: Sample, gradient: Tensor) -> Tensor:
        """J(pi0) g."""
        return _jacobian_product(sample.relaxed, gradient)


SAMPLERS: dict[str, type[Sampler]] = {
    sampler.name: sampler for sampler in (ReinMax, GDAS, StraightThroughGumbel, Softmax)
}
"""By the name of the option."""


def _jacobian_product(probabilities: Tensor, gradient: Tensor) -> Tensor:
    """(diag(pi) - pi pi^T) g, row by row."""
    weighted = probabilities * gradient
    return weighted - probabilities * weighted.sum(-1, keepdim=True)


def entropy_gradient(logits: Tensor, mask: Tensor) -> Tensor:
    """Gradient of the entropy of every row at the logits, ``(..., C, K)``."""
    probabilities = masked_softmax(logits, mask)
    log_probabilities = probabilities.clamp_min(1e-30).log()
    entropy = -(probabilities * log_probabilities).sum(-1, keepdim=True)
    return -probabilities * (log_probabilities + entropy)
