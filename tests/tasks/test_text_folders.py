"""Folders of text: a share of every file, parts by name, links, and texts beyond the memory."""

from __future__ import annotations

import gzip
import os
import random
from pathlib import Path

import pytest
import torch

from monas_core.errors import UsageError
from monas_core.parts.task import Task
from monas_core.testing import contracts
from monas_tasks.corpus import PARTS
from monas_tasks.files import TextFile, find, roles, shares
from monas_tasks.options import TextOptions
from monas_tasks.text import load


def prose_bytes(size: int, seed: int = 0) -> bytes:
    return bytes(random.Random(seed).choices(b"abcdefghij \n", k=size))


def prose(path: Path, size: int, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(prose_bytes(size, seed))
    return path


class TestMappedText(contracts.TaskContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, tmp_path_factory: pytest.TempPathFactory) -> Task:
        folder = tmp_path_factory.mktemp("mapped")
        for number in range(3):
            prose(folder / f"{number}.txt", 20_000, number)
        return load(str(folder), options=TextOptions(memory=0))


LAYOUTS = [
    ("wiki.train.tokens", "wiki.valid.tokens", "wiki.test.tokens"),
    ("train.txt", "valid.txt", "test.txt"),
    ("TRAIN.TXT", "Dev.txt", "Test.txt"),
    ("corpus-training.md", "corpus-validation.md", "corpus-testing.md"),
    ("train/a.txt", "val/a.txt", "test/a.txt"),
    ("data/en_train", "data/en_dev", "data/en_test"),
    ("news-train-v2.txt", "news-dev-v2.txt", "news-eval-v2.txt"),
    ("a.trn", "a.development", "a.holdout"),
]


@pytest.mark.parametrize("names", LAYOUTS)
@pytest.mark.parametrize("memory", [0, 10**9])
def test_files_named_like_parts_are_parts(
    tmp_path: Path, names: tuple[str, str, str], memory: int
) -> None:
    sizes = (60_000, 5_000, 6_000)
    for seed, (name, size) in enumerate(zip(names, sizes, strict=True)):
        prose(tmp_path / name, size, seed)
    prose(tmp_path / "README.md", 900, 9)
    task = load(str(tmp_path), options=TextOptions(memory=memory))
    assert task.record().parts == dict(zip(PARTS, sizes, strict=True))
    assert task.describe()["split"] == "as the files are named"
    assert "not used: README.md" in str(task.describe()["notes"])


@pytest.mark.parametrize("judge", ["test", "valid", "dev", "eval", "heldout"])
def test_one_part_to_judge_with_is_enough(tmp_path: Path, judge: str) -> None:
    prose(tmp_path / "train.txt", 50_000, 0)
    prose(tmp_path / f"{judge}.txt", 5_000, 1)
    record = load(str(tmp_path)).record()
    assert record.seen_as == "64 bytes at a time"
    parts = record.parts
    assert parts["test"] == 5_000
    assert parts["train"] + parts["search"] == pytest.approx(50_000, rel=0.01)
    assert parts["search"] == pytest.approx(5_000, rel=0.1)


def test_names_of_a_few_files_do_not_make_parts(tmp_path: Path) -> None:
    for number in range(20):
        prose(tmp_path / f"module{number}.py", 2_000, number)
    prose(tmp_path / "train.py", 2_000, 50)
    prose(tmp_path / "test_utils.py", 2_000, 51)
    assert load(str(tmp_path)).describe()["split"].startswith("by file")


@pytest.mark.parametrize("sizes", [(1_500, 400_000), (300_000, 250_000, 2_000_000), (200_000,)])
@pytest.mark.parametrize("most", [50_000, 150_000])
@pytest.mark.parametrize("memory", [0, 10**9])
def test_every_file_gives_a_share_and_the_bytes_are_told_truly(
    tmp_path: Path, sizes: tuple[int, ...], most: int, memory: int
) -> None:
    for number, size in enumerate(sizes):
        prose(tmp_path / f"{number}.txt", size, number)
    task = load(str(tmp_path), options=TextOptions(bytes=most, memory=memory))
    facts = task.describe()
    assert facts["bytes found"] == sum(sizes)
    assert facts["bytes used"] == sum(map(len, task._data.values())) - (
        0 if memory == 0 else sum(max(0, n - 1) for n in facts["documents"].values())
    )
    assert 0.8 * most <= facts["bytes used"] <= most + len(sizes) + 200
    used = task.record().sources[0].items
    assert {name for name, item in used.items() if item.count} == set(used)
    assert len(used) == len(sizes)


def test_shares_add_up() -> None:
    files = [TextFile(str(n), Path(), 70_000 * n) for n in range(1, 40)]
    found = shares(files, 10_000_000)
    assert sum(found.values()) <= 10_000_000
    assert sum(found.values()) > 9_900_000
    assert all(0 < found[file.name] <= file.size for file in files)
    assert roles(files) is None


def test_mapped_and_held_texts_are_alike(tmp_path: Path) -> None:
    for number in range(30):
        prose(tmp_path / f"{number}.txt", 3_000 + number, number)
    held = load(str(tmp_path))
    mapped = load(str(tmp_path), options=TextOptions(memory=0))
    for part in PARTS:
        one = mapped._data[part].windows(torch.arange(0, len(mapped._data[part]) - 65, 997), 65)
        text = held._data[part].windows(torch.tensor([0]), len(held._data[part]))
        whole = bytes(text[0].to(torch.uint8).tolist())
        assert all(bytes(row.to(torch.uint8).tolist()) in whole for row in one)
    assert held.record().parts == mapped.record().parts


def test_links_are_followed_once_and_not_upwards(tmp_path: Path) -> None:
    for number in range(12):
        prose(tmp_path / "real" / f"{number}.txt", 1_000, number)
    prose(tmp_path / "elsewhere.txt", 9_000, 99)
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / "data").symlink_to("../real")
    (folder / "again").symlink_to("../real")
    (tmp_path / "real" / "loop").symlink_to("..")
    (folder / "gone.txt").symlink_to("/nonexistent")
    for named in (folder, tmp_path / "real"):
        found = find(named)
        assert len(found.files) == 12
        assert not any("elsewhere" in file.name for file in found.files)
        assert any("link" in reason for reason in found.left_out.values())
    assert load(str(folder)).describe()["files"] == 12


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (gzip.compress(prose_bytes(9_999))[:-99], "packed as gzip and damaged"),
        ("text äöü\n".encode("utf-16") * 900, "UTF-16"),
        (b"a\0b" * 900, "zero bytes"),
    ],
    ids=["packed", "wide", "zeros"],
)
def test_what_is_no_text_is_named(tmp_path: Path, content: bytes, wanted: str) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "odd.txt").write_bytes(content)
    with pytest.raises(UsageError, match=wanted):
        load(str(tmp_path / "x" / "odd.txt"))
    with pytest.raises(UsageError, match=wanted):
        load(str(tmp_path / "x"))
    for number in range(10):
        prose(tmp_path / "x" / f"{number}.txt", 1_000, number)
    task = load(str(tmp_path / "x"))
    assert wanted in str(task.describe()["left out"])
    assert any(wanted in note for note in task.record().notes)
    assert list(task.record().left_out) == ["odd.txt"]


def test_a_hard_link_counts_once(tmp_path: Path) -> None:
    for number in range(10):
        prose(tmp_path / f"{number}.txt", 1_000, number)
    os.link(tmp_path / "3.txt", tmp_path / "same.txt")
    assert load(str(tmp_path)).describe()["files"] == 10
