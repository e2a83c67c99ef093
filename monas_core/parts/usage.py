"""What a stranger needs to use a network of a task where there is no monas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from monas_core.errors import UsageError
from monas_core.files import plain_name


def _plain_names(_: Any, __: Any, files: Mapping[str, str]) -> None:
    for name in files:
        if name.startswith(".") or ":" in name or not plain_name(name):
            raise UsageError(
                f"A file of a task's usage is called {name!r:.60}; it must be a plain file name, "
                "without a folder."
            )


@attrs.frozen
class Usage:
    """How raw inputs become what a network takes, and its outputs an answer.

    Attributes:
        code: Import paths of modules that stand alone: they import the standard library,
            numpy and ``packages``, and of monas nothing but each other. Their text is shipped
            with every exported network. The last defines
            ``predict(model, given, usage, folder)``: ``model`` maps a tree of arrays to a
            tree of arrays, ``given`` are the words of a person (paths, sentences), ``usage``
            is ``facts`` and ``folder`` holds ``files``. It returns one mapping for each word, with
            the key ``answer``.
        facts: Plain values that ``predict`` reads: classes, mean and deviation, length.
        files: Further files by name: a tokenizer, a vocabulary.
        packages: What pip installs for ``code``.
        given: What a person hands over, one word for help: ``PICTURE``.
        example: A line for the model card, as one would type it after ``predict.py``.
    """

    code: tuple[str, ...]
    facts: Mapping[str, Any]
    files: Mapping[str, str] = attrs.field(factory=dict, validator=_plain_names)
    packages: tuple[str, ...] = ("numpy",)
    given: str = "INPUT"
    example: str = "INPUT"
