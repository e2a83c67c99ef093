"""Parts and classes told apart, whatever the folders are called and however deep they lie."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from monas_core.errors import UsageError
from monas_vision.images import PARTS
from monas_vision.layout import role
from monas_vision.listing import listing
from monas_vision.options import FolderOptions

NUMBERS = itertools.count()


def images(folder: Path, count: int = 4) -> Path:
    """Pictures of which no two are alike."""
    folder.mkdir(parents=True)
    for _ in range(count):
        number = next(NUMBERS)
        noise = np.random.default_rng(number).integers(0, 255, (12, 12, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{number}.png")
    return folder


def parts(root: Path, *names: str, kinds: tuple[str, ...] = ("green", "red")) -> Path:
    for name in names:
        for kind in kinds:
            images(root / name / kind)
    return root


TWO = [
    ("train", "test"), ("Train", "Test"), ("TRAIN", "VAL"), ("training", "validation"),
    ("Training", "Testing"), ("seg_train", "seg_test"), ("train2017", "val2017"),
    ("train_images", "test_images"), ("training-set", "test-set"), ("trainset", "testset"),
    ("TrainingData", "ValidationData"), ("train", "dev"), ("images_train", "images_valid"),
    ("01_train", "02_test"),
]  # fmt: skip


@pytest.mark.parametrize("names", TWO)
@pytest.mark.parametrize("prefix", ["", "data", "archive/dataset v1"])
def test_two_parts_in_any_spelling_and_depth(
    tmp_path: Path, names: tuple[str, str], prefix: str
) -> None:
    parts(tmp_path / prefix, *names)
    found = listing(tmp_path, "t")
    assert found.classes == ("green", "red")
    assert {part: len(found.parts[part]) for part in PARTS} == {"train": 6, "search": 2, "test": 8}
    assert all(f"/{names[1]}/" in photo.path for photo in found.parts["test"])


@pytest.mark.parametrize(
    "names",
    [
        ("train", "val", "test"),
        ("Training", "Validation", "Testing"),
        ("seg_train", "seg_dev", "seg_test"),
    ],
)
@pytest.mark.parametrize("doubled", [False, True])
def test_three_parts_are_used_as_they_are(
    tmp_path: Path, names: tuple[str, str, str], doubled: bool
) -> None:
    for name in names:
        parts(tmp_path / (name if doubled else ""), name)
    found = listing(tmp_path, "t")
    for part, name in zip(PARTS, names, strict=True):
        assert {Path(photo.path).parts[-3] for photo in found.parts[part]} == {name}
        assert len(found.parts[part]) == 8


@pytest.mark.parametrize("names", [("fold1", "fold2"), ("a", "b", "c"), ("old", "new")])
def test_unnamed_parts_are_refused_with_the_way_out(tmp_path: Path, names: tuple[str, ...]) -> None:
    parts(tmp_path, *names)
    with pytest.raises(UsageError, match=r"look like parts.*train/.*options\.task\.layout=classes"):
        listing(tmp_path, "t")
    found = listing(tmp_path, "t", FolderOptions(layout="classes"))
    assert found.classes == names if names != ("old", "new") else ("new", "old")


def test_parts_within_classes_are_refused(tmp_path: Path) -> None:
    parts(tmp_path, "cats", "dogs", kinds=("train", "test"))
    with pytest.raises(UsageError, match=r"turn it round.*train/CLASS"):
        listing(tmp_path, "t")


@pytest.mark.parametrize("names", [("train", "training", "test"), ("train", "test", "testing")])
def test_two_folders_of_one_part_are_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    parts(tmp_path, *names)
    with pytest.raises(UsageError, match="both are the"):
        listing(tmp_path, "t")


def test_a_stranger_among_the_parts_is_refused(tmp_path: Path) -> None:
    parts(tmp_path, "train", "test", "more")
    with pytest.raises(UsageError, match='"more", which is neither'):
        listing(tmp_path, "t")


def test_unlabelled_images_beside_the_parts_are_said(tmp_path: Path) -> None:
    parts(tmp_path, "seg_train", "seg_test")
    images(tmp_path / "seg_pred")
    assert "seg_pred/ holds images without class folders" in listing(tmp_path, "t").notes[0]


@pytest.mark.parametrize("kind", ["trains", "testudo", "valley", "training shoes", "test tube"])
def test_a_class_with_such_a_word_is_no_part(kind: str) -> None:
    assert role(kind) is None


def test_classes_and_counts_are_told(tmp_path: Path) -> None:
    from monas_vision.imagefolder import load

    parts(tmp_path, "train", "test")
    task = load(str(tmp_path), options=FolderOptions(size=8))
    told = "train 6, search 2, test 8 images; 2 classes: green (3+1+4), red (3+1+4)"
    assert task.record().summary == told
    assert task.describe()["images of each class"] == "green (3+1+4), red (3+1+4)"
