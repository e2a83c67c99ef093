"""From a file to an upright picture of red, green and blue, whatever mode it is stored in.

Values are scaled by what the mode can hold, transparent places get a ground that the drawing
stands out from, and the orientation a camera noted is applied. What cannot be shown so is
refused with a reason.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

# Pillow refuses or warns by a number of pixels of its own; ``MEGAPIXELS`` says the same in words
# that name the file and the option.
Image.MAX_IMAGE_PIXELS = None

MEGAPIXELS = 256
"""Largest picture that is decoded, unless an option says otherwise."""
_TONES = {"white": 255, "black": 0, "grey": 128}
_LARGE = 20_000_000
"""Pixels from which one picture is decoded at a time, so that threads do not fill the memory."""
_ONE_AT_A_TIME = threading.Lock()
_CLEAR = ("RGBA", "LA", "PA", "RGBa", "La")


class Unreadable(Exception):  # noqa: N818 - an answer, not a fault
    """A file that cannot be shown, and why."""


@contextmanager
def opened(path: str, megapixels: float = MEGAPIXELS) -> Iterator[Image.Image]:
    """A picture whose header was read, no pixel yet.

    Raises:
        Unreadable: It is none, or larger than ``megapixels``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata does no harm to the pixels
            with Image.open(path) as image:
                _check_size(image, megapixels)
                yield image
    except Unreadable:
        raise
    except Exception as error:
        # decoders of damaged files fail in every way: struct, zlib, index and overflow errors
        raise Unreadable(_reason(path, error)) from error


def _check_size(image: Image.Image, megapixels: float) -> None:
    width, height = image.size
    size = width * height / 1e6
    if size > megapixels:
        raise Unreadable(
            f"{width} x {height} pixels are {size:.0f} megapixels, more than "
            f"options.task.megapixels={megapixels:g}"
        )
    if not width or not height:
        raise Unreadable("it has no pixels")


def _reason(path: str, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "the link leads nowhere" if Path(path).is_symlink() else "there is no such file"
    if isinstance(error, Image.UnidentifiedImageError):
        try:
            with open(path, "rb") as stream:  # noqa: PTH123 - millions of files
                begin = stream.read(256).lstrip().lower()
        except OSError as fault:
            return str(fault.strerror)
        if not begin:
            return "the file is empty"
        if begin.startswith((b"<html", b"<!doctype", b"<?xml", b"<svg")):
            return "it is a web page or drawing in text, no image"
        return "no image, or of a kind that is not read"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split())[:120] or type(error).__name__


def picture(image: Image.Image, ground: str = "auto") -> Image.Image:
    """An opened picture as RGB, upright.

    Raises:
        Unreadable: Its mode has no meaning as a colour.
    """
    if image.width * image.height > _LARGE:
        with _ONE_AT_A_TIME:
            return _picture(image, ground)
    return _picture(image, ground)


def _picture(image: Image.Image, ground: str) -> Image.Image:
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _grey(image).convert("RGB")
    if image.mode in _CLEAR or "transparency" in image.info:
        return _grounded(image.convert("RGBA"), ground)
    try:
        return image.convert("RGB")
    except ValueError as error:
        raise Unreadable(f"mode {image.mode} cannot be shown as a colour") from error


def _grey(image: Image.Image) -> Image.Image:
    """Numbers of more than 8 bits as 256 levels."""
    values = np.asarray(image)
    if not np.isfinite(values).all():
        raise Unreadable("it holds values that are no numbers (NaN or infinite)")
    low, high = _range(image.mode, values.astype(np.float64), image.format or "")
    levels = (values.astype(np.float64) - low) * (255 / (high - low))
    return Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))


def _range(mode: str, values: NDArray[np.float64], form: str) -> tuple[float, float]:
    """What is black and what is white.

    A mode of 16 bits says so itself. Floats and long integers do not: the narrowest usual range
    they fit is taken, and where they fit none, their own.
    """
    if mode.startswith("I;16") or (mode == "I" and form in ("PNG", "PPM")):
        return 0.0, 65535.0
    low, high = float(values.min()), float(values.max())
    usual = [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (0.0, 65535.0)]
    for black, white in usual if mode == "F" else usual[2:]:
        if black <= low and high <= white:
            return black, white
    return low, max(high, low + 1e-12)


def _grounded(image: Image.Image, ground: str) -> Image.Image:
    """A picture with transparent places, over a ground."""
    if ground == "auto":
        grey = np.asarray(image.convert("L"), dtype=np.float64)
        weight = np.asarray(image.getchannel("A"), dtype=np.float64)
        ink = float((grey * weight).sum() / max(1.0, weight.sum()))
        ground = "white" if ink < 128 else "black"
    tone = _TONES[ground]
    under = Image.new("RGBA", image.size, (tone, tone, tone, 255))
    return Image.alpha_composite(under, image).convert("RGB")
