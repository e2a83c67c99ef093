"""Whether the tokens of a task are those a checkpoint was trained on, and not too many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monas_core.errors import UsageError
from monas_core.files import parse_json
from monas_core.parts.task import Task


def check_fit(task: Task, tokenizer: Mapping[str, Any] | None, rows: int, folder: str) -> None:
    """Refuse a task whose tokens mean something else to the checkpoint.

    Args:
        task: Its ``usage`` may name a ``tokenizer.json``.
        tokenizer: That of the checkpoint, where it has one.
        rows: Tokens the checkpoint has embeddings for.
        folder: For messages.

    Raises:
        UsageError: Other tokens, or more of them.
    """
    remedy = f"give the checkpoint's own: options.task.tokenizer={folder}"
    if task.n_outputs > rows:
        raise UsageError(
            f'Task "{task.name}" has {task.n_outputs} tokens, and checkpoint "{folder}" has '
            f"embeddings for {rows}; {remedy}."
        )
    usage = task.usage()
    given = usage.files.get("tokenizer.json") if usage is not None else None
    if given is None or tokenizer is None:
        return
    mine, theirs = tokens(tokenizer), tokens(parse_json(given))
    if mine != theirs:
        raise UsageError(
            f'Task "{task.name}" has {len(theirs)} tokens that are not the {len(mine)} of '
            f'checkpoint "{folder}", so its texts mean nothing to it; {remedy}.'
        )


def check_context(task: Task, longest: int, folder: str) -> None:
    """Refuse a task that shows more tokens than a checkpoint has positions for.

    Raises:
        UsageError: It does.
    """
    context = int(task.example(1).shape[-1])
    if context > longest:
        raise UsageError(
            f'Task "{task.name}" shows {context} tokens, and checkpoint "{folder}" has positions '
            f"for {longest}; give a smaller options.task.context."
        )


def tokens(tokenizer: Mapping[str, Any]) -> dict[str, int]:
    """Every token of a ``tokenizer.json`` with its number."""
    vocabulary = tokenizer.get("model", {}).get("vocab", {})
    if isinstance(vocabulary, list):  # unigram: pairs of token and score
        vocabulary = {pair[0]: number for number, pair in enumerate(vocabulary)}
    added = {entry["content"]: entry["id"] for entry in tokenizer.get("added_tokens") or ()}
    return {**vocabulary, **added}
