"""What is shipped with an image model prepares pictures as the task itself does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from monas_core.parts.usage import Usage
from monas_vision import digits, imagefolder, use_images
from monas_vision.options import FolderOptions


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes whose pictures differ in colour, size and mode."""
    draw = np.random.default_rng(0)
    for name, channel in (("rot [1]", 0), ("grün", 1)):
        (tmp_path / name).mkdir()
        for number in range(24):
            pixels = draw.integers(0, 60, (30 + number, 40, 3), dtype=np.uint8)
            pixels[..., channel] += 180
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    return tmp_path


def test_pictures_are_prepared_as_in_evaluation(folder: Path) -> None:
    task = imagefolder.load(str(folder), options=FolderOptions(size=24))
    usage = task.usage()
    seen: list[torch.Tensor] = []

    def model(inputs: torch.Tensor) -> torch.Tensor:
        seen.append(inputs)
        return torch.zeros(len(inputs), 2)

    task.evaluate(model, "test")
    shown = {x.numpy().tobytes() for batch in seen for x in batch}
    prepared: set[bytes] = set()
    for path in sorted(folder.glob("*/*.png")):
        with use_images.opened(str(path)) as found:
            pixels = use_images.prepared(use_images.picture(found), usage.facts)
        prepared.add(pixels[0].tobytes())
    close = [
        min(float(np.abs(np.frombuffer(a, "f4") - np.frombuffer(b, "f4")).max()) for b in prepared)
        for a in shown
    ]
    assert close
    assert max(close) < 1e-5


def test_the_right_class_is_named(folder: Path) -> None:
    task = imagefolder.load(str(folder), options=FolderOptions(size=8))
    usage = task.usage()

    def model(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        red, green = pixels[0, 0].mean(), pixels[0, 1].mean()
        order = [red if name == "rot [1]" else green for name in usage.facts["classes"]]
        return np.array([order])

    given = [str(folder / name / "3.png") for name in ("rot [1]", "grün")]
    answers = use_images.predict(model, given, usage.facts, folder)
    assert [answer["answer"] for answer in answers] == ["rot [1]", "grün"]
    assert all(abs(sum(answer["classes"].values()) - 1) < 1e-9 for answer in answers)
    (folder / "broken.png").write_bytes(b"<html>")
    with pytest.raises(ValueError, match=r"broken\.png: .*web page"):
        use_images.predict(model, [str(folder / "broken.png")], usage.facts, folder)


def test_what_is_not_there_is_told_from_a_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "link.png").symlink_to(tmp_path / "gone.png")
    for name, wanted in (("gone.png", "no such file"), ("link.png", "link leads nowhere")):
        with pytest.raises(ValueError, match=wanted):
            use_images.predict(lambda x: x, [str(tmp_path / name)], {"ground": "auto"}, tmp_path)


def test_grey_digits_keep_their_single_channel(tmp_path: Path) -> None:
    usage: Usage = digits.load().usage()
    Image.new("RGB", (50, 30), (200, 10, 10)).save(tmp_path / "x.png")
    shapes: list[tuple[int, ...]] = []

    def model(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        shapes.append(pixels.shape)
        return np.zeros((1, 10))

    (answer,) = use_images.predict(model, [str(tmp_path / "x.png")], usage.facts, tmp_path)
    assert shapes == [(1, 1, 16, 16)]
    assert answer["answer"] in usage.facts["classes"]
