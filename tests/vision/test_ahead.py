"""Batches prepared by other processes are those of one that prepares nothing."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import torch

from monas_core.errors import MonasError, UsageError
from monas_vision.imagefolder import load
from monas_vision.options import FolderOptions


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory, write_images: Any) -> Path:
    """Two classes of 15 images."""
    folder = tmp_path_factory.mktemp("ahead")
    for colour, kind in enumerate(("blue", "green")):
        write_images(folder / kind, 15, colour=colour)
    return folder


def loaded(folder: Path, **options: Any) -> Any:
    return load(str(folder), options=FolderOptions(**{"size": 16, "workers": 0, **options}))


def same(one: Any, two: Any) -> bool:
    return torch.equal(one.inputs, two.inputs) and torch.equal(one.targets, two.targets)


def test_any_number_of_processes_gives_the_same_batches(flat: Path) -> None:
    here, ahead = loaded(flat), loaded(flat, workers=2)
    one, two = (torch.Generator().manual_seed(5) for _ in range(2))
    for size in (4, 4, 4, 4, 6, 6, 6):
        assert same(here.batch("train", size, one), ahead.batch("train", size, two))
        assert torch.equal(one.get_state(), two.get_state())
    assert ahead._images._ahead._stream is not None, "nothing was prepared"
    again = torch.Generator()  # as a run that goes on in another process
    again.set_state(one.get_state())
    went_on = [loaded(flat).batch("train", 6, again) for _ in range(3)]
    assert all(same(batch, ahead.batch("train", 6, two)) for batch in went_on)


def test_a_generator_that_serves_others_too_is_noticed(flat: Path) -> None:
    here, ahead = loaded(flat), loaded(flat, workers=1)
    one, two = (torch.Generator().manual_seed(5) for _ in range(2))
    for _ in range(4):
        assert same(here.batch("train", 4, one), ahead.batch("train", 4, two))
        for generator in (one, two):
            torch.rand(1, generator=generator)
    assert ahead._images._ahead._loader is None


def test_a_picture_damaged_later_is_counted_whoever_meets_it(
    tmp_path: Path, write_images: Any
) -> None:
    for colour, kind in enumerate(("blue", "green")):
        write_images(tmp_path / kind, 15, colour=colour)
    here, ahead = loaded(tmp_path), loaded(tmp_path, workers=1)
    victim = Path(here._images._parts["train"][3].path)
    victim.write_bytes(b"gone")
    one, two = (torch.Generator().manual_seed(1) for _ in range(2))
    for _ in range(6):
        assert same(here.batch("train", 8, one), ahead.batch("train", 8, two))
    assert ahead.describe()["unreadable files left out"] == 1
    victim.unlink()
    for photo in ahead._images._parts["train"][:12]:
        Path(photo.path).write_bytes(b"gone")
    with pytest.raises(UsageError, match=r"image files cannot be read \(limit 10\)"):
        _ = [ahead.batch("train", 8, two) for _ in range(9)]


def test_what_is_shown_in_training_can_be_chosen(flat: Path) -> None:
    def drawn(**options: Any) -> Any:
        places = torch.arange(8)
        images: Any = loaded(flat, **options)._images
        return images.draw("train", places, torch.Generator().manual_seed(0)).inputs

    centres = loaded(flat, augment="none")
    plain = drawn(augment="none")
    flips = drawn(augment="flip")
    turned = [torch.equal(a, b.flip(-1)) for a, b in zip(flips, plain, strict=True)]
    whole = [torch.equal(a, b) for a, b in zip(flips, plain, strict=True)]
    assert all(a or b for a, b in zip(turned, whole, strict=True))
    assert any(turned)
    assert any(not b for b in turned)
    assert not torch.equal(drawn(), plain)
    assert "centres" in centres.describe()["shown"]


def test_smoothed_labels_change_the_loss_and_not_the_score(flat: Path) -> None:
    plain, smooth = loaded(flat), loaded(flat, smoothing=0.2)
    logits, targets = torch.tensor([[3.0, 0.0]]), torch.tensor([0])
    sharp = plain.loss(logits, targets)
    wrong = plain.loss(logits, torch.tensor([1]))
    assert torch.allclose(smooth.loss(logits, targets), 0.9 * sharp + 0.1 * wrong)

    def model(inputs: torch.Tensor) -> torch.Tensor:
        return logits.expand(len(inputs), 2)

    assert plain.evaluate(model, "search") == smooth.evaluate(model, "search")


def test_pictures_to_judge_by_are_decoded_once_and_alike(flat: Path) -> None:
    kept, fresh = loaded(flat), loaded(flat, memory=0)
    for _ in range(2):
        for one, two in zip(kept._images.fixed("test"), fresh._images.fixed("test"), strict=True):
            assert same(one, two)
    assert kept._images._kept
    assert not fresh._images._kept


def test_recipes_need_a_torchvision_that_fits(flat: Path) -> None:
    try:
        importlib.import_module("torchvision.transforms.v2")
    except Exception:  # noqa: BLE001 - built for another torch it fails in many ways
        for option in ({"randaugment": 9}, {"mixup": 0.2}):
            with pytest.raises(MonasError, match=r"options\.task\.\w+ needs .*pip install"):
                loaded(flat, **option)
        pytest.skip("torchvision is not installed, or not for this torch")
    before = torch.get_rng_state()
    task = loaded(flat, randaugment=9, mixup=0.4)
    first, again = (task.batch("train", 6, torch.Generator().manual_seed(3)) for _ in range(2))
    assert same(first, again)
    assert first.targets.shape == (6, 2)
    assert torch.allclose(first.targets.sum(1), torch.ones(6))
    loss = task.loss(torch.zeros(6, 2), first.targets)
    assert torch.allclose(loss, torch.full((6,), 2.0).log())
    assert torch.equal(torch.get_rng_state(), before)


def listed(folder: Path, text: str) -> Any:
    (folder / "val.txt").write_text(text)
    return loaded(folder, validation="val.txt")


def test_a_list_says_what_judges(tmp_path: Path, write_images: Any) -> None:
    for colour, kind in enumerate(("blue", "green")):
        write_images(tmp_path / "train" / kind, 15, colour=colour)
        write_images(tmp_path / "val" / "x" / kind, 2, colour=colour)
    flat_val = tmp_path / "val"
    for kind in ("blue", "green"):
        for number, file in enumerate(sorted((flat_val / "x" / kind).iterdir())):
            file.rename(flat_val / f"{kind}{number}{file.suffix}")
        (flat_val / "x" / kind).rmdir()
    (flat_val / "x").rmdir()
    names = sorted(p.name for p in (tmp_path / "train" / "blue").iterdir())
    suffix = Path(names[0]).suffix
    lines = [
        f"train/blue/{names[0]}",
        f"blue/{names[1]}",
        f"green0{suffix} green",
        "val/green1.jpg,green",
        "",
    ]
    task = listed(tmp_path, "\n".join(lines))
    assert task.describe()["images"]["test"] == 4
    shown = {Path(p.path).name for p in task._images._parts["test"]}
    assert shown == {names[0], names[1], f"green0{suffix}", "green1.jpg"}
    for line, said in (
        ("nowhere.png", "names no image"),
        (f"green0{suffix} red", 'no class "red"'),
    ):
        with pytest.raises(UsageError, match=said):
            listed(tmp_path, line)
    with pytest.raises(UsageError, match="there is no file"):
        loaded(tmp_path, validation="none.txt")
