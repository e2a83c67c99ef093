"""Shipped with networks that count: how many things a picture shows, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monas_core.export.pictures import prepared


def predict(
    model: Callable[[Any], Any], given: Sequence[str], usage: Mapping[str, Any], _folder: Path
) -> list[dict[str, Any]]:
    """The count of each picture.

    Args:
        model: From pictures ``(1, C, H, W)`` float32 to maps ``(1, 1, H, W)`` of things per pixel.
        given: Paths of pictures, or of ``.npy`` arrays, height by width by channels.
        usage: ``shape`` (C, H, W), ``mean`` and ``deviation``.
        _folder: Not needed.

    Returns:
        ``answer``: the count, the sum of the map; ``map``: things per pixel, rows from the top,
        at the size the network sees.

    Raises:
        ValueError: A file is no picture, or has other channels.
    """
    found: list[dict[str, Any]] = []
    for path in given:
        drawn = np.asarray(model(prepared(path, usage)), dtype=np.float64)[0, 0]  # (H, W)
        found.append({"answer": float(drawn.sum()), "map": drawn.tolist()})
    return found
