"""A person's own images: split without overlap, decoded lazily, refused with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.task import Task
from monas_core.testing import contracts
from monas_vision.classification import ImageClassification
from monas_vision.decoding import Crop, decode
from monas_vision.imagefolder import load
from monas_vision.images import PARTS
from monas_vision.listing import listing
from monas_vision.options import FolderOptions

KINDS = ("blue", "green", "red")
COLOURS = {"red": 0, "green": 1, "blue": 2}


@pytest.fixture
def flat(tmp_path: Path, write_images: Any) -> Path:
    """A folder of three classes of 20 images."""
    for kind in KINDS:
        write_images(tmp_path / "flat" / kind, 20, colour=COLOURS[kind])
    return tmp_path / "flat"


def loaded(folder: Path, **options: int) -> ImageClassification:
    return load(str(folder), options=FolderOptions(**{"size": 16, "workers": 2, **options}))


class TestFolderContract(contracts.TaskContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, tmp_path_factory: pytest.TempPathFactory, write_images: Any) -> Task:
        folder = tmp_path_factory.mktemp("folder")
        for kind in KINDS:
            write_images(folder / kind, 20, colour=COLOURS[kind])
        return loaded(folder)


def test_single_folder_is_split_by_class(flat: Path) -> None:
    task = loaded(flat)
    facts = task.describe()
    assert facts["images"] == {"train": 48, "search": 6, "test": 6}
    assert facts["input"] == "3 x 16 x 16"
    found = listing(flat, "t")
    assert found.classes == KINDS
    for part in PARTS:
        assert {photo.label for photo in found.parts[part]} == {0, 1, 2}
    paths = [photo.path for photos in found.parts.values() for photo in photos]
    assert len(set(paths)) == len(paths) == 60


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        (["40x40"], 40),
        (["28x28"], 32),
        (["5x90"], 8),
        (["300x500"], 224),
        (["64x48", "48x64", "999x700"], 48),
    ],
)
@pytest.mark.parametrize("checked", [0, 4000])
def test_size_follows_the_pictures(
    tmp_path: Path, sides: list[str], expected: int, checked: int
) -> None:
    shapes = [tuple(map(int, side.split("x"))) for side in sides]
    for place, kind in enumerate(("a", "b")):
        (tmp_path / kind).mkdir()
        for number in range(3):
            tone = 40 * number + 20 * place
            image = Image.new("RGB", shapes[number % len(shapes)], (tone, 90, 200 - tone))
            image.save(tmp_path / kind / f"{number}.png")
    task = load(str(tmp_path), options=FolderOptions(checked=checked))
    assert task.shape == task.example(1).shape[1:] == (3, expected, expected)
    assert task.batch("train", 2, torch.Generator()).inputs.shape[2:] == (expected, expected)
    (note,) = [note for note in task.record().notes if "options.task.size" in note]
    assert f"shown at {expected} x {expected} pixels" in note
    given = load(str(tmp_path), options=FolderOptions(checked=checked, size=56))
    assert given.shape == (3, 56, 56)
    assert not any("shown at" in note for note in given.record().notes)


def test_imagenet_layout(tmp_path: Path, write_images: Any) -> None:
    for kind in KINDS:
        write_images(tmp_path / "train" / kind, 10, colour=COLOURS[kind])
        write_images(tmp_path / "val" / kind / "deeper", 2, colour=COLOURS[kind], size=20)
    found = listing(tmp_path, "t")
    assert {part: len(photos) for part, photos in found.parts.items()} == {
        "train": 27,
        "search": 3,
        "test": 6,
    }
    assert all("/val/" in photo.path for photo in found.parts["test"])


def test_a_class_may_be_called_train(flat: Path) -> None:
    (flat / "red").rename(flat / "train")
    assert listing(flat, "t").classes == ("blue", "green", "train")


def test_split_is_the_same_wherever_the_folder_lies(flat: Path, tmp_path: Path) -> None:
    before = {
        part: [Path(p.path).name for p in ps] for part, ps in listing(flat, "t").parts.items()
    }
    moved = flat.rename(tmp_path / "elsewhere")
    after = {
        part: [Path(p.path).name for p in ps] for part, ps in listing(moved, "t").parts.items()
    }
    assert before == after


def test_pixels_belong_to_their_labels(flat: Path) -> None:
    task = loaded(flat)
    for part in PARTS:
        batch = task.batch(part, 20, torch.Generator().manual_seed(0))
        brightest = batch.inputs.mean((2, 3)).argmax(1)
        named = [KINDS[label] for label in batch.targets.tolist()]
        assert [COLOURS[name] for name in named] == brightest.tolist()


def test_training_shows_random_pieces(flat: Path) -> None:
    images = loaded(flat)._images
    places = torch.zeros(3, dtype=torch.int64)
    pieces = images.draw("train", places, torch.Generator().manual_seed(0)).inputs
    assert not torch.equal(pieces[0], pieces[1])
    centres = images.draw("test", places, torch.Generator().manual_seed(0)).inputs
    assert torch.equal(centres[0], centres[1])


@pytest.mark.parametrize(("width", "height"), [(40, 40), (100, 20), (20, 100), (1, 1)])
def test_pieces_lie_within_the_image(width: int, height: int) -> None:
    for crop in Crop.draw(200, torch.Generator().manual_seed(0)):
        left, top, right, bottom = crop.box(width, height)
        assert 0 <= left < right <= width + 1e-9
        assert 0 <= top < bottom <= height + 1e-9


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_every_kind_of_image_becomes_colour(tmp_path: Path, mode: str) -> None:
    file = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    Image.new("RGB", (30, 20), (255, 255, 255)).convert(mode).save(file)
    pixels = decode(str(file), 8, None)
    assert pixels is not None
    assert pixels.shape == (3, 8, 8)
    assert int(pixels.min()) > 250


def truncated(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def test_unreadable_images_are_left_out_and_counted(flat: Path) -> None:
    red = sorted((flat / "red").iterdir())
    truncated(red[0])  # JPEG or PNG, either way half of it
    truncated(red[1])
    red[2].write_text("no image at all")
    red[3].write_bytes(b"")
    task = loaded(flat)
    generator = torch.Generator().manual_seed(0)
    assert task.batch("train", 200, generator).inputs.shape == (200, 3, 16, 16)
    shown = 0
    for part in PARTS:
        shown += sum(len(batch.targets) for batch in task._images.fixed(part))
    assert shown == 56
    assert task.describe()["unreadable files left out"] == 4


def test_a_replaced_image_does_not_depend_on_what_was_read_before(flat: Path) -> None:
    for file in sorted((flat / "red").iterdir())[:5]:
        file.write_bytes(b"")
    fresh, used = loaded(flat), loaded(flat)
    list(used._images.fixed("train"))
    first = fresh.batch("train", 64, torch.Generator().manual_seed(1))
    second = used.batch("train", 64, torch.Generator().manual_seed(1))
    assert torch.equal(first.inputs, second.inputs)
    assert torch.equal(first.targets, second.targets)


def test_too_many_unreadable_images_are_an_error_before_training(flat: Path) -> None:
    for file in sorted((flat / "red").iterdir())[:11]:
        file.write_bytes(b"")
    with pytest.raises(
        UsageError, match=r"11 of 60 image files cannot be read, more than the 10 .*/red/.*empty"
    ):
        loaded(flat)
    assert loaded(flat, broken=11).describe()["unreadable files left out"] == 11
    with pytest.raises(UsageError, match="more than the 0 that may be left out"):
        loaded(flat, broken=0)


def test_an_image_damaged_after_the_check_is_replaced(flat: Path) -> None:
    task = loaded(flat)
    for photo in task._images._parts["search"][:1]:  # pyright: ignore
        Path(photo.path).write_bytes(b"")
    batch = task.batch("search", 40, torch.Generator().manual_seed(0))
    assert len(batch.targets) == 40
    assert task.describe()["unreadable files left out"] == 1


def test_a_part_that_loses_every_image_is_an_error(flat: Path) -> None:
    task = loaded(flat)
    for photo in task._images._parts["search"]:  # pyright: ignore
        Path(photo.path).write_bytes(b"")
    with pytest.raises(UsageError, match="none of the search part can"):
        task.batch("search", 1, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("argument", [None, ""])
def test_missing_argument_is_refused(argument: str | None) -> None:
    with pytest.raises(UsageError, match="imagefolder:PATH"):
        load(argument)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        load(str(tmp_path / "nowhere"))


def test_folder_without_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least two class folders, it holds none"):
        loaded(tmp_path)


def test_single_class_is_refused(tmp_path: Path, write_images: Any) -> None:
    write_images(tmp_path / "only", 5)
    with pytest.raises(UsageError, match='holds only "only"'):
        loaded(tmp_path)


def test_class_without_images_is_refused(flat: Path) -> None:
    (flat / "void").mkdir()
    (flat / "void" / "notes.txt").write_text("nothing")
    with pytest.raises(UsageError, match=r'class folder ".*void" holds no images'):
        loaded(flat)


def test_class_that_cannot_be_split_is_refused(flat: Path, write_images: Any) -> None:
    write_images(flat / "rare", 2)
    with pytest.raises(UsageError, match=r'class "rare" has 2 image\(s\), at least 3'):
        loaded(flat)


def test_classes_that_differ_are_refused(tmp_path: Path, write_images: Any) -> None:
    for kind in KINDS:
        write_images(tmp_path / "train" / kind, 3)
        write_images(tmp_path / "val" / kind, 1)
    (tmp_path / "val" / "red").rename(tmp_path / "val" / "crimson")
    with pytest.raises(UsageError, match=r'class "crimson" is in val/ but not in train/'):
        loaded(tmp_path)


def test_a_part_to_train_on_is_needed(tmp_path: Path, write_images: Any) -> None:
    for part in ("val", "test"):
        for kind in KINDS:
            write_images(tmp_path / part / kind, 3)
    with pytest.raises(UsageError, match=r"holds parts \(test/, val/\) but none to train on"):
        loaded(tmp_path)


def test_options_are_checked(flat: Path) -> None:
    catalog = Catalog.installed()
    task = catalog.create("task", "imagefolder", {"size": 8}, argument=str(flat))
    assert task.example(1).shape == (1, 3, 8, 8)
    with pytest.raises(UsageError, match=r"options\.task\.size must be at least 8, got 7"):
        catalog.create("task", "imagefolder", {"size": 7}, argument=str(flat))


def test_evaluated_images_are_limited(flat: Path) -> None:
    task = loaded(flat, evaluated=7)
    assert sum(len(batch.targets) for batch in task._images.fixed("train")) == 7
    assert task.describe()["evaluated images"] == {"train": 7, "search": 6, "test": 6}
