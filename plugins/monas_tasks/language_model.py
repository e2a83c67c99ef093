"""Byte-level language modelling: the task itself, whatever the text comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from monas_core.parts.task import Batch, Model, Part, Score, Task
from monas_core.parts.usage import Usage
from monas_core.values.data import DataRecord
from monas_tasks import byte_tokenizer
from monas_tasks.corpus import PARTS, Document
from monas_tasks.stored import InMemory, Mapped, Stored

CONTEXT = 64
EVALUATION_CHUNK = 64
"""Windows per forward pass in ``evaluate``; bounds memory only."""


class ByteLanguageModel(Task):
    """Predict each next byte of a text. Vocabulary: the 256 byte values.

    Inputs and targets are int64 ``(B, T)``, outputs logits ``(B, T, 256)``.
    Tensors are handed out on the CPU.

    Args:
        name: As given on the command line.
        parts: The documents of each part; each part must exceed ``context`` bytes.
        facts: Where the text comes from, for ``describe``.
        data: What a run is to remember of it.
        mapped: Leave the documents in the files they are views of.
        context: T, bytes a model sees.
        windows: Evaluation windows of T bytes per part, evenly spread over the part.
            The same for every architecture, so differences between two
            architectures are far less noisy than either value.
    """

    item: ClassVar[str] = "byte"
    modality: ClassVar[str] = "language-model"
    score = Score("bits per byte", "bit/byte", "min")
    scores = (
        Score("perplexity", "1", "min"),
        Score("next-byte accuracy", "fraction", "max"),
    )
    n_outputs = 256

    def __init__(
        self,
        name: str,
        parts: Mapping[Part, list[Document]],
        *,
        facts: Mapping[str, Any],
        data: DataRecord | None = None,
        mapped: bool = False,
        context: int = CONTEXT,
        windows: Mapping[Part, int] | None = None,
    ) -> None:
        self.name = name
        self.context = context
        self.items_per_sample = context
        self.windows: Mapping[Part, int] = windows or {"train": 48, "search": 48, "test": 192}
        self._facts = dict(facts)
        self._files = {part: len(parts[part]) for part in PARTS}
        self._record = data or DataRecord()
        kind = Mapped if mapped else InMemory
        self._data: dict[Part, Stored] = {part: kind(parts[part]) for part in PARTS}

    def describe(self) -> Mapping[str, Any]:
        """Source, size and split."""
        return {
            **self._facts,
            "modality": self.modality,
            "vocabulary": f"{self.n_outputs} byte values",
            "context": f"{self.context} bytes",
            "documents": dict(self._files),
            "bytes": {part: len(data) for part, data in self._data.items()},
            "evaluated bytes": {part: self.windows[part] * self.context for part in PARTS},
        }

    def record(self) -> DataRecord:
        """Files and parts."""
        return self._record

    def batch(self, part: Part, size: int, generator: torch.Generator) -> Batch:
        """``size`` windows at random places of a part."""
        last = len(self._data[part]) - self.context
        return self._cut(part, torch.randint(last, (size,), generator=generator))

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy of each sample over its T positions, ``(B,)``, nats."""
        return _nats(outputs, targets).mean(1)

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        """Bits per byte, perplexity per byte and share of bytes predicted right."""
        last = len(self._data[part]) - self.context - 1
        starts = torch.linspace(0, last, self.windows[part], dtype=torch.float64).long()
        nats, hits, count = 0.0, 0, 0
        with torch.no_grad():
            for chunk in starts.split(EVALUATION_CHUNK):
                batch = self._cut(part, chunk)
                logits = model(batch.inputs)
                targets = batch.targets.to(logits.device)
                nats += float(_nats(logits, targets).double().sum())
                hits += int((logits.argmax(-1) == targets).sum())
                count += targets.numel()
        mean = nats / count
        return {
            "bits per byte": mean / math.log(2),
            "perplexity": math.exp(min(mean, 700.0)),  # beyond, float64 overflows
            "next-byte accuracy": hits / count,
        }

    def example(self, batch: int) -> Tensor:
        """Inputs ``(batch, T)`` int64."""
        return torch.zeros(batch, self.context, dtype=torch.int64)

    def usage(self) -> Usage:
        """Continue a text byte by byte; a tokenizer for the package transformers."""
        return Usage(
            code=("monas_tasks.use_bytes",),
            facts={"context": self.context, "new": 64, "tokens": "byte values"},
            files=byte_tokenizer.files(self.context),
            given="TEXT",
            example='"import "',
        )

    def _cut(self, part: Part, starts: Tensor) -> Batch:
        """Windows that begin at ``starts`` ``(B,)``, with the bytes that follow as targets."""
        window = self._data[part].windows(starts, self.context + 1)  # (B, T + 1)
        return Batch(window[:, :-1], window[:, 1:])


def _nats(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of every position, ``(B, T)``."""
    return F.cross_entropy(logits.transpose(1, 2).float(), targets, reduction="none")
