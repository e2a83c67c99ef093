"""Image classification: the task itself, wherever the images come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from monas_core.parts.task import Batch, Model, Part, Score, Task
from monas_core.parts.usage import Usage
from monas_core.values.data import DataRecord
from monas_vision.images import PARTS, Images


class ImageClassification(Task):
    """Name the class of an image.

    Inputs are float32 ``(B, C, H, W)``, normalised; targets int64 ``(B,)``, outputs logits
    ``(B, n_outputs)``. Tensors are handed out on the CPU.

    Args:
        name: As given on the command line.
        images: What is shown, in three parts.
        facts: Where the images come from, for ``describe``.
        data: What a run is to remember of them.
        smoothing: Share of each target spread over all classes in training.
    """

    item: ClassVar[str] = "image"
    modality: ClassVar[str] = "image-classification"
    score = Score("accuracy", "%", "max")
    scores = (Score("cross-entropy", "nat", "min"),)

    def __init__(
        self,
        name: str,
        images: Images,
        *,
        facts: Mapping[str, Any],
        data: DataRecord,
        smoothing: float = 0.0,
    ) -> None:
        self.name = name
        self.ahead = images.ahead
        self._smoothing = smoothing
        self._data = data
        self.n_outputs = len(images.classes)
        self._images = images
        self._facts = dict(facts)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return self._images.shape

    def describe(self) -> Mapping[str, Any]:
        """Source, size and split."""
        channels, height, width = self.shape
        return {
            **self._facts,
            "modality": self.modality,
            "classes": self.n_outputs,
            "images of each class": self._data.class_summary,
            "input": f"{channels} x {height} x {width}",
            "images": {part: self._images.count(part) for part in PARTS},
            "evaluated images": {part: self._images.evaluated(part) for part in PARTS},
            **self._images.notes(),
            **({"notes": "; ".join(self._data.notes)} if self._data.notes else {}),
        }

    def record(self) -> DataRecord:
        """Classes, parts and contents."""
        return self._data

    def batch(self, part: Part, size: int, generator: torch.Generator) -> Batch:
        """``size`` images of a part, drawn with repetition; those of ``train`` are augmented."""
        return self._images.batch(part, size, generator)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy of each image, ``(B,)``, nats.

        Args:
            outputs: Logits ``(B, n_outputs)``.
            targets: Classes ``(B,)``, or weights of classes ``(B, n_outputs)`` of mixed images.
        """
        smoothing = self._smoothing
        return F.cross_entropy(
            outputs.float(), targets, reduction="none", label_smoothing=smoothing
        )

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        """Share of images named right in percent, and the mean cross-entropy in nats."""
        hits, nats, count = 0, 0.0, 0
        with torch.no_grad():
            for batch in self._images.fixed(part):
                logits = model(batch.inputs)
                targets = batch.targets.to(logits.device)
                hits += int((logits.argmax(-1) == targets).sum())
                losses = F.cross_entropy(logits.float(), targets, reduction="none")
                nats += float(losses.double().sum())
                count += len(targets)
        return {"accuracy": 100 * hits / count, "cross-entropy": nats / count}

    def usage(self) -> Usage:
        """Name what a picture shows: classes, size, normalisation."""
        return Usage(
            code=("monas_vision.pixels", "monas_vision.use_images"),
            facts={
                "classes": list(self._images.classes),
                "shape": list(self.shape),
                **{key: _plain(value) for key, value in self._images.shown().items()},
            },
            packages=("numpy", "pillow"),
            given="PICTURE",
            example="picture.png",
        )

    def example(self, batch: int) -> Tensor:
        """Inputs ``(batch, C, H, W)`` float32."""
        return torch.zeros(batch, *self.shape)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
