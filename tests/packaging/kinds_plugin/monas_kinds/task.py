"""Pictures of waves, and how steep they are: a number, no class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from monas_core.parts.task import Batch, Model, Part, Score, Task

SIDE = 8
_SIZES: Mapping[Part, int] = {"train": 192, "search": 48, "test": 48}


class Waves(Task):
    """Steepness of a plane wave with noise, from pictures of 8 x 8."""

    name = "waves"
    modality: ClassVar[str] = "image-classification"
    score = Score("RMSE", "1", "min")
    scores = (Score("within a tenth", "fraction", "max"),)
    n_outputs = 1

    def __init__(self, argument: str | None = None) -> None:
        del argument  # there is but one sea
        generator = torch.Generator().manual_seed(5)
        self._parts = {part: _drawn(size, generator) for part, size in _SIZES.items()}

    def describe(self) -> Mapping[str, Any]:
        """Where the pictures come from."""
        return {"source": "made up from a seed", "pictures": dict(_SIZES)}

    def batch(self, part: Part, size: int, generator: torch.Generator) -> Batch:
        """Random pictures ``(B, 1, 8, 8)`` and their steepness ``(B, 1)``."""
        whole = self._parts[part]
        places = torch.randint(_SIZES[part], (size,), generator=generator)
        return Batch(whole.inputs[places], whole.targets[places])

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Squared error of each picture, ``(B,)``."""
        return (outputs - targets).square().flatten(1).mean(1)

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        """Both scores on all pictures of a part."""
        whole = self._parts[part]
        with torch.no_grad():
            missed = (model(whole.inputs) - whole.targets).double().flatten()
        return {
            "RMSE": float(missed.square().mean().sqrt()),
            "within a tenth": float((missed.abs() < 0.1).double().mean()),
        }

    def example(self, batch: int) -> Tensor:
        """Pictures ``(batch, 1, 8, 8)``."""
        return torch.zeros(batch, 1, SIDE, SIDE)


def _drawn(size: int, generator: torch.Generator) -> Batch:
    steep = torch.rand(size, 1, generator=generator)
    phase = torch.rand(size, 1, generator=generator)
    across = torch.arange(SIDE).float()[None]
    row = torch.sin(2 * torch.pi * (steep * across / 3 + phase))  # (n, 8)
    noise = 0.05 * torch.randn(size, 1, SIDE, SIDE, generator=generator)
    return Batch(row[:, None, None, :].expand(-1, -1, SIDE, -1) + noise, steep)
