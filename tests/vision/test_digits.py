"""The default image task: real scans that come with scikit-learn."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.task import Task
from monas_vision import digits
from monas_vision.augmentation import CropAndFlip, Distortion
from monas_vision.classification import ImageClassification
from monas_vision.images import PARTS


@pytest.fixture(scope="module")
def task() -> ImageClassification:
    return digits.load()


def test_is_the_default_of_the_image_spaces() -> None:
    provided = Catalog.installed().find("task", "digits").spec.provides
    assert {"default-task:nasbench201", "default-task:mobilenetv3"} <= provided


def test_every_image_is_in_one_part(task: ImageClassification) -> None:
    facts = task.describe()
    assert sum(facts["images"].values()) == 1797
    assert facts["images"] == {"train": 1000, "search": 399, "test": 398}
    assert facts["evaluated images"]["search"] == digits.VIEWS * 399
    assert facts["classes"] == task.n_outputs == 10


def test_inputs_are_normalised(task: ImageClassification) -> None:
    for part in PARTS:
        inputs = task.batch(part, 200, torch.Generator().manual_seed(0)).inputs
        assert inputs.shape == (200, 1, 16, 16)
        assert abs(float(inputs.mean())) < 0.2
        assert 0.8 < float(inputs.std()) < 1.2


def test_only_train_is_augmented(task: ImageClassification) -> None:
    places = torch.zeros(2, dtype=torch.int64)
    drawn = {
        part: task._images.draw(part, places, torch.Generator().manual_seed(0)).inputs
        for part in PARTS
    }
    assert not torch.equal(*drawn["train"])
    assert torch.equal(*drawn["search"])


def test_classes_are_balanced_and_learnable(task: ImageClassification) -> None:
    """Half a second of training beats chance by far, so the labels belong to the images."""
    generator = torch.Generator().manual_seed(0)
    counts = task.batch("search", 2000, generator).targets.bincount(minlength=10)
    assert int(counts.min()) > 120
    network = nn.Sequential(nn.Flatten(), nn.Linear(256, 10))
    updater = torch.optim.Adam(network.parameters(), 5e-3)
    for _ in range(150):
        batch = task.batch("train", 64, generator)
        updater.zero_grad()
        task.loss(network(batch.inputs), batch.targets).mean().backward()
        updater.step()
    found = task.evaluate(network, "test")
    assert 45 < found["accuracy"] < 95
    assert found["cross-entropy"] > 0


def test_scores_are_what_their_names_say(task: Task) -> None:
    def certain(inputs: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.one_hot(torch.zeros(len(inputs), dtype=torch.int64), 10) * 50.0

    found = task.evaluate(certain, "search")
    assert task.score.direction == "max"
    zeros = sum(int((b.targets == 0).sum()) for b in task._images.fixed("search"))
    assert found["accuracy"] == pytest.approx(100 * zeros / (digits.VIEWS * 399))
    assert found["cross-entropy"] == pytest.approx(50 * (1 - found["accuracy"] / 100))


def test_takes_no_argument() -> None:
    with pytest.raises(UsageError, match="takes no argument"):
        digits.load("somewhere")


def test_no_distortion_is_the_image_itself() -> None:
    images = torch.rand(3, 2, 8, 8)
    still = Distortion(degrees=0, scale=0, shear=0, shift=0, noise=0)
    torch.testing.assert_close(still(images, torch.Generator()), images)


def test_rotation_keeps_the_middle_and_turns_the_rest() -> None:
    images = torch.zeros(200, 1, 9, 9)
    images[:, :, 4, :] = 1  # a horizontal bar
    turned = Distortion(degrees=90, scale=0, shear=0, shift=0, noise=0)
    moved = turned(images, torch.Generator().manual_seed(0))
    assert float(moved[:, 0, 4, 4].min()) > 0.9
    ends = moved[:, 0, 4, 0]
    assert float(ends.min()) < 0.1
    assert float(ends.max()) > 0.9


def test_crops_are_shifted_windows() -> None:
    images = torch.arange(1.0, 33.0).reshape(1, 1, 4, 8).repeat(64, 1, 1, 1)
    padded = nn.functional.pad(images[0, 0], [2] * 4)
    windows = [padded[r : r + 4, c : c + 8] for r in range(5) for c in range(5)]
    both = [*windows, *(window.flip(1) for window in windows)]
    moved = CropAndFlip(margin=2)(images, torch.Generator().manual_seed(0))
    assert all(any(torch.equal(image[0], window) for window in both) for image in moved)
    assert len(torch.unique(moved, dim=0)) > 20
