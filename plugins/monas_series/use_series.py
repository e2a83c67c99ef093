"""Shipped with networks for series: names or measures what a table of recorded rows shows."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def predict(
    model: Callable[[Any], Any], given: Sequence[str], usage: Mapping[str, Any], _folder: Path
) -> list[dict[str, Any]]:
    """What a network says of each file, window by window and in all.

    Args:
        model: From windows ``(1, C, W)`` float32 to logits or a standardised number ``(1, n)``.
        given: Paths of CSV files whose first line names the columns.
        usage: ``columns``, ``window``, ``stride``, ``mean``, ``deviation``, and ``classes`` or
            ``target``, ``target_mean`` and ``target_deviation``.
        _folder: Not needed.

    Returns:
        ``answer``: the class that is most probable in the mean, or the number at the end of the
        last window; ``windows``: the answer to each; of classes also ``classes``.

    Raises:
        ValueError: A file lacks a column, has a cell that is no number, or too few rows.
    """
    return [_told(model, path, usage) for path in given]


def _told(model: Callable[[Any], Any], path: str, usage: Mapping[str, Any]) -> dict[str, Any]:
    shown = windows(rows(path, usage["columns"]), usage)
    outputs = np.concatenate([np.asarray(model(one[None])) for one in shown]).astype(np.float64)
    if "classes" not in usage:
        numbers = (outputs[:, 0] * usage["target_deviation"] + usage["target_mean"]).tolist()
        return {"answer": numbers[-1], "target": usage["target"], "windows": numbers}
    weights = np.exp(outputs - outputs.max(1, keepdims=True))
    chances = weights / weights.sum(1, keepdims=True)
    names, mean = usage["classes"], chances.mean(0)
    return {
        "answer": names[int(mean.argmax())],
        "classes": {name: float(chance) for name, chance in zip(names, mean, strict=True)},
        "windows": [names[place] for place in chances.argmax(1)],
    }


def rows(path: str, columns: Sequence[str]) -> np.ndarray[Any, Any]:
    """The columns of a CSV file as numbers, ``(rows, C)`` float32."""
    text = Path(path).read_text(encoding="utf-8-sig")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(text.splitlines(), delimiter=delimiter)
    names = [name.strip() for name in next(reader, [])]
    missing = [name for name in columns if name not in names]
    if missing:
        raise ValueError(f'{path}: no column "{missing[0]}"; the first line names: {names}')
    places, found = [names.index(name) for name in columns], []
    for row in reader:
        try:
            found.append([float(row[place]) for place in places])
        except (ValueError, IndexError) as error:
            raise ValueError(f"{path}, line {reader.line_num}: {error}") from error
    return np.array(found, dtype=np.float32).reshape(-1, len(places))


def windows(table: np.ndarray[Any, Any], usage: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """Windows of rows as a network is shown them, ``(n, C, W)`` float32."""
    width, stride = usage["window"], usage["stride"]
    if len(table) < width:
        raise ValueError(f"{len(table)} rows are given, a window has {width}")
    mean, deviation = (np.array(usage[name], dtype=np.float32) for name in ("mean", "deviation"))
    scaled = (table - mean) / deviation
    starts = range(0, len(table) - width + 1, stride)
    return np.stack([scaled[start : start + width].T for start in starts])
