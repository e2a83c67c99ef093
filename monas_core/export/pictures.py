"""Shipped with networks that draw maps of pictures: from a file to what they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def prepared(path: str, usage: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """A picture, or an ``.npy`` of height by width by channels, as a network is shown it.

    Args:
        path: Of the file. Whole numbers are taken for 0 to 255, others as they are.
        usage: ``shape`` (C, H, W), ``mean`` and ``deviation`` of each channel.

    Returns:
        ``(1, C, H, W)`` float32.

    Raises:
        ValueError: The file is no picture, or has other channels.
    """
    channels, height, width = usage["shape"]
    pixels = _stored(path) if path.endswith(".npy") else _decoded(path, channels)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.ndim != 3 or pixels.shape[2] != channels:
        raise ValueError(
            f"{path}: shape {pixels.shape}; the network sees height x width x {channels}"
        )
    scale = 255.0 if pixels.dtype.kind in "iu" else 1.0
    planes = [_resized(plane, (width, height)) for plane in np.moveaxis(pixels, 2, 0) / scale]
    mean, deviation = (
        np.array(usage[name], dtype=np.float32)[:, None, None] for name in ("mean", "deviation")
    )
    return np.ascontiguousarray(((np.stack(planes) - mean) / deviation)[None], dtype=np.float32)


def _stored(path: str) -> np.ndarray[Any, Any]:
    try:
        return np.load(Path(path), allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"{path}: no array can be read ({error})") from error


def _decoded(path: str, channels: int) -> np.ndarray[Any, Any]:
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            upright = ImageOps.exif_transpose(opened).convert("L" if channels == 1 else "RGB")
    except Exception as error:
        # decoders of damaged files fail in every way: struct, zlib, index and overflow errors
        raise ValueError(f"{path}: no picture can be read ({error})") from error
    return np.asarray(upright)


def _resized(plane: np.ndarray[Any, Any], size: tuple[int, int]) -> np.ndarray[Any, Any]:
    """One channel ``(H, W)`` brought to ``size``, width and height, float32."""
    plane = plane.astype(np.float32)
    if plane.shape[::-1] == size:
        return plane
    from PIL import Image

    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR))
