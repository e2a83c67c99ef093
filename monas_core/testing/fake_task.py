"""The smallest honest task: a few hundred labelled points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from monas_core.parts.task import Batch, Model, Part, Score, Task

FEATURES = 6
"""Numbers per sample."""
_SIZES: Mapping[Part, int] = {"train": 256, "search": 64, "test": 64}


class ToyTask(Task):
    """Classify points by the sign pattern of a fixed random projection."""

    modality: ClassVar[str] = "toy"
    name = "toy"
    score = Score("cross-entropy", "nat", "min")
    scores = (Score("accuracy", "fraction", "max"),)
    n_outputs = 4

    def __init__(self, argument: str | None = None) -> None:
        self.argument = argument
        generator = torch.Generator().manual_seed(1)
        projection = torch.randn(FEATURES, 2, generator=generator)
        self._data: dict[Part, Batch] = {}
        for part, size in _SIZES.items():
            inputs = torch.randn(size, FEATURES, generator=generator)
            signs = (inputs @ projection > 0).long()  # (size, 2)
            self._data[part] = Batch(inputs, 2 * signs[:, 0] + signs[:, 1])

    def describe(self) -> Mapping[str, Any]:
        """Sizes of the parts."""
        return {"samples": dict(_SIZES)}

    def batch(self, part: Part, size: int, generator: torch.Generator) -> Batch:
        """Random samples of a part: inputs ``(B, 6)``, targets ``(B,)``."""
        data = self._data[part]
        index = torch.randint(len(data.inputs), (size,), generator=generator)
        return Batch(data.inputs[index], data.targets[index])

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy of each sample, ``(B,)``, nats."""
        return F.cross_entropy(outputs, targets, reduction="none")

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        """Cross-entropy and accuracy on a whole part."""
        data = self._data[part]
        with torch.no_grad():
            outputs = model(data.inputs)
        hits = (outputs.argmax(-1) == data.targets).double().mean()
        loss = self.loss(outputs, data.targets).double().mean()
        return {"cross-entropy": float(loss), "accuracy": float(hits)}

    def example(self, batch: int) -> Tensor:
        """Inputs ``(batch, 6)``."""
        return torch.zeros(batch, FEATURES)
