"""Reading columns, and one sentence for whatever is wrong with a file."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from monas_core.errors import UsageError
from monas_tables.parquet import (
    ABSENT,
    Parquet,
    check_distinct,
    check_magnitude,
    check_options,
    positions,
)


def test_columns_become_arrays(tmp_path, formats):
    columns = {
        "key": pa.array([3, 1], pa.int16()),
        "ms": pa.array([1.5, None], pa.float32()),
        "on": [True, False],
        "parts": pa.array([[1, 2, 3], [4]], pa.list_(pa.int8())),
        "unread": ["a", "b"],
    }
    formats.write(tmp_path, "t", columns)
    file = Parquet(tmp_path, "t.parquet")
    found = file.read({"key": "integer", "ms": "number", "on": "flag", "parts": "list"})
    assert list(found) == ["key", "ms", "on", "parts"]
    assert found["key"].tolist() == [3, 1]
    assert found["ms"][0] == 1.5
    assert np.isnan(found["ms"][1])
    assert found["on"].tolist() == [True, False]
    assert found["parts"].tolist() == [[1, 2, 3], [4, ABSENT, ABSENT]]
    assert file.numbers(file.names()) == ["ms"]


def test_missing_folder_and_file_are_named(tmp_path):
    with pytest.raises(UsageError, match="nowhere is no folder"):
        Parquet(tmp_path / "nowhere", "t.parquet")
    with pytest.raises(UsageError, match=rf"{tmp_path} has no file t\.parquet"):
        Parquet(tmp_path, "t.parquet")


def test_unreadable_and_empty_files_are_refused(tmp_path, formats):
    (tmp_path / "t.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(UsageError, match="no readable parquet file"):
        Parquet(tmp_path, "t.parquet")
    formats.write(tmp_path, "t", {"a": pa.array([], pa.int8())})
    with pytest.raises(UsageError, match="has no rows"):
        Parquet(tmp_path, "t.parquet")


def test_missing_columns_and_wrong_types_are_named(tmp_path, formats):
    formats.write(tmp_path, "t", {"a": [1, 2], "b": ["x", "y"], "c": pa.array([1, None])})
    file = Parquet(tmp_path, "t.parquet")
    with pytest.raises(UsageError, match=r'has no column "z".*it has: a, b, c'):
        file.read({"z": "integer"})
    with pytest.raises(UsageError, match=r'Column "b".*floating-point numbers, not string'):
        file.read({"b": "number"})
    with pytest.raises(UsageError, match=r'Column "c".*1 empty entries'):
        file.read({"c": "integer"})


def test_unbelievable_numbers_are_refused(tmp_path):
    check_magnitude(tmp_path, "ms", np.array([np.nan, 2.0]), 1, 3)
    with pytest.raises(UsageError, match="holds no number"):
        check_magnitude(tmp_path, "ms", np.array([np.nan]), 1, 3)
    with pytest.raises(UsageError, match=r"median 0.002.*another unit"):
        check_magnitude(tmp_path, "ms", np.array([0.002]), 1, 3)
    with pytest.raises(UsageError, match="7 in more than one row"):
        check_distinct(tmp_path, "key", [1, 7, 7])
    with pytest.raises(UsageError, match="holds 5; allowed are 2, 4"):
        check_options(tmp_path, "n", np.array([4, 5]), (2, 4))


def test_positions_of_keys():
    assert positions(np.array([5, 2, 9]), np.array([9, 5, 7, 100, 0])).tolist() == [
        2,
        0,
        ABSENT,
        ABSENT,
        ABSENT,
    ]
