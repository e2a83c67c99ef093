"""A text data set of the Hugging Face hub, through ``datasets``, where it lies here: ``hf:NAME``.

Nothing is fetched: what was loaded on this machine before is in its cache, and a folder in the
hub's layout is a data set, too.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from monas_core.errors import UsageError
from monas_core.extras import require_packages
from monas_core.progress import preparing
from monas_tasks.cache import Cache, key_of
from monas_tasks.files import Found, TextFile
from monas_tasks.language_model import LanguageModel
from monas_tasks.options import HubOptions
from monas_tasks.text import task_over
from monas_tasks.unpacking import written

_ROWS = 1_000
"""Rows that are read at once."""


def load(argument: str | None = None, *, options: HubOptions | None = None) -> LanguageModel:
    """The task ``hf:NAME``; parts as the data set names them, else split by row.

    Raises:
        UsageError: No name, no such data set here, or it has no such column of text.
    """
    if not argument:
        raise UsageError('Task "hf" needs the name of a data set, got none; write hf:NAME.')
    require_packages('Task "hf"', {"datasets": "monas[datasets]"})
    options = options or HubOptions()
    parts = _loaded(argument, options)
    cache, share = Cache(options.cache), options.bytes // max(1, len(parts))
    files = [
        _streamed(name, rows, options.column, share)
        if options.streaming
        else _kept(name, rows, options.column, cache)
        for name, rows in parts.items()
    ]
    found = Found([file for file in files if file.size])
    return task_over(found, f"hf:{argument}", "the data set", options, ("", ""))


def _loaded(name: str, options: HubOptions) -> Mapping[str, Any]:
    """The parts of a data set, each with the column that is wanted."""
    datasets = _offline()
    try:
        parts = datasets.load_dataset(name, options.config or None, streaming=options.streaming)
    except Exception as error:  # it fails in every way: names, files, formats, scripts
        reason = " ".join(str(error).split())[:160]
        raise UsageError(
            f"Task hf:{name}: there is no such data set in the local cache ({reason}); load it "
            f"once with datasets.load_dataset({name!r}) where there is a network, give its "
            "options.task.config, or write text:PATH for files of your own."
        ) from error
    for part, rows in parts.items():
        kinds = rows.features or {}
        texts = [n for n, kind in kinds.items() if getattr(kind, "dtype", "") in _TEXT]
        if kinds and options.column not in texts:
            raise UsageError(
                f'Task hf:{name}: part {part} has no column of text "{options.column}" (it has: '
                f"{', '.join(texts) or 'none'}); name the column with options.task.column=NAME."
            )
    return parts


_TEXT = ("string", "large_string")


def _offline() -> Any:
    """The library, kept from the network, also where it was imported before."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    datasets: Any = importlib.import_module("datasets")
    hub: Any = importlib.import_module("huggingface_hub")
    for constants in (datasets.config, hub.constants):
        constants.HF_HUB_OFFLINE = True
    datasets.disable_progress_bars()
    return datasets


def _kept(name: str, rows: Any, column: str, cache: Cache) -> TextFile:
    """A part as open text in the cache."""

    def make(folder: Path) -> dict[str, Any]:
        done = preparing(f"reading the part {name}", len(rows))
        return {"documents": written(folder, _texts(rows, column, done))}

    folder, _ = cache.entry("texts", key_of("hub 1", rows._fingerprint, column), make)
    ends = np.fromfile(folder / "ends", dtype=np.int64)
    return TextFile(name, folder / "text", (folder / "text").stat().st_size, ends)


def _streamed(name: str, rows: Any, column: str, most: int) -> TextFile:
    """A part from its beginning, in memory."""
    found, ends = bytearray(), list[int]()
    done = preparing(f"reading the part {name}", most)
    for text, _ in _texts(rows, column, lambda _: None):
        if len(found) + len(text) > most:
            break
        found += text
        ends.append(len(found))
        done(len(found))
    return TextFile(name, Path(name), len(found), np.array(ends, dtype=np.int64), bytes(found))


def _texts(rows: Any, column: str, done: Any) -> Iterator[tuple[bytes, bool]]:
    count = 0
    for several in rows.select_columns([column]).iter(_ROWS):
        count += len(several[column])
        done(count)
        for text in several[column]:
            if text:
                yield str(text).encode("utf-8", "replace"), True
