"""Language modelling: the task itself, whatever the text comes from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import torch
from torch import Tensor
from torch.nn import functional as F

from monas_core.parts.task import Batch, Model, Part, Score, Task
from monas_core.parts.usage import Usage
from monas_core.values.data import SEEN_AS, DataRecord
from monas_tasks import byte_tokenizer
from monas_tasks.corpus import PARTS, Document
from monas_tasks.options import CONTEXT, EVALUATED, TESTED
from monas_tasks.scores import BITS, Tally
from monas_tasks.stored import InMemory, Mapped, Stored

EVALUATION_CHUNK = 64
"""Most windows per forward pass in ``evaluate``; bounds memory only."""
_MOST_LOGITS = 1 << 26
"""Numbers per forward pass, where a vocabulary is large."""


class LanguageModel(Task):
    """Predict each next token of a text, whatever its tokens are.

    Inputs and targets are int64 ``(B, T)``, outputs logits ``(B, T, V)``.
    Tensors are handed out on the CPU.

    Args:
        name: As given on the command line.
        data: The tokens of each part.
        documents: Number of documents of each part.
        facts: Where the text comes from, for ``describe``.
        record: What a run is to remember of it.
        context: T, tokens a model sees.
        evaluated: Windows of T tokens, evenly spread, that train and search parts are judged by;
            the test part by four times as many. The same for every architecture, so differences
            between two architectures are far less noisy than either value.
    """

    modality: ClassVar[str] = "language-model"
    score = Score(BITS, "bit/byte", "min")

    def __init__(
        self,
        name: str,
        data: Mapping[Part, Stored],
        documents: Mapping[Part, int],
        *,
        facts: Mapping[str, Any],
        record: DataRecord | None,
        context: int,
        evaluated: int,
    ) -> None:
        self.name = name
        self.context = context
        self.items_per_sample = context
        self.scores = (
            Score("perplexity", "1", "min"),
            Score(f"next-{self.item} accuracy", "fraction", "max"),
        )
        self.windows: Mapping[Part, int] = {
            "train": evaluated,
            "search": evaluated,
            "test": TESTED * evaluated,
        }
        self._facts = dict(facts)
        self._documents = dict(documents)
        known = record or DataRecord()
        self._record = attrs.evolve(known, facts={**known.facts, SEEN_AS: self._seen_as()})
        self._data = dict(data)

    @abstractmethod
    def _seen_as(self) -> str:
        """How much of what a network is shown at a time."""

    @abstractmethod
    def bytes_in(self, part: Part, targets: Tensor) -> Tensor:
        """Bytes of windows of tokens ``(B, T)`` of a part, ``(B,)``."""

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
        """Bits per byte with their standard error, perplexity and share of tokens predicted right.

        Perplexity and share are per token, and so tell nothing of models over other tokens.
        """
        last = len(self._data[part]) - self.context - 1
        starts = torch.linspace(0, last, self.windows[part], dtype=torch.float64).long()
        tally = Tally()
        fitting = max(1, _MOST_LOGITS // (self.context * self.n_outputs))
        with torch.no_grad():
            for chunk in starts.split(min(EVALUATION_CHUNK, fitting)):
                batch = self._cut(part, chunk)
                logits = model(batch.inputs)
                targets = batch.targets.to(logits.device)
                hits = logits.argmax(-1) == targets
                tally.add(_nats(logits, targets), hits, self.bytes_in(part, batch.targets))
        return tally.scores(self.item)

    def example(self, batch: int) -> Tensor:
        """Inputs ``(batch, T)`` int64."""
        return torch.zeros(batch, self.context, dtype=torch.int64)

    def _cut(self, part: Part, starts: Tensor) -> Batch:
        """Windows that begin at ``starts`` ``(B,)``, with the tokens that follow as targets."""
        window = self._data[part].windows(starts, self.context + 1)  # (B, T + 1)
        return Batch(window[:, :-1], window[:, 1:])


class ByteLanguageModel(LanguageModel):
    """Predict each next byte of a text. Vocabulary: the 256 byte values.

    Args:
        name: As given on the command line.
        parts: The documents of each part; each part must exceed ``context`` bytes.
        facts: Where the text comes from, for ``describe``.
        data: What a run is to remember of it.
        mapped: Leave the documents in the files they are views of.
        context: T, bytes a model sees.
        evaluated: As for ``LanguageModel``.
    """

    item: ClassVar[str] = "byte"
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
        evaluated: int = EVALUATED,
    ) -> None:
        kind = Mapped if mapped else InMemory
        super().__init__(
            name,
            {part: kind(parts[part]) for part in PARTS},
            {part: len(parts[part]) for part in PARTS},
            facts=facts,
            record=data,
            context=context,
            evaluated=evaluated,
        )

    def _seen_as(self) -> str:
        return f"{self.context} bytes at a time"

    def bytes_in(self, part: Part, targets: Tensor) -> Tensor:  # noqa: ARG002
        """One for each token."""
        return targets.new_full((len(targets),), targets.shape[1])

    def describe(self) -> Mapping[str, Any]:
        """Source, size and split."""
        return {
            **self._facts,
            "modality": self.modality,
            "vocabulary": f"{self.n_outputs} byte values",
            "context": f"{self.context} bytes",
            "documents": dict(self._documents),
            "bytes": {part: len(data) for part, data in self._data.items()},
            "evaluated bytes": {part: self.windows[part] * self.context for part in PARTS},
        }

    def usage(self) -> Usage:
        """Continue a text byte by byte; a tokenizer for the package transformers."""
        return Usage(
            code=("monas_tasks.use_bytes",),
            facts={"context": self.context, "new": 64, "tokens": "byte values"},
            files=byte_tokenizer.files(self.context),
            given="TEXT",
            example='"import "',
        )


def _nats(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of every position, ``(B, T)``."""
    return F.cross_entropy(logits.transpose(1, 2).float(), targets, reduction="none")
