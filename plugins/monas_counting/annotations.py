"""Points of a picture from JSON, CSV or MATLAB files; nothing in them is ever executed.

One file for each picture, beside it or in a folder of annotations:

- JSON: ``[[x, y], ...]``, ``[{"x": 1, "y": 2}, ...]``, or either under the key ``points``;
- CSV: a row ``x,y`` for each point, a head is optional;
- MATLAB up to version 7: ``image_info`` as in ShanghaiTech, or ``annPoints`` as in UCF.

Or one for all: JSON ``{"name.jpg": [[x, y], ...]}`` or CSV with a column for the picture.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.files import parse_json

SUFFIXES = (".json", ".csv", ".mat")
_LARGEST = 64 << 20
"""Bytes of an annotation file beyond which it is none."""


def points_in(path: Path, who: str) -> Tensor:
    """The points ``(P, 2)`` of the picture that a file is of: x to the right, y down, pixels.

    Raises:
        UsageError: The file cannot be read as points.
    """
    return _as_points(_content(path, who), path, who)


def points_by_name(path: Path, who: str) -> Mapping[str, Tensor] | None:
    """Points of every picture that a file for all names; ``None`` for a file of one picture.

    Raises:
        UsageError: As ``points_in``.
    """
    if path.suffix.lower() == ".csv":
        return _table_by_name(path, who)
    if path.suffix.lower() != ".json":
        return None
    content = _content(path, who)
    named = isinstance(content, Mapping) and "points" not in content and bool(content)
    if not named:
        return None
    return {str(name): _as_points(found, path, who) for name, found in content.items()}


def _content(path: Path, who: str) -> Any:
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"it is larger than {_LARGEST >> 20} MiB")
        if path.suffix.lower() == ".mat":
            return _matlab(path)
        text = path.read_text(encoding="utf-8-sig")
        return parse_json(text) if path.suffix.lower() == ".json" else list(_rows(text))
    except UsageError:
        raise
    except Exception as error:
        # readers of damaged files fail in every way
        raise _refusal(path, who, " ".join(str(error).split())[:150]) from error


def _matlab(path: Path) -> Any:
    from scipy.io import loadmat

    try:
        content = loadmat(path, struct_as_record=True, squeeze_me=False, variable_names=None)
    except NotImplementedError as error:
        raise ValueError("it is of MATLAB 7.3; save it with -v7") from error
    if "image_info" in content:  # a cell that holds a struct of location and number
        inner = content["image_info"].item()
        return inner["location"].item() if inner.dtype.names else inner
    if "annPoints" in content:
        return content["annPoints"]
    names = ", ".join(name for name in content if not name.startswith("__"))
    raise ValueError(f"it holds {names or 'nothing'}, but neither image_info nor annPoints")


def _rows(text: str) -> Iterator[list[float]]:
    """Rows of two numbers; a first row of words is a head."""
    for number, row in enumerate(csv.reader(io.StringIO(text))):
        if not any(cell.strip() for cell in row):
            continue
        try:
            x, y = (float(cell) for cell in row)
        except ValueError:
            if number == 0:
                continue
            raise ValueError(f"line {number + 1} is {','.join(row)!r:.40}, not x,y") from None
        yield [x, y]


def _table_by_name(path: Path, who: str) -> Mapping[str, Tensor] | None:
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _refusal(path, who, str(error)) from error
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows or any(len(row) != 3 for row in rows):
        return None
    found: dict[str, list[list[float]]] = {}
    for number, (name, x, y) in enumerate(rows):
        try:
            point = [float(x), float(y)] if x.strip() or y.strip() else None
        except ValueError:
            if number == 0:
                continue
            reason = f"line {number + 1} is {name},{x},{y}, not NAME,x,y"
            raise _refusal(path, who, reason) from None
        found.setdefault(name.strip(), []).extend([point] if point is not None else [])
    return {name: _as_points(points, path, who) for name, points in found.items()}


def _as_points(content: Any, path: Path, who: str) -> Tensor:
    if isinstance(content, Mapping):
        content = content.get("points", content)
    if isinstance(content, Sequence) and not isinstance(content, str):
        content = [_pair(item) for item in content]
    try:
        found = np.asarray(content, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise _refusal(path, who, f"points are pairs of numbers ({error})"[:150]) from error
    if found.size == 0:
        return torch.zeros(0, 2)
    if found.ndim != 2 or found.shape[1] != 2:
        raise _refusal(path, who, f"points are rows of x and y, got shape {found.shape}")
    if not np.isfinite(found).all():
        raise _refusal(path, who, "a coordinate is not a finite number")
    return torch.from_numpy(found).float()


def _pair(item: Any) -> Any:
    return [item.get("x"), item.get("y")] if isinstance(item, Mapping) else item


def _refusal(path: Path, who: str, reason: str) -> UsageError:
    return UsageError(
        f'{who}: annotations "{path}" cannot be read: {reason}; write [[x, y], ...] as JSON, rows '
        "x,y as CSV, or a ShanghaiTech .mat file."
    )
