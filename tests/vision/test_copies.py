"""Broken files found before training, and copies of a picture kept together."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from monas_core.errors import UsageError
from monas_vision.checking import Look, look_at, near, same
from monas_vision.images import PARTS
from monas_vision.listing import Listing, listing
from monas_vision.options import FolderOptions


def noise(number: int, size: int = 48) -> Image.Image:
    values = np.random.default_rng(number).integers(0, 255, (size, size, 3), dtype=np.uint8)
    return Image.fromarray(values)


def folder(root: Path, count: int = 30, suffix: str = "png") -> Path:
    for number, kind in enumerate(("a", "b")):
        (root / kind).mkdir(parents=True)
        for i in range(count):
            noise(1000 * number + i).save(root / kind / f"{i:03}.{suffix}")
    return root


def contents(found: Listing) -> dict[str, set[bytes]]:
    return {
        part: {np.asarray(Image.open(p.path).convert("RGB")).tobytes() for p in found.parts[part]}
        for part in PARTS
    }


def encoded(form: str) -> bytes:
    stream = io.BytesIO()
    noise(5).save(stream, form)
    return stream.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.95])
@pytest.mark.parametrize("decode", [True, False])
def test_cut_off_files_are_found(tmp_path: Path, form: str, share: float, decode: bool) -> None:
    whole = encoded(form)
    (tmp_path / "cut.jpg").write_bytes(whole[: int(share * len(whole))])
    (tmp_path / "whole.jpg").write_bytes(whole)
    cut, good = look_at([str(tmp_path / "cut.jpg"), str(tmp_path / "whole.jpg")], decode=decode)
    assert cut.fault
    assert not good.fault


@pytest.mark.parametrize(
    ("content", "wanted"),
    [(b"", "empty"), (b"<html>404</html>", "web page"), (b"\0" * 99, "no image"), (None, "link")],
)
def test_the_reason_is_named(tmp_path: Path, content: bytes | None, wanted: str) -> None:
    file = tmp_path / "x.jpg"
    if content is None:
        file.symlink_to(tmp_path / "nowhere.jpg")
    else:
        file.write_bytes(content)
    for decode in (True, False):
        assert wanted in look_at([str(file)], decode=decode)[0].fault


def test_all_broken_files_are_listed_and_left_out(tmp_path: Path) -> None:
    root = folder(tmp_path / "x", 40, "jpg")
    broken = sorted((root / "a").iterdir())[3:8]
    for file in broken:
        file.write_bytes(file.read_bytes()[:300])
    for checked in (1000, 0):
        found = listing(root, "t", FolderOptions(checked=checked))
        assert set(found.broken) == {str(file) for file in broken}
        assert found.notes[0].startswith("5 image files cannot be read and are left out")
        assert all(str(file) in found.notes[0] for file in broken)
        assert sum(map(len, found.parts.values())) == 75


@pytest.mark.parametrize("rename", ["{} (1)", "copy of {}", "sub/{}"])
@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_no_picture_lies_in_two_parts(tmp_path: Path, rename: str, suffix: str) -> None:
    root = folder(tmp_path / "x")
    for file in sorted(root.rglob("*.png")):
        copy = file.parent / f"{rename.format(file.stem)}.{suffix}"
        copy.parent.mkdir(exist_ok=True)
        if suffix == "png":
            shutil.copy(file, copy)
        else:
            Image.open(file).save(copy)  # other bytes, the same pixels
    found = listing(root, "t")
    train, search, test = (contents(found)[part] for part in PARTS)
    assert not train & search and not train & test and not search & test  # noqa: PT018
    assert len(train | search | test) == 60
    assert sum(map(len, found.parts.values())) == 120
    assert "60 image files are copies of others; all copies are in one part" in found.notes


def test_pictures_of_two_given_parts_are_not_trained_on(tmp_path: Path) -> None:
    root = tmp_path / "x"
    folder(root / "train", 20)
    for kind in ("a", "b"):
        (root / "test" / kind).mkdir(parents=True)
        for file in sorted((root / "train" / kind).iterdir())[:6]:
            shutil.copy(file, root / "test" / kind / f"again {file.name}")
    found = listing(root, "t")
    assert len(found.parts["test"]) == 12
    assert not contents(found)["test"] & contents(found)["train"]
    assert any(note.startswith("12 pictures lie in two of the given parts") for note in found.notes)


def test_one_picture_in_two_classes_is_said_and_kept_in_one_part(tmp_path: Path) -> None:
    root = folder(tmp_path / "x")
    for file in sorted((root / "a").iterdir())[:10]:
        shutil.copy(file, root / "b" / f"from a {file.name}")
    found = listing(root, "t")
    assert any("10 contents lie in two classes at once" in note for note in found.notes)
    train, search, test = (contents(found)[part] for part in PARTS)
    assert not train & search and not train & test and not search & test  # noqa: PT018


def test_a_class_of_copies_cannot_be_split(tmp_path: Path) -> None:
    root = folder(tmp_path / "x", 5)
    for file in sorted((root / "b").iterdir()):
        shutil.copy(root / "b" / "000.png", file) if file.name != "000.png" else None
    with pytest.raises(UsageError, match=r"has 1 image\(s\) in 5 files"):
        listing(root, "t")


def test_near_duplicates_in_two_parts_are_reported(tmp_path: Path) -> None:
    root = folder(tmp_path / "x")
    for file in sorted(root.rglob("*.png")):
        Image.open(file).save(file.with_suffix(".jpg"), quality=90)
    (note,) = [note for note in listing(root, "t").notes if "nearly the same" in note]
    assert int(note.split()[0]) >= 10
    assert "such as" in note


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=20), st.randoms())
def test_groups_are_the_same_in_any_order(marks: list[int], random: object) -> None:
    # equal bytes are equal pixels, not the other way round
    looks = [Look(f"/{i}", digest=f"d{a}", pixels=f"p{a // 2}") for i, a in enumerate(marks)]
    found = same(looks)
    assert sorted(look.path for group in found for look in group) == sorted(x.path for x in looks)
    mixed = looks.copy()
    random.shuffle(mixed)  # pyright: ignore
    sets = {frozenset(look.path for look in group) for group in found}
    assert sets == {frozenset(look.path for look in group) for group in same(mixed)}
    owner = {look.path: i for i, group in enumerate(found) for look in group}
    for one in looks:
        mates = [o.path for o in looks if owner[o.path] == owner[one.path]]
        assert mates == [o.path for o in looks if one.pixels == o.pixels]


def test_near_compares_what_differs_in_few_bits() -> None:
    base = 0x0123_4567_89AB_CDEF
    changed = (0, 0b111, 1 << 60, 0b1111)
    looks = [[Look(str(i), features=base ^ bits)] for i, bits in enumerate(changed)]
    assert near(looks) == [(0, 1), (0, 2), (1, 3)]
