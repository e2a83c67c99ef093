"""Counting things in pictures: a network draws a map of density, its sum is the count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, get_args

import torch
from torch import Tensor

from monas_core.parts.task import CONSTANT, Batch, Model, Part, Score, Task
from monas_core.parts.usage import Usage
from monas_core.values.data import DataRecord
from monas_counting.scenes import Pictures

PARTS: tuple[Part, ...] = get_args(Part)
GAIN = 100.0
"""Densities are a few hundredths per pixel; losses compare them raised by so much."""
_CHUNK = 48
_DEAD = 1e-6
"""Range of all outputs, of the largest of them, below which they are one number."""


class Counting(Task):
    """Estimate how many things a picture shows.

    Inputs are float32 ``(B, C, H, W)``, normalised; targets and outputs maps ``(B, 1, H, W)``
    of things per pixel. The count of a picture is the sum of its map.

    Args:
        name: As given on the command line.
        pictures: Of each part.
        facts: Where they come from, for ``describe``.
        data: What a run is to remember of them.
        scaling: Mean and deviation of each channel, ``(C,)``, that pictures were normalised by.
    """

    item: ClassVar[str] = "image"
    modality: ClassVar[str] = "density-map"
    score = Score("MAE", "count", "min")
    scores = (Score("RMSE", "count", "min"),)
    n_outputs = 1
    gain: ClassVar[float] = GAIN

    def __init__(
        self,
        name: str,
        pictures: Mapping[Part, Pictures],
        *,
        facts: Mapping[str, Any],
        data: DataRecord,
        scaling: tuple[Tensor, Tensor],
    ) -> None:
        self.name = name
        self._pictures = dict(pictures)
        self._scaling = scaling
        self._facts, self._data = dict(facts), data

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a picture."""
        channels, height, width = self._pictures["train"].images.shape[1:]
        return channels, height, width

    def describe(self) -> Mapping[str, Any]:
        """Source, sizes, and what is missed by whoever always answers the mean."""
        channels, height, width = self.shape
        return {
            **self._facts,
            "modality": self.modality,
            "input": f"{channels} x {height} x {width}",
            "images": {part: len(self._pictures[part]) for part in PARTS},
            "things per image": {
                part: f"{float(self._pictures[part].counts.mean()):.1f}" for part in PARTS
            },
            "MAE of the mean count": round(self.baseline("test")["MAE"], 3),
        }

    def baseline(self, part: Part) -> dict[str, float]:
        """Scores of whoever answers the mean count of the train part to every picture."""
        mean = self._pictures["train"].counts.mean()
        return _errors(self._pictures[part].counts - mean)

    def record(self) -> DataRecord:
        """Parts and contents."""
        return self._data

    def batch(self, part: Part, size: int, generator: torch.Generator) -> Batch:
        """``size`` pictures of a part, drawn with repetition; every other of ``train`` mirrored."""
        data = self._pictures[part]
        places = torch.randint(len(data), (size,), generator=generator)
        images, maps = data.images[places], data.maps[places]
        if part == "train":
            mirrored = (torch.rand(size, generator=generator) < 0.5)[:, None, None, None]
            images = torch.where(mirrored, images.flip(3), images)
            maps = torch.where(mirrored, maps.flip(3), maps)
        return Batch(images, maps)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean squared difference of maps, ``(B,)``, in hundredths of a thing per pixel."""
        return (GAIN * (outputs - targets)).square().flatten(1).mean(1)

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        """Errors of counts over all pictures of a part, and whether outputs are constant."""
        data = self._pictures[part]
        with torch.no_grad():
            maps = [model(images).double().cpu() for images in data.images.split(_CHUNK)]
        counts = torch.cat([drawn.flatten(1).sum(1) for drawn in maps])
        low, high = min(float(m.min()) for m in maps), max(float(m.max()) for m in maps)
        dead = high - low <= _DEAD * max(abs(high), abs(low))
        return {**_errors(counts - data.counts), CONSTANT: float(dead)}

    def usage(self) -> Usage:
        """Count what a picture shows."""
        mean, deviation = self._scaling
        return Usage(
            code=("monas_core.export.pictures", "monas_counting.use_counting"),
            facts={
                "shape": list(self.shape),
                "mean": mean.tolist(),
                "deviation": deviation.tolist(),
            },
            packages=("numpy", "pillow"),
            given="PICTURE",
            example="picture.png",
        )

    def example(self, batch: int) -> Tensor:
        """The first picture of the train part, repeated."""
        return self._pictures["train"].images[:1].repeat(batch, 1, 1, 1)


def _errors(misses: Tensor) -> dict[str, float]:
    """Mean absolute and root mean square of how much counts are off, ``(n,)``."""
    misses = misses.double()
    return {
        "MAE": float(misses.abs().mean()),
        "RMSE": float(misses.square().mean().sqrt()),
    }
