"""The Python standard library of the running interpreter as a text to learn from.

It is on every machine, real, and several megabytes. Left out: third-party
packages, test folders (mostly data and repetition) and what exceeds the limits.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sysconfig
from pathlib import Path

from monas_core.errors import UsageError
from monas_core.values.data import DataRecord, Item, Source
from monas_tasks.coding import language_model
from monas_tasks.corpus import FEWEST, Document, distinct, shuffled, split
from monas_tasks.language_model import LanguageModel
from monas_tasks.options import TokenOptions

SKIPPED = frozenset(
    {"site-packages", "dist-packages", "test", "tests", "idle_test", "lib2to3", "__pycache__"}
)
MOST_PER_FILE = 200_000
"""Bytes read of one file, so that no file dominates the part it falls into."""
MOST = 12_000_000
"""Bytes read in all."""


def load(argument: str | None = None, *, options: TokenOptions | None = None) -> LanguageModel:
    """The task ``pystdlib``.

    Raises:
        UsageError: An argument was given, this Python comes without source files, or there is no
            such tokenizer.
    """
    if argument is not None:
        raise UsageError(
            f'Task "pystdlib" takes no argument, got "{argument}"; '
            "for a text of your own write text:PATH."
        )
    root = Path(sysconfig.get_path("stdlib"))
    documents = stdlib_documents(root)
    if len(documents) < FEWEST:
        raise UsageError(
            f'Task "pystdlib" found {len(documents)} source files in {root}, it needs {FEWEST}; '
            "this Python was installed without them: use --task text:PATH."
        )
    facts = {
        "source": "source files (*.py) of the Python standard library, tests left out",
        "python": platform.python_version(),
        "folder": str(root),
        "split": "by file: no file is in two parts",
    }
    parts = split(documents)
    digest = hashlib.sha256(b"".join(d.text for part in parts.values() for d in part)).hexdigest()
    name = f"standard library of Python {platform.python_version()}"
    data = DataRecord(
        sources=(Source("", "", "file", {name: Item(digest, len(documents))}),),
        parts={part: sum(len(d.text) for d in found) for part, found in parts.items()},
        unit="bytes",
    )
    return language_model("pystdlib", parts, options or TokenOptions(), facts=facts, data=data)


def stdlib_documents(root: Path | None = None) -> list[Document]:
    """The source files below ``root``, in shuffled order, up to the limits."""
    root = root or Path(sysconfig.get_path("stdlib"))
    found: list[Document] = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(set(folders) - SKIPPED)
        for name in files:
            if name.endswith(".py"):
                path = Path(folder, name)
                try:
                    with path.open("rb") as stream:
                        text = stream.read(MOST_PER_FILE)
                except OSError:  # a file only the administrator may read is no loss
                    continue
                found.append(Document(path.relative_to(root).as_posix(), text))
    # by name first: which of two equal files stays must not depend on the file system
    found = distinct(sorted(found, key=lambda document: document.name))
    kept, total = [], 0
    for document in shuffled(found):
        total += len(document.text)
        if total > MOST:
            break
        kept.append(document)
    return kept
