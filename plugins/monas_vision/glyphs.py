"""Printed letters in the fonts that matplotlib brings along, drawn where they are needed.

26 letters in 21 fonts (DejaVu, STIX and Computer Modern; upright and slanted, thin and bold),
drawn at the size that networks see and distorted anew for every batch, in evaluation in some fixed
ways. Unlike enlarged scans they lose something at every lower resolution, so that networks which
look closer are better, whether they were trained alone or share weights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from string import ascii_lowercase

import numpy as np
import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.task import Part
from monas_core.values.data import Item, Source
from monas_vision.augmentation import Distortion
from monas_vision.classification import ImageClassification
from monas_vision.images import PARTS, StoredImages

SIZE = 16
"""Height and width a network sees, in pixels."""
VIEWS = 12
"""Distortions of each letter that are evaluated."""
DISTORTION = Distortion(degrees=20, scale=0.2, shear=0.2, shift=0.1, noise=0.15)
LETTERS = ascii_lowercase
FONTS = (
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
    *("cmr10", "cmb10", "cmss10", "cmtt10", "cmti10"),
)
"""Files of matplotlib's data, without their suffix."""
_HEIGHT = 0.8
"""Size of the font over that of the picture."""
_DEALT: Mapping[Part, int] = {"train": 5, "search": 2, "test": 2}
"""How many of nine neighbours in the order of the split each part gets."""


def load(argument: str | None = None) -> ImageClassification:
    """The task ``glyphs``.

    Raises:
        UsageError: An argument was given, or matplotlib lacks a font.
    """
    if argument is not None:
        raise UsageError(
            f'Task "glyphs" takes no argument, got "{argument}"; '
            "for images of your own write imagefolder:PATH."
        )
    files = _files()
    parts = _split(_drawn(files))
    stored = StoredImages(
        tuple(LETTERS),
        parts,
        {part: _views(*parts[part], seed) for seed, part in enumerate(PARTS)},
        augment=DISTORTION,
    )
    facts = {
        "source": f"{len(LETTERS)} letters in {len(FONTS)} fonts that come with matplotlib",
        "shown": f"drawn on {SIZE} x {SIZE} pixels, rotated, slanted, scaled, moved, with noise",
        "evaluation": f"{VIEWS} fixed distortions of every letter of every font",
        "split": "by letter and font: no letter of a font is in two parts",
    }
    # pixels differ in their last bits between versions of the renderer; outlines do not
    outlines = {
        name: Item(hashlib.sha256(file.read_bytes()).hexdigest(), len(LETTERS))
        for name, file in files.items()
    }
    data = stored.record(Source("", "", "file", outlines))
    return ImageClassification("glyphs", stored, facts=facts, data=data)


def _files() -> dict[str, Path]:
    """Where the fonts lie, by name."""
    import matplotlib as mpl

    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    found = {name: folder / f"{name}.ttf" for name in FONTS}
    for file in found.values():
        if not file.is_file():
            raise UsageError(
                f'Task "glyphs" draws with the fonts of matplotlib, and "{file}" is missing; '
                "install matplotlib again."
            )
    return found


def _drawn(files: Mapping[str, Path]) -> dict[tuple[str, str], Tensor]:
    """Pictures ``(1, SIZE, SIZE)`` from 0 to 1, by font and letter, white on black."""
    from PIL import Image, ImageDraw, ImageFont

    found: dict[tuple[str, str], Tensor] = {}
    for name, file in files.items():
        font = ImageFont.truetype(str(file), round(_HEIGHT * SIZE))
        for letter in LETTERS:
            picture = Image.new("L", (SIZE, SIZE))
            middle = (SIZE / 2, SIZE / 2)
            ImageDraw.Draw(picture).text(middle, letter, fill=255, font=font, anchor="mm")
            pixels = np.asarray(picture, dtype=np.float32) / 255
            found[name, letter] = torch.from_numpy(pixels)[None]
    return found


def _split(drawn: Mapping[tuple[str, str], Tensor]) -> dict[Part, tuple[Tensor, Tensor]]:
    """Images and labels of each part; dealt in the order of a hash of font and letter."""
    order = sorted(drawn, key=lambda key: hashlib.sha256(" ".join(key).encode()).digest())
    turns: list[Part] = [part for part in PARTS for _ in range(_DEALT[part])]
    found: dict[Part, list[tuple[str, str]]] = {part: [] for part in PARTS}
    for rank, key in enumerate(order):
        found[turns[rank % len(turns)]].append(key)
    return {
        part: (
            torch.stack([drawn[key] for key in keys]),
            torch.tensor([LETTERS.index(letter) for _, letter in keys]),
        )
        for part, keys in found.items()
    }


def _views(images: Tensor, labels: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """``VIEWS`` fixed distortions of every image."""
    generator = torch.Generator().manual_seed(seed)
    repeated = images.repeat(VIEWS, 1, 1, 1)
    return DISTORTION(repeated, generator), labels.repeat(VIEWS)
