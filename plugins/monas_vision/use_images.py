"""Shipped with image classifiers: names what a picture shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from monas_vision.pixels import Unreadable, opened, picture

MOST = 5
"""Classes that are told of each picture."""


def predict(
    model: Callable[[Any], Any], given: Sequence[str], usage: Mapping[str, Any], _folder: Path
) -> list[dict[str, Any]]:
    """The most probable classes of each picture.

    Args:
        model: From pictures ``(1, C, H, W)`` float32 to logits ``(1, classes)``.
        given: Paths of picture files.
        usage: ``classes``, ``shape`` (C, H, W), ``mean``, ``deviation``, ``margin`` (scaled
            shorter side over what is cut out of its middle; 0 shows the whole picture) and
            ``ground`` (under transparent places).
        _folder: Not needed.

    Returns:
        ``answer``: the most probable class; ``classes``: up to five with probabilities.

    Raises:
        ValueError: A file is no picture that can be shown.
    """
    return [_named(model, path, usage) for path in given]


def _named(model: Callable[[Any], Any], path: str, usage: Mapping[str, Any]) -> dict[str, Any]:
    try:
        with opened(path) as found:
            shown = prepared(picture(found, usage["ground"]), usage)
    except Unreadable as reason:
        raise ValueError(f"{path}: {reason}") from reason
    logits = np.asarray(model(shown))[0].astype(np.float64)
    weights = np.exp(logits - logits.max())
    chances = weights / weights.sum()
    order = np.argsort(-chances, kind="stable")[:MOST].tolist()
    best = {usage["classes"][place]: float(chances[place]) for place in order}
    return {"answer": usage["classes"][order[0]], "classes": best}


def prepared(image: Image.Image, usage: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """An upright RGB picture as a network is shown it, ``(1, C, H, W)`` float32."""
    channels, height, width = usage["shape"]
    if channels == 1:
        image = image.convert("L")
    box = None
    if usage["margin"]:
        side = min(image.size) / usage["margin"]
        left, top = (image.width - side) / 2, (image.height - side) / 2
        box = (left, top, left + side, top + side)
    image = image.resize((width, height), Image.Resampling.BILINEAR, box=box)
    pixels = np.asarray(image, dtype=np.float32).reshape(height, width, channels) / 255
    mean, deviation = (np.array(usage[name], dtype=np.float32) for name in ("mean", "deviation"))
    return np.ascontiguousarray(((pixels - mean) / deviation).transpose(2, 0, 1)[None])
