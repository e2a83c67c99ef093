"""Shipped with networks of several heads: a map of labels, normals or depths for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monas_core.export.pictures import prepared


def predict(
    model: Callable[[Any], Any], given: Sequence[str], usage: Mapping[str, Any], _folder: Path
) -> list[dict[str, Any]]:
    """All maps of each picture.

    Args:
        model: From pictures ``(1, C, H, W)`` float32 to maps ``(1, K, H, W)`` by head.
        given: Paths of pictures, or of ``.npy`` arrays, height by width by channels.
        usage: ``shape`` (C, H, W), ``mean``, ``deviation``, and ``heads``: names of the heads.
        _folder: Not needed.

    Returns:
        ``answer``: by head in brief: of ``seg`` the shares of its labels, of ``normal`` the mean
        direction, of ``depth`` the mean in metres; ``maps``: by head, rows from the top, at the
        size the network sees: labels, directions ``(3, H, W)`` of length 1, metres.

    Raises:
        ValueError: A file is no picture, or has other channels.
    """
    found: list[dict[str, Any]] = []
    for path in given:
        outputs = model(prepared(path, usage))
        told = {name: _told(name, np.asarray(outputs[name])[0]) for name in usage["heads"]}
        brief = {name: short for name, (short, _) in told.items()}
        found.append({"answer": brief, "maps": {n: m.tolist() for n, (_, m) in told.items()}})
    return found


def _told(head: str, outputs: np.ndarray[Any, Any]) -> tuple[Any, np.ndarray[Any, Any]]:
    """In brief, and the map, of outputs ``(K, H, W)``."""
    outputs = outputs.astype(np.float64)
    if head == "seg":
        labels = outputs.argmax(0)
        kinds, counts = np.unique(labels, return_counts=True)
        shares = zip(kinds.tolist(), counts.tolist(), strict=True)
        return {str(kind): count / labels.size for kind, count in shares}, labels
    if head == "normal":
        length = np.linalg.norm(outputs, axis=0, keepdims=True)
        directions = outputs / np.maximum(length, 1e-12)
        return directions.mean((1, 2)).tolist(), directions
    return float(outputs[0].mean()), outputs[0]
