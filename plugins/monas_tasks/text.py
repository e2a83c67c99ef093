"""A person's own file or folder as a text to learn from: ``text:PATH``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from monas_core.errors import UsageError
from monas_tasks.corpus import FEWEST, Document, blocks, distinct, split
from monas_tasks.language_model import CONTEXT, ByteLanguageModel

MOST = 64_000_000
"""Bytes read in all; what follows is left out and ``describe`` says so."""
BLOCK = 4 * (CONTEXT + 1)
"""Smallest block, and smallest part, in bytes."""


def load(argument: str | None = None) -> ByteLanguageModel:
    """The task ``text:PATH``; split by files, or by blocks where there are few files.

    Raises:
        UsageError: No path, nothing there, not readable, not text, or too little of it.
    """
    if not argument:
        raise UsageError('Task "text" needs a file or folder, got none; write text:PATH.')
    path = Path(argument).expanduser()
    if not path.exists():
        raise UsageError(
            f'Task text:{argument}: there is no file or folder "{path}"; check the path.'
        )
    documents, cut = _limited(_read(path))
    size = sum(len(document.text) for document in documents)
    unit = "file"
    parts = split(documents) if len(documents) >= FEWEST else None
    if parts is None or min(sum(len(d.text) for d in part) for part in parts.values()) < BLOCK:
        unit = "block"
        pieces = distinct(blocks(documents, BLOCK))
        if len(pieces) < FEWEST:
            raise UsageError(
                f'Task text:{argument}: "{path}" holds {size} bytes of text in {len(pieces)} '
                f"different blocks of {BLOCK} bytes, at least {FEWEST} are needed to split it "
                "into three parts; give a longer text."
            )
        parts = split(pieces)
    facts = {
        "source": f"{path.resolve()}" + (f" (the first {MOST} bytes)" if cut else ""),
        "files": len(documents),
        "split": f"by {unit}: no {unit} is in two parts",
    }
    return ByteLanguageModel(f"text:{argument}", parts, facts=facts)


def _read(path: Path) -> Iterator[Document]:
    """The file, or every text-like file below the folder, in order of name."""
    if not path.is_dir():
        text = _content(path)
        if b"\0" in text:
            raise UsageError(
                f'Task text:{path}: "{path}" contains zero bytes, so it is no text; '
                "give a text file or a folder of them."
            )
        yield Document(path.name, text)
        return
    if not os.access(path, os.R_OK | os.X_OK):
        raise UsageError(f'Task text:{path}: folder "{path}" cannot be read; change its mode.')
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = Path(folder, name)
            if not name.startswith(".") and file.is_file():
                text = _content(file)
                if b"\0" not in text:
                    yield Document(file.relative_to(path).as_posix(), text)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MOST)
    except OSError as error:
        raise UsageError(
            f'Task text: "{path}" cannot be read ({error.strerror}); give a readable text file.'
        ) from error


def _limited(documents: Iterator[Document]) -> tuple[list[Document], bool]:
    """Different documents up to ``MOST`` bytes, and whether something was left out."""
    kept: list[Document] = []
    total = 0
    for document in documents:
        if total + len(document.text) > MOST:
            return distinct(kept), True
        total += len(document.text)
        kept.append(document)
    return distinct(kept), total == MOST
