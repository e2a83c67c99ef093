"""A text as a task: over bytes, or over the tokens of a tokenizer, given or learned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monas_core.errors import UsageError
from monas_core.extras import require_packages
from monas_core.parts.task import Part
from monas_core.values.data import DataRecord
from monas_tasks.cache import Cache
from monas_tasks.corpus import PARTS, Document
from monas_tasks.language_model import ByteLanguageModel, LanguageModel
from monas_tasks.options import TokenOptions

FILE = "tokenizer.json"


def language_model(
    name: str,
    parts: Mapping[Part, list[Document]],
    options: TokenOptions,
    *,
    facts: Mapping[str, Any],
    data: DataRecord,
    mapped: bool = False,
) -> LanguageModel:
    """The task over these documents.

    Raises:
        UsageError: A part is shorter than what a model sees, the tokenizer cannot be used, or
            what was kept of it is damaged.
    """
    if not options.over_bytes:
        return _over_tokens(name, parts, options, facts=facts, data=data)
    context = options.context
    for part in PARTS:
        size = sum(len(document.text) for document in parts[part])
        _check_length(name, part, size, context, "bytes")
    return ByteLanguageModel(
        name,
        parts,
        facts=facts,
        data=data,
        mapped=mapped,
        context=context,
        evaluated=options.evaluated,
    )


def _over_tokens(
    name: str,
    parts: Mapping[Part, list[Document]],
    options: TokenOptions,
    *,
    facts: Mapping[str, Any],
    data: DataRecord,
) -> LanguageModel:
    require_packages("options.task.tokenizer", {"tokenizers": "monas[hf]"})
    from monas_tasks.learned import learned
    from monas_tasks.token_model import TokenLanguageModel
    from monas_tasks.tokens import Tokens

    size = options.learned
    if size is not None:
        file = learned(parts["train"], size, Cache(options.cache))
    else:
        file = found(options.tokenizer)
    task = TokenLanguageModel(name, parts, Tokens(file), options=options, facts=facts, data=data)
    for part in PARTS:
        _check_length(name, part, task.tokens_of(part), options.context, "tokens")
    return task


def found(typed: str) -> Path:
    """The file ``tokenizer.json`` that a person named, by itself or by its folder.

    Raises:
        UsageError: There is none.
    """
    path = Path(typed).expanduser()
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise UsageError(
            f'options.task.tokenizer: there is no file "{file}"; give a tokenizer.json, the '
            "folder of a Hugging Face checkpoint that has one (older ones: "
            "AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER) writes it), bytes, or "
            "bpe:8192 to learn one of so many tokens."
        )
    return file


def _check_length(name: str, part: Part, size: int, context: int, unit: str) -> None:
    if size < context + 2:
        raise UsageError(
            f"The {part} part of task {name} has {size} {unit}, and a model sees {context} and "
            "predicts the next; give more text, or a smaller options.task.context."
        )
