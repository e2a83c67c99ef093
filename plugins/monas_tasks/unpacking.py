"""Texts that do not lie open: compressed files, and files of records (JSON lines, Parquet).

They are written down once, as open text with the ends of its documents, in the cache; from then
on they are read like any other file. A record is a document. Small compressed files are opened in
memory each time: of thousands of them, looking into the cache would take longer.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from monas_core.errors import MonasError, UsageError
from monas_core.extras import require_packages
from monas_core.files import parse_json
from monas_core.progress import preparing
from monas_tasks.cache import Cache, key_of

_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_PACKING_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zstd")
_LINES = (".jsonl", ".ndjson")
_PARQUET = b"PAR1"
_EXTRA = {"pyarrow": "monas[tables]"}
_READ = 1 << 20
_SMALL = 1 << 20
"""Bytes of a compressed file up to which it is opened in memory."""


@attrs.frozen
class Unpacked:
    """Open text.

    Attributes:
        path: Where it lies; of one in memory, where it came from.
        ends: Of each record, in bytes from the beginning, ``(n,)`` int64; ``None`` where it is
            one document.
        text: It, where it is in memory.
    """

    path: Path
    ends: NDArray[np.int64] | None = attrs.field(default=None, repr=False, eq=False)
    text: bytes | None = attrs.field(default=None, repr=False)


class Damaged(Exception):  # noqa: N818 - an answer, not a fault
    """A packed file that cannot be opened, and why."""


class Unpacker:
    """Opens what is packed.

    Args:
        column: Where the text of a record is; "" reads JSON lines as they are.
        cache: Where open text is kept.
    """

    def __init__(self, column: str, cache: Cache) -> None:
        self._column, self._cache = column, cache

    def packed(self, file: Path, begin: bytes) -> bool:
        """Whether a file that begins so is to be opened here."""
        return _packing(begin) is not None or self._records(file, begin)

    def _records(self, file: Path, begin: bytes) -> bool:
        return begin.startswith(_PARQUET) or bool(self._column and _suffix(file) in _LINES)

    def open(self, file: Path, begin: bytes) -> Unpacked:
        """The open text of a file.

        Raises:
            Damaged: It is.
            UsageError: Its records have no text where it was looked for.
        """
        packing, records = _packing(begin), self._records(file, begin)
        column = self._column if records else ""

        def make(folder: Path) -> dict[str, Any]:
            texts = self._texts(file, begin, packing, records=records)
            return {"documents": written(folder, texts)}

        if begin.startswith(_PARQUET) or packing == "zstd":
            require_packages(f'Reading "{file}"', _EXTRA)
        try:
            if not records and file.stat().st_size <= _SMALL:
                pieces = self._texts(file, begin, packing, records=False)
                return Unpacked(file, text=b"".join(piece for piece, _ in pieces))
            folder, _ = self._cache.entry("texts", key_of("1", _digest(file), column), make)
        except MonasError:
            raise
        except (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError) as error:
            reason = " ".join(str(error).split())[:120]
            kind = packing or "parquet"
            raise Damaged(f"packed as {kind} and damaged ({reason})") from error
        ends = np.fromfile(folder / "ends", dtype=np.int64)
        return Unpacked(folder / "text", ends if records else None)

    def _texts(
        self, file: Path, begin: bytes, packing: str | None, *, records: bool
    ) -> Iterator[tuple[bytes, bool]]:
        """Pieces of text, each with whether a document ends with it."""
        if begin.startswith(_PARQUET):
            yield from _column_of(file, self._column or "text")
            return
        done = preparing(f"unpacking {file.name}", file.stat().st_size)
        with file.open("rb") as raw, _stream(raw, packing) as stream:
            if records:
                for number, line in enumerate(stream, 1):
                    if line.strip():
                        yield _field(line, self._column, file, number), True
                    done(raw.tell())
                return
            while piece := stream.read(_READ):
                done(raw.tell())
                yield piece, False
            yield b"", True


def _suffix(file: Path) -> str:
    name = Path(file.name.lower())
    return Path(name.stem).suffix if name.suffix in _PACKING_SUFFIXES else name.suffix


def _packing(begin: bytes) -> str | None:
    return next((name for mark, name in _PACKED.items() if begin.startswith(mark)), None)


def _stream(raw: BinaryIO, packing: str | None) -> BinaryIO:
    if packing == "zstd":
        import pyarrow as pa

        opened = pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd")
        return cast("BinaryIO", io.BufferedReader(cast("Any", opened), _READ))
    openers: dict[str | None, Any] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
    return openers[packing](raw) if packing else raw


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def written(folder: Path, texts: Iterator[tuple[bytes, bool]]) -> int:
    """Write documents one after the other, and where they end; their number."""
    size, ends = 0, list[int]()
    with (folder / "text").open("wb") as stream:
        for piece, complete in texts:
            stream.write(piece)
            size += len(piece)
            if complete:
                ends.append(size)
    np.array(ends, dtype=np.int64).tofile(folder / "ends")
    return len(ends)


def _field(line: bytes, column: str, file: Path, number: int) -> bytes:
    """The text of a record. Raises UsageError where there is none."""
    where = f'Task text: line {number} of "{file}"'
    try:
        record = parse_json(line)
    except ValueError as error:
        raise UsageError(
            f"{where} is no JSON ({error}); repair it, or read the file as it is with "
            "options.task.column=''."
        ) from error
    text = record.get(column) if isinstance(record, dict) else None
    if not isinstance(text, str):
        known = ", ".join(key for key, value in record.items() if isinstance(value, str)) if (
            isinstance(record, dict)
        ) else ""  # fmt: skip
        raise UsageError(
            f'{where} has no text "{column}" (it has: {known or "none"}); name the column with '
            "options.task.column=NAME."
        )
    return text.encode("utf-8", "replace")


def _column_of(file: Path, column: str) -> Iterator[tuple[bytes, bool]]:
    """The texts of a column. Raises UsageError where there is no such column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.ParquetFile(file)
    kinds: dict[str, Any] = dict(
        zip(table.schema_arrow.names, table.schema_arrow.types, strict=True)
    )
    texts = [
        n for n, kind in kinds.items() if pa.types.is_string(kind) or pa.types.is_large_string(kind)
    ]
    if column not in texts:
        raise UsageError(
            f'Task text: "{file}" has no column of text "{column}" (it has: '
            f"{', '.join(texts) or 'none'}); name the column with options.task.column=NAME."
        )
    rows = 0
    done = preparing(f"unpacking {file.name}", table.metadata.num_rows)
    for batch in table.iter_batches(1024, columns=[column]):
        rows += batch.num_rows
        done(rows)
        for text in batch.column(0).to_pylist():
            if text is not None:
                yield text.encode("utf-8", "replace"), True
