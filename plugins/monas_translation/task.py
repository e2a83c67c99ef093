"""Translation: the task itself, whatever the sentences come from.

What a network for it takes and returns is written in ``Translation``; how one
writes a translation by itself is in ``beam``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import attrs
import torch
from torch import Tensor
from torch.nn import functional as F

from monas_core.parts.task import Batch, Model, Part, Score, Task
from monas_core.parts.usage import Usage
from monas_core.values.data import DataRecord, Source
from monas_translation.beam import BEAMS, LENGTH_PENALTY, beam_search
from monas_translation.codec import BEGIN, END, PAD, UNKNOWN, Codec
from monas_translation.pairs import PARTS, Pair
from monas_translation.quality import score_texts, signatures

JUDGED: Mapping[Part, int] = {"train": 256, "search": 256, "test": 512}
"""Pairs whose tokens are predicted to judge a model."""
TRANSLATED = 128
"""Test sentences a model translates by itself for BLEU and chrF."""
EVALUATION_CHUNK = 64
"""Sentences per forward pass in ``evaluate``; of similar length, so little is padded."""


class Translation(Task):
    """Translate sentences of up to ``length`` tokens.

    Inputs are ``{"source": (B, L), "target": (B, L)}`` int64, the target begun with
    BEGIN and one behind the targets ``(B, L)``; unused places hold PAD = 0. Outputs are
    logits ``(B, L, V)`` of the next token of the translation. A network for
    translation also works by itself, one token at a time; the same call with
    other inputs:

    - ``{"source": (B, S)}`` returns a memory, some tree of tensors ``(B, ...)``;
    - ``{"memory": memory, "target": (B*K, 1), "past": past}`` goes on by one token with K
      translations of each sentence, and returns ``{"logits": (B*K, 1, V), "past": past}``.
      The past is a tree of tensors ``(B*K, ...)``, at first ``[]``.

    The score is the information per token of the reference, the same measure
    throughout a run. It is smooth, cheap and ranks architectures with far fewer
    sentences than BLEU. On the test part the model also translates by itself:
    BLEU and chrF are companions of the final score.

    Args:
        name: As given on the command line.
        parts: The pairs of each part.
        codec: The vocabulary.
        facts: Where the text comes from, for ``describe``.
        length: L, tokens of the longest sentence; longer pairs are left out and counted.
        sources: What a run is to remember of the files.
    """

    item: ClassVar[str] = "token"
    modality: ClassVar[str] = "translation"
    score = Score("bits per token", "bit/token", "min")
    scores = (Score("next-token accuracy", "fraction", "max"),)

    def __init__(
        self,
        name: str,
        parts: Mapping[Part, Sequence[Pair]],
        codec: Codec,
        *,
        facts: Mapping[str, Any],
        length: int,
        sources: Sequence[Source] = (),
    ) -> None:
        self.name = name
        self.codec = codec
        self.length = length
        self.n_outputs = codec.size
        self.items_per_sample = length
        self._facts = dict(facts)
        self._sources = tuple(sources)
        self.sentences = {part: Sentences.of(parts[part], codec, length) for part in PARTS}

    def describe(self) -> Mapping[str, Any]:
        """Source, size and split; what was left out; how translations are judged."""
        parts = self.sentences
        return {
            **self._facts,
            "modality": self.modality,
            "vocabulary": f"{self.n_outputs} {self.codec.name} of both languages",
            "longest sentence": f"{self.length} tokens",
            "pairs": {part: len(parts[part].pairs) for part in PARTS},
            "pairs left out as too long": {part: parts[part].too_long for part in PARTS},
            "tokens not in the vocabulary": {part: parts[part].unknown for part in PARTS},
            "evaluated pairs": {part: min(n, len(parts[part].pairs)) for part, n in JUDGED.items()},
            "translated pairs": min(TRANSLATED, len(parts["test"].pairs)),
            "translated by": f"beam search, {BEAMS} beams, length penalty {LENGTH_PENALTY}",
            **self._signatures(),
        }

    def record(self) -> DataRecord:
        """Lines, pairs and vocabulary."""
        parts = {part: len(found.pairs) for part, found in self.sentences.items()}
        too_long = sum(found.too_long for found in self.sentences.values())
        notes = [f"{too_long} of {too_long + sum(parts.values())} pairs are left out as too long"]
        unknown = sum(found.unknown for found in self.sentences.values())
        if unknown:
            notes.append(f"{unknown} tokens are characters that the vocabulary lacks")
        return DataRecord(
            sources=self._sources,
            parts=parts,
            unit="pairs",
            vocabulary={
                "kind": self.codec.name,
                "size": self.codec.size,
                "digest": self.codec.fingerprint(),
            },
            notes=tuple(notes[0 if too_long else 1 :]),
            facts={"signatures": self._signatures()},
        )

    def _signatures(self) -> dict[str, str]:
        return dict(signatures([pair.target for pair in self.sentences["test"].pairs]))

    def batch(self, part: Part, size: int, generator: torch.Generator) -> Batch:
        """``size`` pairs drawn from a part."""
        found = self.sentences[part]
        rows = torch.randint(len(found.pairs), (size,), generator=generator)
        return _batch(found.source[rows].long(), found.target[rows].long())

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy of each sample over its tokens, ``(B,)``, nats."""
        return _nats(outputs, targets).sum(1) / (targets != PAD).sum(1)

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        """Bits per token; BLEU and chrF on the test part; share of tokens predicted right."""
        found = self.sentences[part]
        rows = found.spread(JUDGED[part])
        nats, hits, count = 0.0, 0, 0
        with torch.no_grad():
            for chunk in rows.split(EVALUATION_CHUNK):
                batch = _batch(_trim(found.source[chunk]), _trim(found.target[chunk]))
                logits = model(batch.inputs)
                targets = batch.targets.to(logits.device)
                nats += float(_nats(logits, targets).double().sum())
                hits += int(((logits.argmax(-1) == targets) & (targets != PAD)).sum())
                count += int((targets != PAD).sum())
            judged = {"bits per token": nats / count / math.log(2)}
            if part == "test":
                judged |= self._translations(model, found)
        return {**judged, "next-token accuracy": hits / count}

    def example(self, batch: int) -> Mapping[str, Tensor]:
        """Sentences of full length, ``(batch, L)`` int64 each: nothing is padded."""
        full = torch.full((batch, self.length), UNKNOWN)
        return {"source": full, "target": full.clone()}

    def usage(self) -> Usage:
        """Translate by beam search, with the vocabulary of both languages."""
        return Usage(
            code=("monas_translation.use_translation",),
            facts={
                "length": self.length,
                "beams": BEAMS,
                "length_penalty": LENGTH_PENALTY,
                "tokens": self.codec.name,
            },
            files=self.codec.files(),
            packages=("numpy", *self.codec.packages),
            given="SENTENCE",
            example=f'"{self.sentences["test"].pairs[0].source}"',
        )

    def _translations(self, model: Model, found: Sentences) -> Mapping[str, float]:
        """Scores of what the model writes by itself."""
        rows = found.spread(TRANSLATED)
        written = beam_search(model, _trim(found.source[rows]), steps=self.length)
        references = [found.pairs[row].target for row in rows.tolist()]
        return score_texts([self.codec.decode(tokens) for tokens in written], references)


@attrs.frozen(eq=False)
class Sentences:
    """The pairs of one part as tokens.

    Attributes:
        pairs: As text, in order.
        source, target: ``(n, L)`` int32, each sentence closed by END and filled up with PAD.
        too_long: Pairs left out.
        longest: Tokens of the longest sentence, with those left out.
        unknown: Tokens of the pairs kept that the vocabulary lacks.
    """

    pairs: list[Pair]
    source: Tensor
    target: Tensor
    too_long: int
    longest: int
    unknown: int

    @classmethod
    def of(cls, pairs: Sequence[Pair], codec: Codec, length: int) -> Sentences:
        """Encode what fits into ``length`` tokens, END included."""
        coded = [(pair, codec.encode(pair.source), codec.encode(pair.target)) for pair in pairs]
        kept = [item for item in coded if max(len(item[1]), len(item[2])) < length]
        return cls(
            [pair for pair, _, _ in kept],
            _filled([tokens for _, tokens, _ in kept], length),
            _filled([tokens for _, _, tokens in kept], length),
            len(coded) - len(kept),
            max((max(len(source), len(target)) for _, source, target in coded), default=0) + 1,
            sum(tokens.count(UNKNOWN) for item in kept for tokens in item[1:]),
        )

    def spread(self, count: int) -> Tensor:
        """Up to ``count`` rows evenly spread over the part, shortest sources first."""
        last = len(self.pairs) - 1
        rows = torch.linspace(0, last, min(count, last + 1), dtype=torch.float64).long()
        return rows[(self.source[rows] != PAD).sum(1).argsort(stable=True)]


def _filled(sentences: Sequence[Sequence[int]], length: int) -> Tensor:
    """``(n, length)`` int32."""
    rows = [[*tokens, END, *[PAD] * (length - len(tokens) - 1)] for tokens in sentences]
    return torch.tensor(rows, dtype=torch.int32).reshape(len(rows), length)


def _batch(source: Tensor, target: Tensor) -> Batch:
    """Teacher forcing: the translation so far goes in, the next token is the target."""
    begin = torch.full_like(target[:, :1], BEGIN)
    return Batch({"source": source, "target": torch.cat([begin, target[:, :-1]], 1)}, target)


def _trim(tokens: Tensor) -> Tensor:
    """Without the places that no sentence of ``(B, L)`` uses, as int64."""
    return tokens[:, : int((tokens != PAD).sum(1).max())].long()


def _nats(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of every token, ``(B, T)``; 0 where there is none."""
    return F.cross_entropy(
        logits.transpose(1, 2).float(), targets, ignore_index=PAD, reduction="none"
    )
