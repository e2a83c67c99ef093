"""A person's own file or folder as a text to learn from: ``text:PATH``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from monas_core.errors import UsageError
from monas_core.parts.task import Part
from monas_core.values.data import DataRecord, Item, Source, mark_lines
from monas_tasks import files
from monas_tasks.cache import Cache
from monas_tasks.coding import language_model
from monas_tasks.corpus import FEWEST, PARTS, Document, blocks, distinct, pieces, split
from monas_tasks.language_model import LanguageModel
from monas_tasks.options import CONTEXT, TextOptions
from monas_tasks.unpacking import Unpacker

BLOCK = 4 * (CONTEXT + 1)
"""Smallest block, and smallest part, in bytes."""
_MARKED = 16_000_000
"""Bytes of text up to which a run remembers every line."""


@attrs.frozen
class _Corpus:
    """Parts, and how they came about."""

    parts: Mapping[Part, list[Document]]
    split: str
    notes: tuple[str, ...]


def load(argument: str | None = None, *, options: TextOptions | None = None) -> LanguageModel:
    """The task ``text:PATH``; split as files are named, by files, or by blocks of few files.

    Raises:
        UsageError: No path, nothing there, not readable, not text, or too little of it.
    """
    if not argument:
        raise UsageError('Task "text" needs a file or folder, got none; write text:PATH.')
    options = options or TextOptions()
    path = Path(argument).expanduser()
    if not path.exists():
        raise UsageError(
            f'Task text:{argument}: there is no file or folder "{path}"; check the path.'
        )
    found = files.find(path, Unpacker(options.column, Cache(options.cache)))
    place = (argument, str(path.absolute()))
    return task_over(found, f"text:{argument}", f'"{path}"', options, place)


def task_over(
    found: files.Found, name: str, what: str, options: TextOptions, place: tuple[str, str]
) -> LanguageModel:
    """The task over some files.

    Args:
        found: The files.
        name: Of the task.
        what: They are, for messages.
        options: Of the task.
        place: What was typed and where that is, both empty for what is installed.

    Raises:
        UsageError: Too little text, or no tokens can be made of it.
    """
    total = sum(file.size for file in found.files)
    use = files.shares(found.files, options.bytes)
    mapped = sum(use.values()) > options.memory
    texts = {file.name: files.read(file, use[file.name], mapped=mapped) for file in found.files}
    corpus = _divided(found, texts, f"Task {name}: {what}", mapped=mapped)
    used = sum(len(d.text) for part in corpus.parts.values() for d in part)
    facts = {
        "source": str(Path(place[1]).resolve()) if place[1] else name,
        "files": len(found.files),
        "bytes found": total,
        "bytes used": used,
        "split": corpus.split,
        **({"left out": found.why()} if found.left_out else {}),
        **({"notes": "; ".join(corpus.notes)} if corpus.notes else {}),
    }
    notes = corpus.notes
    if total > sum(use.values()):
        notes = (f"{used} of {total} bytes are used, a share of every file", *notes)
    if found.left_out:
        notes = (*notes, f"{found.why()}; left out")
    data = DataRecord(
        sources=(Source(*place, "file", _items(texts)),),
        parts={part: sum(len(d.text) for d in corpus.parts[part]) for part in PARTS},
        unit="bytes",
        left_out=found.left_out,
        notes=notes,
    )
    return language_model(name, corpus.parts, options, facts=facts, data=data, mapped=mapped)


def _divided(
    found: files.Found, texts: Mapping[str, list[Document]], name: str, *, mapped: bool
) -> _Corpus:
    """The parts. Raises UsageError where there is too little text for them."""
    named = files.roles(found.files)
    if named is not None:
        return _as_named(named, texts, name, mapped=mapped)
    documents = distinct(d for of in texts.values() for d in of)
    records = any(file.records for file in found.files)
    if (records or len(texts) >= FEWEST) and len(documents) >= FEWEST:
        parts = split(documents)
        if min(sum(len(d.text) for d in part) for part in parts.values()) >= BLOCK:
            kind = "document" if records else "file"
            return _Corpus(parts, f"by {kind}: no {kind} is in two parts", ())
    cut = _blocks(documents, mapped=mapped)
    if len(cut) < FEWEST:
        size = sum(len(document.text) for document in documents)
        beside = f" ({found.why()})" if found.left_out else ""
        raise UsageError(
            f"{name} holds {size} bytes of text in {len(cut)} different blocks of {BLOCK} "
            f"bytes{beside}, at least {FEWEST} are needed to split it into three parts; give a "
            "longer text."
        )
    return _Corpus(split(cut), "by block: no block is in two parts", ())


def _blocks(documents: Sequence[Document], *, mapped: bool) -> list[Document]:
    """Different blocks; those of mapped documents are cut where they lie."""
    return distinct(pieces(documents, BLOCK) if mapped else blocks(documents, BLOCK))


def _as_named(
    named: Mapping[str, Sequence[files.TextFile]],
    texts: Mapping[str, list[Document]],
    name: str,
    *,
    mapped: bool,
) -> _Corpus:
    """Train, valid and test as files are named; what is missing is held back from train."""
    given = {kind: distinct(d for f in of for d in texts[f.name]) for kind, of in named.items()}
    test = given["test"] if "test" in given else given["valid"]
    search = given["valid"] if "test" in given and "valid" in given else []
    judged = {_key(document) for document in (*test, *search)}
    train = [document for document in given["train"] if _key(document) not in judged]
    split_by = "as the files are named"
    if not search:
        records = any(file.records for file in named["train"])
        cut = train if records else _blocks(train, mapped=mapped)
        dealt = split(cut) if len(cut) >= FEWEST else {"train": [], "search": [], "test": []}
        train, search = [*dealt["train"], *dealt["test"]], dealt["search"]
        kind = "document" if records else "block"
        split_by += f"; one {kind} of ten of train is searched with"
    parts: dict[Part, list[Document]] = {"train": train, "search": search, "test": test}
    for part, documents in parts.items():
        size = sum(len(document.text) for document in documents)
        if size < BLOCK:
            raise UsageError(
                f"{name} has files named like parts, and the {part} part holds {size} bytes, at "
                f"least {BLOCK} are needed; give more text, or name the files otherwise."
            )
    beside = sorted(texts.keys() - {file.name for of in named.values() for file in of})
    notes = (f"beside the parts and not used: {', '.join(beside[:5])}",) if beside else ()
    return _Corpus(parts, split_by, notes)


def _key(document: Document) -> bytes:
    return hashlib.sha256(document.text).digest()


def _items(texts: Mapping[str, list[Document]]) -> dict[str, Item]:
    """What a run remembers of the files: digests of what was used, and of each line of few."""
    total = sum(len(document.text) for of in texts.values() for document in of)
    few = total <= _MARKED and len(texts) <= FEWEST
    found: dict[str, Item] = {}
    for name, of in texts.items():
        digest = hashlib.sha256()
        for document in of:
            digest.update(document.text)
        lines = bytes(of[0].text).split(b"\n") if few and len(of) == 1 else []
        size = sum(len(document.text) for document in of)
        found[name] = Item(
            digest.hexdigest(), len(lines) or size, mark_lines(lines) if lines else ""
        )
    return found
