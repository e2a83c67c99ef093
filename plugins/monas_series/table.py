"""Columns of a CSV or Parquet file; a cell that is no number is told with its line."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from monas_core.errors import UsageError
from monas_core.extras import require_packages

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet")
Numbers = NDArray[np.float32]


@attrs.frozen(eq=False)
class Table:
    """A file, column by column.

    Attributes:
        path: Where it lies.
        columns: Cells by name of column: texts of a CSV file, an array of a Parquet file.
        lines: Line of each row, for messages; rows are counted where there are none.
        digest: Of the file.
    """

    path: Path
    columns: dict[str, Any]
    lines: Sequence[int]
    digest: str

    def __len__(self) -> int:
        return len(self.lines)

    def numbers(self, name: str) -> Numbers:
        """A column as numbers, ``(rows,)``. Raises UsageError naming the first that is none."""
        cells = self.columns[name]
        if isinstance(cells, np.ndarray) and cells.dtype.kind in "fiub":
            found = cells.astype(np.float32)
        else:
            found = np.fromiter((_number(cell) for cell in cells), np.float32, len(cells))
        bad = np.flatnonzero(~np.isfinite(found))
        if len(bad):
            cell = str(cells[bad[0]])
            shown = f'"{cell:.40}"' if cell else "empty"
            raise UsageError(
                f'{self.path}, line {self.lines[bad[0]]}: column "{name}" is {shown}, which is no '
                "finite number; mend or remove the line, or choose the columns with "
                "options.task.columns."
            )
        return found

    def texts(self, name: str) -> list[str]:
        """A column as texts. Raises UsageError for a cell that is empty."""
        found = [_text(cell) for cell in self.columns[name]]
        if "" in found:
            raise UsageError(
                f'{self.path}, line {self.lines[found.index("")]}: column "{name}" is empty; '
                "every row needs one."
            )
        return found


def read(path: Path, who: str) -> Table:
    """A file with all its columns.

    Raises:
        UsageError: It cannot be read, has no header, no rows, or a row of another length.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f'{who}: "{path}" cannot be read ({error.strerror}).') from error
    digest = hashlib.sha256(content).hexdigest()
    if path.suffix.lower() == ".parquet":
        return _parquet(path, who, digest)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f'{who}: "{path}" is no text in UTF-8 (byte {error.start}); give a CSV file in UTF-8, '
            "or a .parquet file."
        ) from error
    return _csv(path, who, text, digest)


def _csv(path: Path, who: str, text: str, digest: str) -> Table:
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names, rows, numbers = _rows(path, who, reader)
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: {error}; mend the line.") from error
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    return Table(path, columns, numbers, digest)


def _rows(path: Path, who: str, reader: Any) -> tuple[list[str], list[list[str]], list[int]]:
    """Names of the columns, rows that are not blank, and their lines."""
    names = [name.strip() for name in next(reader, [])]
    _check_names(path, who, names)
    rows: list[list[str]] = []
    numbers: list[int] = []
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(names):
            raise UsageError(
                f"{path}, line {reader.line_num}: {len(row)} cells, the header names {len(names)} "
                "columns; mend or remove the line."
            )
        rows.append(row)
        numbers.append(reader.line_num)
    if not rows:
        raise UsageError(f'{who}: "{path}" has a header and no rows; give recorded data.')
    return names, rows, numbers


def _parquet(path: Path, who: str, digest: str) -> Table:
    require_packages(f'{who}: "{path.name}"', {"pyarrow": "monas[tables]"})
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f'{who}: "{path}" is no readable parquet file ({reason:.100}).') from error
    _check_names(path, who, table.column_names)
    if not table.num_rows:
        raise UsageError(f'{who}: "{path}" has no rows; give recorded data.')
    columns = {name: _cells(table.column(name)) for name in table.column_names}
    return Table(path, columns, range(1, table.num_rows + 1), digest)


def _cells(column: Any) -> Any:
    """Numbers as an array, with NaN for what is missing; all else as a list."""
    found = column.to_numpy()
    return found if found.dtype.kind in "fiub" else column.to_pylist()


def _check_names(path: Path, who: str, names: Sequence[str]) -> None:
    if not names:
        raise UsageError(f'{who}: "{path}" is empty; the first line names the columns.')
    if all(_number(name) == _number(name) for name in names):
        raise UsageError(
            f'{who}: the first line of "{path}" holds numbers alone; it must name the columns.'
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f'{who}: "{path}" has two columns "{twice}"; give them different names.')


def _number(cell: Any) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return math.nan


def _text(cell: Any) -> str:
    if cell is None or cell != cell:  # parquet files have missing cells
        return ""
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))  # a column of whole numbers with a gap is read as floats
    return str(cell).strip()
