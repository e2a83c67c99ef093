"""What the tests of every search space share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from monas_core.parts.task import Batch, Model, Part, Score, Task


class RandomTokens(Task):
    """A language-model task without language: uniform tokens."""

    name = "random-tokens"
    modality: ClassVar[str] = "language-model"
    score = Score("loss", "nat/token", "min")

    def __init__(self, vocabulary: int = 256, length: int = 64) -> None:
        self.n_outputs = vocabulary
        self.length = length

    def describe(self) -> Mapping[str, Any]:
        return {}

    def batch(self, part: Part, size: int, generator: Any) -> Batch:
        shape = (size, self.length + 1)
        tokens = torch.randint(self.n_outputs, shape, generator=generator)
        return Batch(tokens[:, :-1], tokens[:, 1:])

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(outputs.transpose(1, 2), targets, reduction="none").mean(1)

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        batch = self.batch(part, 4, torch.Generator().manual_seed(0))
        return {"loss": float(self.loss(model(batch.inputs), batch.targets).mean())}

    def example(self, batch: int) -> Tensor:
        return torch.zeros(batch, self.length, dtype=torch.int64)


@pytest.fixture(scope="session")
def random_tokens() -> type[RandomTokens]:
    """The task class: called with vocabulary and length."""
    return RandomTokens


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(7)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(7)
