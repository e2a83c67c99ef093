"""What the tests of the image tasks share: real image files, written here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Writer = Callable[..., Path]


@pytest.fixture(scope="session")
def write_images() -> Writer:
    """Writes ``count`` different images of one colour with noise into a class folder."""

    def write(folder: Path, count: int, *, colour: int = 0, size: int = 24) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            noise = np.random.default_rng((colour, number)).integers(0, 60, (size, size + 8, 3))
            noise[..., colour] += 180
            suffix = "jpg" if number % 2 else "png"
            Image.fromarray(noise.astype(np.uint8)).save(folder / f"image{number}.{suffix}")
        return folder

    return write
