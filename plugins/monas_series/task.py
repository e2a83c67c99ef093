"""Tasks on windows of series: one that names them, and one that tells a number of each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import attrs
import torch
from torch import Tensor
from torch.nn import functional as F

from monas_core.parts.task import Batch, Model, Part, Score, Task
from monas_core.parts.usage import Usage
from monas_core.values.data import DataRecord
from monas_series.recordings import PARTS
from monas_series.windows import Windows

CHUNK = 256
"""Windows per forward pass in ``evaluate``; bounds memory only."""


@attrs.frozen(eq=False)
class Material:
    """What both kinds of task are made of.

    Attributes:
        parts: Windows of each part.
        columns: Names of the channels.
        window: Rows of a window.
        evaluated: Windows of each part that are evaluated, at most.
        shown: How a stranger prepares raw rows: window, stride, mean, deviation.
        facts: Where the data come from, for ``describe``.
        data: What a run is to remember of them.
    """

    parts: Mapping[Part, Windows]
    columns: tuple[str, ...]
    window: int
    evaluated: int
    shown: Mapping[str, Any]
    facts: Mapping[str, Any]
    data: DataRecord


class SeriesTask(Task):
    """Windows of series: inputs are float32 ``(B, C, W)``, channels standardised.

    Args:
        name: As given on the command line.
        material: What it is made of.
    """

    item: ClassVar[str] = "window"

    def __init__(self, name: str, material: Material) -> None:
        self.name = name
        self._material = material

    def describe(self) -> Mapping[str, Any]:
        """Source, size and split."""
        made = self._material
        return {
            **made.facts,
            "modality": self.modality,
            "columns": ", ".join(made.columns),
            "input": f"{len(made.columns)} x {made.window}",
            "windows": {part: len(made.parts[part]) for part in PARTS},
            **({"notes": "; ".join(made.data.notes)} if made.data.notes else {}),
        }

    def record(self) -> DataRecord:
        """Files, parts and classes."""
        return self._material.data

    def batch(self, part: Part, size: int, generator: torch.Generator) -> Batch:
        """``size`` windows of a part, drawn with repetition."""
        windows = self._material.parts[part]
        return Batch(*windows.at(torch.randint(len(windows), (size,), generator=generator)))

    def example(self, batch: int) -> Tensor:
        """Inputs ``(batch, C, W)`` float32."""
        return torch.zeros(batch, len(self._material.columns), self._material.window)

    def usage(self) -> Usage:
        """Columns, window and normalisation, and what the outputs mean."""
        made = self._material
        facts = {"columns": list(made.columns), "window": made.window, **made.shown}
        return Usage(
            code=("monas_series.use_series",),
            facts={**facts, **self._meaning()},
            given="TABLE",
            example="recording.csv",
        )

    @abstractmethod
    def _meaning(self) -> dict[str, Any]:
        """What a stranger needs to read the outputs."""

    def _evaluated(self, model: Model, part: Part) -> Iterator[tuple[Tensor, Tensor]]:
        """Outputs of a model and answers on the fixed windows of a part."""
        windows = self._material.parts[part]
        with torch.no_grad():
            for places in windows.spread(self._material.evaluated).split(CHUNK):
                inputs, answers = windows.at(places)
                outputs = model(inputs)
                yield outputs, answers.to(outputs.device)


class SeriesClassification(SeriesTask):
    """Name the class of a window; targets are int64 ``(B,)``, outputs logits ``(B, classes)``.

    Args:
        name: As given on the command line.
        material: What it is made of.
        classes: Their names, by number.
    """

    modality: ClassVar[str] = "series-classification"
    score = Score("accuracy", "%", "max")
    scores = (Score("cross-entropy", "nat", "min"),)

    def __init__(self, name: str, material: Material, classes: tuple[str, ...]) -> None:
        super().__init__(name, material)
        self.classes = classes
        self.n_outputs = len(classes)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy of each window, ``(B,)``, nats."""
        return F.cross_entropy(outputs.float(), targets, reduction="none")

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        """Share of windows named right in percent, and the mean cross-entropy in nats."""
        hits, nats, count = 0, 0.0, 0
        for logits, targets in self._evaluated(model, part):
            hits += int((logits.argmax(-1) == targets).sum())
            nats += float(self.loss(logits, targets).double().sum())
            count += len(targets)
        return {"accuracy": 100 * hits / count, "cross-entropy": nats / count}

    def _meaning(self) -> dict[str, Any]:
        return {"classes": list(self.classes)}


class SeriesRegression(SeriesTask):
    """Tell the number at the last row of a window; outputs ``(B, 1)`` are standardised.

    Args:
        name: As given on the command line.
        material: What it is made of.
        answer: Name of the target.
        mean, deviation: Of the target in training.
    """

    modality: ClassVar[str] = "series-regression"
    n_outputs = 1

    def __init__(
        self, name: str, material: Material, answer: str, mean: float, deviation: float
    ) -> None:
        super().__init__(name, material)
        self.answer, self.mean, self.deviation = answer, mean, deviation
        self.score = Score("root mean square error", answer, "min")
        self.scores = (Score("mean absolute error", answer, "min"), Score("R2", "1", "max"))

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Squared error of each window in units of the target's variance, ``(B,)``."""
        wanted = (targets - self.mean) / self.deviation
        return (outputs.float().squeeze(1) - wanted).square()

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        """Errors in the unit of the target, and the share of its variance that is explained."""
        pairs = [(out.double().squeeze(1), t.double()) for out, t in self._evaluated(model, part)]
        told, true = (torch.cat(column) for column in zip(*pairs, strict=True))
        wrong = told * self.deviation + self.mean - true
        square = float(wrong.square().mean())
        spread = float(true.var(correction=0).clamp_min(1e-12))
        return {
            "root mean square error": square**0.5,
            "mean absolute error": float(wrong.abs().mean()),
            "R2": 1.0 - square / spread,
        }

    def _meaning(self) -> dict[str, Any]:
        return {
            "target": self.answer,
            "target_mean": self.mean,
            "target_deviation": self.deviation,
        }
