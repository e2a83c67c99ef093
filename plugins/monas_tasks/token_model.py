"""Language modelling over the tokens of a tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
from torch import Tensor

from monas_core.parts.task import Part
from monas_core.parts.usage import Usage
from monas_core.values.data import DataRecord
from monas_tasks.cache import Cache
from monas_tasks.corpus import PARTS, Document
from monas_tasks.language_model import LanguageModel
from monas_tasks.options import TokenOptions
from monas_tasks.packed import Packed
from monas_tasks.tokens import Tokens


class TokenLanguageModel(LanguageModel):
    """Predict each next token of a text; judged per byte, so that tokenizers can be compared.

    Args:
        name: As given on the command line.
        parts: The documents of each part.
        tokens: What they are cut into.
        options: Context, evaluation, cache.
        facts: Where the text comes from, for ``describe``.
        data: What a run is to remember of it.
    """

    item: ClassVar[str] = "token"

    def __init__(
        self,
        name: str,
        parts: Mapping[Part, list[Document]],
        tokens: Tokens,
        *,
        options: TokenOptions,
        facts: Mapping[str, Any],
        data: DataRecord | None = None,
    ) -> None:
        self._tokens, self._options = tokens, options
        self.n_outputs = tokens.size
        cache = Cache(options.cache)
        self._packed: dict[Part, Packed] = {
            part: Packed(parts[part], tokens, cache, f"the {part} part") for part in PARTS
        }
        record = attrs.evolve(
            data or DataRecord(),
            vocabulary={"size": tokens.size, "kind": "tokens", "digest": tokens.digest},
            learned={"tokenizer": tokens.files()} if options.learned else {},
        )
        super().__init__(
            name,
            dict(self._packed),
            {part: len(parts[part]) for part in PARTS},
            facts=facts,
            record=record,
            context=options.context,
            evaluated=options.evaluated,
        )

    def _seen_as(self) -> str:
        return f"{self.context} tokens at a time, of {self.n_outputs} ({self._options.tokenizer})"

    def tokens_of(self, part: Part) -> int:
        """Number of tokens of a part."""
        return len(self._packed[part])

    def bytes_per_token(self, part: Part) -> float:
        """Mean over the whole part."""
        return self._packed[part].size / len(self._packed[part])

    def bytes_in(self, part: Part, targets: Tensor) -> Tensor:
        """Bytes of windows of tokens ``(B, T)``, ``(B,)``."""
        lengths = self._tokens.lengths
        if lengths is None:  # tokens are no pieces of bytes: the mean of all
            return targets.new_full((len(targets),), targets.shape[1]) * self.bytes_per_token(part)
        return lengths[targets].sum(1)

    def describe(self) -> Mapping[str, Any]:
        """Source, tokenizer and split."""
        learned = self._options.learned
        wanted = f" of the {learned} asked for" if learned and learned != self.n_outputs else ""
        return {
            **self._facts,
            "modality": self.modality,
            "tokenizer": self._options.tokenizer if learned else str(self._tokens.file),
            "vocabulary": f"{self.n_outputs} tokens{wanted}",
            "context": f"{self.context} tokens",
            "documents": dict(self._documents),
            "tokens": {part: len(data) for part, data in self._packed.items()},
            "bytes per token": round(self.bytes_per_token("train"), 3),
            "evaluated tokens": {part: self.windows[part] * self.context for part in PARTS},
        }

    def usage(self) -> Usage:
        """Continue a text token by token; the tokenizer goes along."""
        return Usage(
            code=("monas_tasks.use_tokens",),
            facts={"context": self.context, "new": 32, "tokens": self.n_outputs},
            files=self._tokens.files(self.context),
            packages=("numpy", "tokenizers"),
            given="TEXT",
            example='"import "',
        )
