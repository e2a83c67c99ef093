"""Columns of parquet files, read and checked; what they mean is the problems' business."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from monas_core.errors import UsageError

Kind = Literal["integer", "number", "flag", "list"]
"""What a column must hold; a number is floating point, a list holds integers."""
Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

ABSENT = -1
"""Filler of lists that are shorter than the longest."""

_IS = {
    "integer": pa.types.is_integer,
    "number": pa.types.is_floating,
    "flag": pa.types.is_boolean,
    "list": lambda kind: _is_list(kind) and pa.types.is_integer(kind.value_type),
}


def _is_list(kind: Any) -> bool:
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in tests)


class Parquet:
    """One file of a folder; columns are read when asked for.

    Raises:
        UsageError: Folder or file is missing, unreadable or without rows.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = required(folder, name)
        try:
            file = pq.ParquetFile(self.path)
            self._types = {field.name: field.type for field in file.schema_arrow}
            self.length: int = file.metadata.num_rows
        except (OSError, pa.ArrowException) as error:
            raise UsageError(
                f"{self.path} is no readable parquet file ({str(error).splitlines()[0]}); "
                "copy it again."
            ) from error
        if self.length == 0:
            raise UsageError(f"{self.path} has no rows; copy the complete table again.")

    def names(self) -> list[str]:
        """All columns, in the file's order."""
        return list(self._types)

    def numbers(self, names: Iterable[str]) -> list[str]:
        """Those of some columns that hold floating-point numbers."""
        return [name for name in names if _IS["number"](self._types[name])]

    def read(self, columns: Mapping[str, Kind]) -> dict[str, NDArray[Any]]:
        """Columns as arrays: int64 or bool ``(n,)``, float64 ``(n,)`` with NaN where empty.

        A column of lists becomes int64 ``(n, longest)``, filled up with ``ABSENT``.

        Raises:
            UsageError: A column is missing, has another type, or an entry that may not be empty is.
        """
        for name, kind in columns.items():
            self._check(name, kind)
        table = pq.read_table(self.path, columns=list(columns))
        return {name: self._array(table.column(name), name, columns[name]) for name in columns}

    def _check(self, name: str, kind: Kind) -> None:
        if name not in self._types:
            raise UsageError(
                f'{self.path} has no column "{name}" ({kind}); it has: '
                f"{', '.join(self._types)}. Use the published file."
            )
        if not _IS[kind](self._types[name]):
            raise UsageError(
                f'Column "{name}" of {self.path} must hold {_wording(kind)}, not '
                f"{self._types[name]}; use the published file."
            )

    def _array(self, column: pa.ChunkedArray, name: str, kind: Kind) -> NDArray[Any]:
        joined = column.combine_chunks()
        if kind == "number":
            return np.asarray(joined.cast(pa.float64()).to_numpy(zero_copy_only=False))
        if joined.null_count:
            raise UsageError(
                f'Column "{name}" of {self.path} has {joined.null_count} empty entries, but every '
                "row needs one; remove those rows."
            )
        if kind == "list":
            return _padded(joined)
        return joined.to_numpy(zero_copy_only=False).astype(bool if kind == "flag" else np.int64)


def required(folder: Path, name: str) -> Path:
    """The path of a file that must be there. Raises UsageError naming file and folder."""
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is no folder; give the folder that holds the published tables ({name}, ...)."
        )
    path = folder / name
    if not path.is_file():
        raise UsageError(
            f"The folder {folder} has no file {name}; give the folder of the published tables."
        )
    return path


def check_magnitude(path: Path, name: str, values: Numbers, low: float, high: float) -> None:
    """Refuse a column whose middle value cannot be in the unit it should be in.

    Args:
        path: File, for the message.
        name: Column.
        values: Any shape; what is not finite is ignored.
        low: Least believable median.
        high: Largest believable median.

    Raises:
        UsageError: Nothing is finite, or the median is out of bounds.
    """
    known = values[np.isfinite(values)]
    if len(known) == 0:
        raise UsageError(
            f'Column "{name}" of {path} holds no number at all; remove the column or copy the '
            "file again."
        )
    middle = float(np.median(known))
    if not low <= middle <= high:
        raise UsageError(
            f'Column "{name}" of {path} has the median {middle:.6g}, but between {low:g} and '
            f"{high:g} is expected; is it in another unit?"
        )


def check_distinct(path: Path, name: str, keys: Sequence[int] | Integers) -> None:
    """Refuse a key column with an entry that occurs twice."""
    found, counts = np.unique(np.asarray(keys), return_counts=True)
    if counts.max() > 1:
        raise UsageError(
            f'Column "{name}" of {path} has {found[counts > 1][0]} in more than one row; '
            "keep one row of each."
        )


def check_options(path: Path, name: str, values: Integers, options: Sequence[int]) -> Integers:
    """Positions of values among ascending options, any shape.

    Raises:
        UsageError: A value is no option.
    """
    known = np.asarray(options)
    found = np.searchsorted(known, values).clip(max=len(known) - 1)
    strange = known[found] != values
    if strange.any():
        raise UsageError(
            f'Column "{name}" of {path} holds {values[strange][0]}; allowed are '
            f"{', '.join(map(str, options))}. Use the published file."
        )
    return found


def positions(keys: Integers, wanted: Integers) -> Integers:
    """Where each wanted key is among distinct keys, ``ABSENT`` where it is not."""
    order = np.argsort(keys)
    slots = np.searchsorted(keys[order], wanted).clip(max=len(keys) - 1)
    found = order[slots]
    return np.where(keys[found] == wanted, found, ABSENT)


def _padded(column: pa.Array) -> Integers:
    """Lists as one array ``(n, longest)``."""
    lengths = np.asarray(column.value_lengths().to_numpy(zero_copy_only=False), dtype=np.int64)
    filled = np.full((len(lengths), int(lengths.max())), ABSENT, dtype=np.int64)
    filled[np.arange(filled.shape[1]) < lengths[:, None]] = column.flatten().to_numpy(
        zero_copy_only=False
    )
    return filled


def _wording(kind: Kind) -> str:
    words = {"number": "floating-point numbers", "flag": "true or false", "list": "integer lists"}
    return words.get(kind, "integers")
