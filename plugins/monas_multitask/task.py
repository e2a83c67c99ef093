"""Two maps of every picture, each with a head, a loss and scores of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import torch
from torch import Tensor

from monas_core.parts.heads import Head, MultiTask
from monas_core.parts.picture_folder import PARTS
from monas_core.parts.task import Batch, Model, Part
from monas_core.parts.usage import Usage
from monas_core.values.data import DataRecord
from monas_multitask.kinds import Kind

_CHUNK = 64


@attrs.frozen(eq=False)
class Maps:
    """Pictures with their maps.

    Attributes:
        images: ``(n, C, H, W)`` float32, normalised.
        targets: By head, ``(n, ...)``.
    """

    images: Tensor
    targets: Mapping[str, Tensor]

    def __len__(self) -> int:
        return len(self.images)

    def at(self, places: Tensor | slice) -> Batch:
        """Some of them."""
        return Batch(self.images[places], {n: of[places] for n, of in self.targets.items()})


class Multitask(MultiTask):
    """Answer two questions of every pixel.

    Inputs are float32 ``(B, C, H, W)``; outputs and targets mappings by head.

    Args:
        name: As given on the command line.
        kinds: What the heads are asked, in order.
        heads: As declared to spaces, in the same order.
        maps: Of each part.
        facts: Where they come from, for ``describe``.
        data: What a run is to remember of them.
        scaling: Mean and deviation of each channel, ``(C,)``, that pictures were normalised by.
    """

    item: ClassVar[str] = "image"
    modality: ClassVar[str] = "dense-multitask"

    def __init__(
        self,
        name: str,
        kinds: tuple[Kind, ...],
        heads: tuple[Head, ...],
        maps: Mapping[Part, Maps],
        *,
        facts: Mapping[str, Any],
        data: DataRecord,
        scaling: tuple[Tensor, Tensor],
    ) -> None:
        self.name, self.heads = name, heads
        self._scaling = scaling
        self._kinds = {kind.name: kind for kind in kinds}
        self._maps, self._facts, self._data = dict(maps), dict(facts), data
        self.score, *rest = [score for kind in kinds for score in kind.scores]
        self.scores = tuple(rest)
        self.n_outputs = sum(kind.outputs for kind in kinds)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a picture."""
        channels, height, width = self._maps["train"].images.shape[1:]
        return channels, height, width

    def describe(self) -> Mapping[str, Any]:
        """Source, heads and sizes."""
        channels, height, width = self.shape
        return {
            **self._facts,
            "modality": self.modality,
            "heads": {head.name: head.outputs for head in self.heads},
            "input": f"{channels} x {height} x {width}",
            "images": {part: len(self._maps[part]) for part in PARTS},
        }

    def record(self) -> DataRecord:
        """Parts and contents."""
        return self._data

    def batch(self, part: Part, size: int, generator: torch.Generator) -> Batch:
        """``size`` pictures of a part, drawn with repetition."""
        return self._maps[part].at(
            torch.randint(len(self._maps[part]), (size,), generator=generator)
        )

    def losses(
        self, outputs: Mapping[str, Any], targets: Mapping[str, Any]
    ) -> Mapping[str, Tensor]:
        """By head, ``(B,)``."""
        return {n: kind.loss(outputs[n], targets[n]) for n, kind in self._kinds.items()}

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        """All scores of all heads in one pass over a part."""
        data = self._maps[part]
        with torch.no_grad():
            answers = [model(images) for images in data.images.split(_CHUNK)]
        found: dict[str, float] = {}
        for name, kind in self._kinds.items():
            outputs = torch.cat([answer[name].cpu() for answer in answers])
            found |= kind.judge(outputs, data.targets[name])
        return found

    def usage(self) -> Usage:
        """Draw all maps of a picture."""
        mean, deviation = self._scaling
        return Usage(
            code=("monas_core.export.pictures", "monas_multitask.use_maps"),
            facts={
                "shape": list(self.shape),
                "mean": mean.tolist(),
                "deviation": deviation.tolist(),
                "heads": [head.name for head in self.heads],
            },
            packages=("numpy", "pillow"),
            given="PICTURE",
            example="picture.png" if self.shape[0] in (1, 3) else "picture.npy",
        )

    def example(self, batch: int) -> Tensor:
        """The first picture of the train part, repeated."""
        return self._maps["train"].images[:1].repeat(batch, 1, 1, 1)
