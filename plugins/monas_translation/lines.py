"""Lines of a person's text files, packed or not, in UTF-8 or with a mark that says otherwise."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from monas_core.errors import UsageError
from monas_core.values.data import Item, mark_lines

MOST = 256_000_000
"""Bytes read of a file, unpacked."""
_PACKED: Mapping[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": gzip.decompress,
    b"BZh": bz2.decompress,
    b"\xfd7zXZ\0": lzma.decompress,
}
_FOREIGN = {
    b"PK\x03\x04": "a zip archive (or a document of an office program); unpack it and save as text",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it with zstd -d",
    b"%PDF": "a PDF document; save it as text",
    b"PAR1": "a Parquet table; write its two columns to text files",
}
_MARKS = {b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32", b"\xff\xfe": "utf-16",
          b"\xfe\xff": "utf-16"}  # fmt: skip


def read_lines(name: str, file: Path) -> list[str]:
    """The lines of a file, stripped.

    Args:
        name: How the task is written, for messages.
        file: Text, or text packed by gzip, bzip2 or xz.

    Raises:
        UsageError: Missing, not readable, no text, too large or empty.
    """
    text = _decoded(name, file, _content(name, file))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = [line.strip() for line in text.split("\n")]
    if lines[-1] == "":  # the end of the last line begins no other
        lines.pop()
    if not any(lines):
        raise UsageError(f"Task {name}: {file} is empty; give a file with a sentence per line.")
    return lines


def item(lines: list[str]) -> Item:
    """What a run remembers of some lines."""
    encoded = [line.encode() for line in lines]
    return Item(hashlib.sha256(b"\n".join(encoded)).hexdigest(), len(lines), mark_lines(encoded))


def _content(name: str, file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST + 1)
        unpack = next((of for mark, of in _PACKED.items() if content.startswith(mark)), None)
        if unpack is not None and len(content) <= MOST:
            content = unpack(content)
    except FileNotFoundError as error:
        raise UsageError(f'Task {name}: there is no file "{file}"; check the path.') from error
    except (EOFError, ValueError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise UsageError(
            f"Task {name}: {file} is packed and damaged ({error}); fetch it again."
        ) from error
    except OSError as error:
        raise UsageError(
            f"Task {name}: {file} cannot be read ({error.strerror or error}); give a readable "
            "text file."
        ) from error
    for mark, what in _FOREIGN.items():
        if content.startswith(mark):
            raise UsageError(f"Task {name}: {file} is {what}.")
    if len(content) > MOST:
        raise UsageError(
            f"Task {name}: {file} is larger than the {MOST} bytes that are read; shorten it."
        )
    return content


def _decoded(name: str, file: Path, content: bytes) -> str:
    encoding = next((of for mark, of in _MARKS.items() if content.startswith(mark)), "utf-8-sig")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UsageError(
            f"Task {name}: {file} is not UTF-8 text (line {line}); convert it, for example with "
            f"iconv -f ITS-ENCODING -t UTF-8."
        ) from error
