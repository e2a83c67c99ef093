"""Printed letters, drawn with the fonts of matplotlib."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from monas_core.errors import UsageError
from monas_core.parts.task import Batch, Part
from monas_vision import glyphs
from monas_vision.classification import ImageClassification
from monas_vision.images import PARTS, StoredImages


@pytest.fixture(scope="module")
def task() -> ImageClassification:
    return glyphs.load()


def stored(task: ImageClassification, part: Part) -> Batch:
    """All letters of a part, as they were drawn."""
    assert isinstance(task._images, StoredImages)
    return Batch(*task._images._drawn[part])


def test_no_letter_of_a_font_is_in_two_parts(task: ImageClassification) -> None:
    images = [image for part in PARTS for image in stored(task, part).inputs]
    assert len(images) == len(glyphs.FONTS) * len(glyphs.LETTERS)
    assert all(float(image.max()) > 0.4 for image in images), "a letter was not drawn"
    digests = {image.numpy().tobytes() for image in images}
    assert len(digests) > 0.98 * len(images)  # l and I, o in two styles may look the same
    counts = task.describe()["images"]
    assert counts == {part: len(stored(task, part).targets) for part in PARTS}
    for part in PARTS:
        assert stored(task, part).targets.unique().numel() == 26


def test_the_same_every_time(task: ImageClassification) -> None:
    again = glyphs.load()
    assert again.record() == task.record()
    for one, other in zip(task._images.fixed("test"), again._images.fixed("test"), strict=True):
        assert torch.equal(one.inputs, other.inputs)


def test_letters_can_be_learnt(task: ImageClassification) -> None:
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(nn.Flatten(), nn.Linear(256, 26))
    updater = torch.optim.Adam(network.parameters(), 5e-3)
    for _ in range(150):
        batch = task.batch("train", 64, generator)
        updater.zero_grad()
        task.loss(network(batch.inputs), batch.targets).mean().backward()
        updater.step()
    assert 3 * 100 / 26 < task.evaluate(network, "test")["accuracy"] < 95


def test_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="takes no argument"):
        glyphs.load("somewhere")
    monkeypatch.setattr("matplotlib.get_data_path", lambda: str(tmp_path))
    with pytest.raises(UsageError, match="is missing"):
        glyphs.load()
