"""Which files a text consists of, how much of each is used, and which part its name says."""

from __future__ import annotations

import mmap
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import attrs
import numpy as np
from numpy.typing import NDArray

from monas_core.errors import UsageError
from monas_tasks.cache import Cache
from monas_tasks.corpus import Document
from monas_tasks.unpacking import Damaged, Unpacker

_SNIFFED = 1 << 16
_WHOLE = 1 << 16
"""Bytes up to which a file is used whole, however large the text is."""
_STRETCHES = 16
"""Pieces, evenly spread, that a share of a large file consists of."""
_STRAY = 0.1
"""Share of a text that may lie in files beside those named like parts, such as a README."""
_ZIP = b"PK\x03\x04"
_WORDS = {
    **dict.fromkeys(("train", "training", "trn"), "train"),
    **dict.fromkeys(("valid", "validation", "validate", "val"), "valid"),
    **dict.fromkeys(("dev", "devel", "development"), "valid"),
    **dict.fromkeys(("test", "testing", "tst", "testset", "heldout", "holdout"), "test"),
}


@attrs.frozen
class TextFile:
    """A file of text.

    Attributes:
        name: Below the folder that was named.
        path: Where its text lies open, links followed.
        size: Of the text, in bytes.
        ends: Of each record in it, ``(n,)``, where it consists of some.
        text: It, where it does not lie open and is in memory now.
    """

    name: str
    path: Path
    size: int
    ends: NDArray[np.int64] | None = attrs.field(default=None, repr=False, eq=False)
    text: bytes | None = attrs.field(default=None, repr=False)

    @property
    def records(self) -> bool:
        """Whether it consists of several documents."""
        return self.ends is not None


@attrs.define
class Found:
    """Files of a text, and what lies beside them and is no text."""

    files: list[TextFile] = attrs.field(factory=list)
    left_out: dict[str, str] = attrs.field(factory=dict)

    def why(self) -> str:
        """What was left out, in a sentence."""
        reasons = Counter(self.left_out.values())
        return ", ".join(
            f"{count} {'entry is' if count == 1 else 'entries are'} {reason}"
            for reason, count in reasons.most_common()
        )


def find(path: Path, unpacker: Unpacker | None = None) -> Found:
    """The file, or every text file below the folder, links followed, in order of name.

    Args:
        path: Of the file or folder.
        unpacker: Opens what is packed.

    Raises:
        UsageError: Nothing can be read there, or the file is no text.
    """
    unpacker = unpacker or Unpacker("text", Cache())
    found = Found()
    if not path.is_dir():
        file = _text_file(path.name, path, unpacker)
        if isinstance(file, str):
            raise UsageError(
                f'Task text:{path}: "{path}" is {file}, so it is no text; '
                "give a text file or a folder of them."
            )
        found.files.append(file)
        return found
    if not os.access(path, os.R_OK | os.X_OK):
        raise UsageError(f'Task text:{path}: folder "{path}" cannot be read; change its mode.')
    seen: set[tuple[int, int]] = set()
    for file in _walk(path, set(), found, path):
        name = file.relative_to(path).as_posix()
        try:
            status = file.stat()
        except OSError:
            found.left_out[name] = "a link that leads nowhere"
            continue
        if (status.st_dev, status.st_ino) in seen:  # reached by two ways
            continue
        seen.add((status.st_dev, status.st_ino))
        text = _text_file(name, file, unpacker)
        if isinstance(text, str):
            found.left_out[name] = text
        elif text.size:
            found.files.append(text)
    return found


def _text_file(name: str, path: Path, unpacker: Unpacker) -> TextFile | str:
    """A file, opened where it is packed, or why it is no text."""
    begin = _begin(path)
    if not unpacker.packed(path, begin):
        return _fault(begin) or TextFile(name, path, path.stat().st_size)
    try:
        unpacked = unpacker.open(path, begin)
    except Damaged as fault:
        return str(fault)
    text = unpacked.text
    fault = _fault(_begin(unpacked.path) if text is None else text[:_SNIFFED])
    size = unpacked.path.stat().st_size if text is None else len(text)
    return fault or TextFile(name, unpacked.path, size, unpacked.ends, text)


def _walk(folder: Path, entered: set[str], found: Found, root: Path) -> Iterator[Path]:
    """Files below a folder by name; links are followed, but not upwards and not twice."""
    real = os.path.realpath(folder)
    above = Path(real) in Path(os.path.realpath(folder.parent), "x").parents
    if entered and (real in entered or (folder.is_symlink() and above)):
        found.left_out[folder.relative_to(root).as_posix()] = "a link to what is read already"
        return
    if not os.access(folder, os.R_OK | os.X_OK):
        found.left_out[folder.relative_to(root).as_posix()] = "a folder that cannot be read"
        return
    entered.add(real)
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walk(entry, entered, found, root)
        elif entry.is_file() or entry.is_symlink():
            yield entry


def _begin(file: Path) -> bytes:
    with opened(file) as stream:
        return stream.read(_SNIFFED)


def _fault(begin: bytes) -> str:
    """Why a file that begins so is no text that can be used; empty for text."""
    if begin.startswith(_ZIP):
        return "a zip archive (unpack it)"
    if begin.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "in UTF-16 (convert it: iconv -f UTF-16 -t UTF-8)"
    return "binary: it contains zero bytes" if b"\0" in begin else ""


def opened(file: Path) -> BinaryIO:
    """A file to read from. Raises UsageError where that is not allowed."""
    try:
        return file.open("rb")
    except OSError as error:
        raise UsageError(
            f'Task text: "{file}" cannot be read ({error.strerror}); give a readable text file.'
        ) from error


def roles(files: Sequence[TextFile]) -> Mapping[str, list[TextFile]] | None:
    """The files of each part, where their names say so (``wiki.train.tokens``, ``valid/a.txt``).

    ``None`` where there are no such names, or where most of the text is called otherwise.
    """
    found: dict[str, list[TextFile]] = {"train": [], "valid": [], "test": []}
    named, stray = [_words(file) for file in files], 0
    # beside files for development, those for evaluation are the test; else it is the other word
    judged = "test" if any(_WORDS.get(word) == "valid" for of in named for word in of) else "valid"
    kinds_of = {**_WORDS, "eval": judged, "evaluation": judged}
    for file, words in zip(files, named, strict=True):
        kinds = {kinds_of[word] for word in words if word in kinds_of}
        if len(kinds) == 1:
            found[kinds.pop()].append(file)
        else:
            stray += file.size
    total = sum(file.size for file in files)
    if not found["train"] or not (found["valid"] or found["test"]) or stray > _STRAY * total:
        return None
    return {kind: of for kind, of in found.items() if of}


def _words(file: TextFile) -> list[str]:
    return re.split(r"[^a-z]+", file.name.lower())


def shares(files: Sequence[TextFile], most: int) -> dict[str, int]:
    """Bytes used of each file: all, or a share of each, small files whole, ``most`` in all."""
    total = sum(file.size for file in files)
    if total <= most:
        return {file.name: file.size for file in files}
    small = sum(file.size for file in files if file.size <= _WHOLE)
    if small >= most / 2:  # very many small files: a share of each like of the others
        return {file.name: max(1, file.size * most // total) for file in files}
    share = (most - small) / (total - small)
    return {
        file.name: file.size if file.size <= _WHOLE else int(file.size * share) for file in files
    }


def read(file: TextFile, use: int, *, mapped: bool) -> list[Document]:
    """A file as a document, evenly spread stretches of it as several, or its records.

    Args:
        file: Which.
        use: Bytes wanted of it.
        mapped: Leave the bytes in the file until they are looked at.
    """
    if file.text is not None and not file.records:
        return [Document(name, file.text[b:e]) for name, b, e in _stretches(file, use)]
    if file.text is not None:
        return _records(file, memoryview(file.text), use, mapped=True)
    with opened(file.path) as stream:
        if file.records:
            whole = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
            return _records(file, whole, use, mapped=mapped)
        if mapped:
            whole = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
        elif use >= file.size:
            return [Document(file.name, stream.read())]
        else:
            return [Document(name, _at(stream, b, e)) for name, b, e in _stretches(file, use)]
    return [Document(name, whole[begin:end]) for name, begin, end in _stretches(file, use)]


def _records(file: TextFile, whole: memoryview, use: int, *, mapped: bool) -> list[Document]:
    """Evenly spread records, ``use`` bytes in all."""
    found, taken, share = list[Document](), 0, use / file.size
    assert file.ends is not None
    for number, (begin, end) in enumerate(pairwise([0, *file.ends.tolist()])):
        if taken + end - begin <= share * end:
            taken += end - begin
            text = whole[begin:end]
            found.append(Document(f"{file.name} record {number}", text if mapped else bytes(text)))
    return found


def _stretches(file: TextFile, use: int) -> list[tuple[str, int, int]]:
    """Name, begin and end of what is used."""
    if use >= file.size:
        return [(file.name, 0, file.size)]
    count = max(1, min(_STRETCHES, use // 4096))
    length = use // count
    begins = [index * file.size // count for index in range(count)]
    return [(f"{file.name} from byte {begin}", begin, begin + length) for begin in begins]


def _at(stream: BinaryIO, begin: int, end: int) -> bytes:
    stream.seek(begin)
    return stream.read(end - begin)
