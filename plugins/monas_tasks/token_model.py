"""Language modelling over the tokens of a Hugging Face tokenizer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from tokenizers import Tokenizer

from monas_core.errors import UsageError
from monas_core.parts.task import Part
from monas_core.parts.usage import Usage
from monas_core.values.data import DataRecord
from monas_tasks.corpus import PARTS, Document
from monas_tasks.language_model import LanguageModel
from monas_tasks.options import CONTEXT
from monas_tasks.stored import Encoded


class TokenLanguageModel(LanguageModel):
    """Predict each next token of a text; judged per byte, so that tokenizers can be compared.

    Args:
        name: As given on the command line.
        parts: The documents of each part.
        tokenizer: A file ``tokenizer.json``.
        facts: Where the text comes from, for ``describe``.
        data: What a run is to remember of it.
        context: T, tokens a model sees.
        windows: As for ``LanguageModel``.

    Raises:
        UsageError: The file holds no tokenizer.
    """

    item: ClassVar[str] = "token"

    def __init__(
        self,
        name: str,
        parts: Mapping[Part, list[Document]],
        tokenizer: Path,
        *,
        facts: Mapping[str, Any],
        data: DataRecord | None = None,
        context: int = CONTEXT,
        windows: Mapping[Part, int] | None = None,
    ) -> None:
        self._file = tokenizer
        self._tokenizer = _read(tokenizer)
        size = self._tokenizer.get_vocab_size(with_added_tokens=True)
        highest = max(self._tokenizer.get_vocab(with_added_tokens=True).values(), default=-1)
        self.n_outputs = max(size, highest + 1)
        self._texts: dict[Part, Encoded] = {
            part: Encoded(parts[part], self._encode) for part in PARTS
        }
        super().__init__(
            name,
            self._texts,
            {part: len(parts[part]) for part in PARTS},
            facts=facts,
            record=data,
            context=context,
            windows=windows,
        )

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        found = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in found]

    def fewest(self, part: Part) -> int:
        """Tokens of a part, counted until a window is full."""
        return self._texts[part].fewest(self.context + 2)

    def bytes_per_token(self, part: Part) -> float:
        """Mean over the whole part."""
        return self._texts[part].bytes_per_token

    def describe(self) -> Mapping[str, Any]:
        """Source, tokenizer and split."""
        return {
            **self._facts,
            "modality": self.modality,
            "tokenizer": str(self._file),
            "vocabulary": f"{self.n_outputs} tokens",
            "context": f"{self.context} tokens",
            "documents": dict(self._documents),
            "evaluated tokens": {part: self.windows[part] * self.context for part in PARTS},
        }

    def usage(self) -> Usage:
        """Continue a text token by token; the tokenizer goes along."""
        files = {"tokenizer.json": self._file.read_text(encoding="utf-8")}
        beside = self._file.with_name("tokenizer_config.json")
        if beside.is_file():
            files[beside.name] = beside.read_text(encoding="utf-8")
        return Usage(
            code=("monas_tasks.use_tokens",),
            facts={"context": self.context, "new": 32, "tokens": self.n_outputs},
            files=files,
            packages=("numpy", "tokenizers"),
            given="TEXT",
            example='"import "',
        )


def _read(file: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(
            f'options.task.tokenizer: "{file}" holds no tokenizer ({reason}); give a '
            "tokenizer.json."
        ) from error
