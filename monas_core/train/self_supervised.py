"""A task without its targets: two views of a sample are to be told from other samples.

For a teacher that no label has taught, as DNA++ learns without one (arXiv 2403.01326). Alike
views and features that do not collapse are what Bardes, Ponce and LeCun ask for (VICReg, ICLR
2022, arXiv 2105.04906, equations 1 to 6): views near each other, every dimension with a deviation
of at least 1, dimensions uncorrelated.

Deviation: the embedding is the network's own output, without an expander; views are shifted,
noisy and of other contrast, as digits are no photographs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.task import Batch, Model, Part, Score, Task
from monas_core.seeding import derived_generator

_ALIKE, _SPREAD, _APART = 25.0, 25.0, 1.0
"""Weights of the three terms (section 4.2 of VICReg)."""
_EVALUATED = 256
_NOISE, _CONTRAST = 0.2, 0.3


class WithoutTargets(Task):
    """The samples of a task of images, in two views each.

    Raises:
        UsageError: Its samples are no images.
    """

    def __init__(self, task: Task) -> None:
        example = task.example(1)
        if not isinstance(example, Tensor) or example.dim() != 4:
            raise UsageError(
                f'A teacher without targets learns from images alone, and task "{task.name}" gives '
                "others; give --teacher largest, RUN#KEY or a file."
            )
        self._task = task
        self.name, self.n_outputs = f"{task.name} without targets", task.n_outputs
        self.modality = task.modality  # pyright: ignore[reportAttributeAccessIssue]
        self.score = Score("self-supervision", "loss", "min")

    def describe(self) -> Mapping[str, Any]:
        """As the task."""
        return self._task.describe()

    def batch(self, part: Part, size: int, generator: torch.Generator) -> Batch:
        """Two views of each of ``size`` samples, ``(2 * size, C, H, W)``; targets are not used."""
        images = self._task.batch(part, size, generator).inputs
        views = torch.cat([_view(images, generator), _view(images, generator)])
        return Batch(views, torch.zeros(len(views)))

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:  # noqa: ARG002 - there are none
        """Distance of views, and what keeps them from being all the same; equal for each, (2B,)."""
        first, second = outputs.chunk(2)
        alike = F.mse_loss(first, second)
        spread = _narrowness(first) + _narrowness(second)
        apart = _covariance(first) + _covariance(second)
        return (_ALIKE * alike + _SPREAD * spread / 2 + _APART * apart).expand(len(outputs))

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        """The loss on a fixed batch."""
        batch = self.batch(part, _EVALUATED, derived_generator(0, "without targets"))
        return {self.score.name: float(self.loss(model(batch.inputs), batch.targets).mean())}

    def example(self, batch: int) -> Any:
        """As the task."""
        return self._task.example(batch)


def _view(images: Tensor, generator: torch.Generator) -> Tensor:
    """Images (B, C, H, W) shifted by up to an eighth, noisy, of other contrast."""
    count, _, height, width = images.shape
    most = max(1, height // 8), max(1, width // 8)
    padded = F.pad(images, (most[1], most[1], most[0], most[0]), mode="replicate")
    down = torch.randint(2 * most[0] + 1, (count,), generator=generator)
    right = torch.randint(2 * most[1] + 1, (count,), generator=generator)
    shifted = torch.stack(
        [
            image[:, y : y + height, x : x + width]
            for image, y, x in zip(padded, down.tolist(), right.tolist(), strict=True)
        ]
    )
    factor = 1 + _CONTRAST * (2 * torch.rand(count, 1, 1, 1, generator=generator) - 1)
    noise = _NOISE * images.std() * torch.randn(images.shape, generator=generator)
    return shifted * factor + noise


def _narrowness(features: Tensor) -> Tensor:
    """By how much deviations of dimensions (B, D) fall short of 1, in the mean."""
    return F.relu(1 - (features.var(dim=0) + 1e-4).sqrt()).mean()


def _covariance(features: Tensor) -> Tensor:
    """Sum of squared covariances of different dimensions (B, D), divided by D."""
    centred = features - features.mean(dim=0)
    matrix = centred.T @ centred / max(1, len(features) - 1)
    return (matrix.pow(2).sum() - matrix.diagonal().pow(2).sum()) / features.shape[1]
