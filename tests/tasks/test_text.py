"""A person's own text: split without overlap, refused with a reason."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
import torch

from monas_core.errors import UsageError
from monas_core.parts.task import Task
from monas_core.testing import contracts
from monas_tasks.corpus import PARTS, Document, blocks, distinct, split
from monas_tasks.language_model import ByteLanguageModel
from monas_tasks.text import load


def write_file(path: Path, size: int, seed: int = 0) -> Path:
    """A file of random letters, so that no two stretches are equal."""
    rng = random.Random(seed)
    path.write_bytes(bytes(rng.choices(b"abcdefghij \n", k=size)))
    return path


def write_folder(folder: Path, count: int, size: int = 1000) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        write_file(folder / f"{number}.txt", size, seed=number)
    return folder


def texts(task: ByteLanguageModel) -> dict[str, bytes]:
    """Everything each part shows, whether it is in memory or mapped."""
    return {
        part: stored.windows(torch.tensor([0]), len(stored))[0].to(torch.uint8).numpy().tobytes()
        for part, stored in task._data.items()
    }


class TestTextContract(contracts.TaskContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, tmp_path_factory: pytest.TempPathFactory) -> Task:
        return load(str(write_file(tmp_path_factory.mktemp("text") / "a.txt", 40_000)))


def test_folder_is_split_by_file(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "many", 20)
    task = load(str(folder))
    found = texts(task)
    for number in range(20):
        content = (folder / f"{number}.txt").read_bytes()
        assert sum(content in text for text in found.values()) == 1
    assert task.describe()["documents"] == {"train": 16, "search": 2, "test": 2}


def test_equal_files_count_once(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "many", 20)
    content = (folder / "3.txt").read_bytes()
    for number in range(20):
        (folder / f"copy{number}.txt").write_bytes(content)
    task = load(str(folder))
    assert sum(text.count(content) for text in texts(task).values()) == 1


def test_file_is_split_by_blocks(tmp_path: Path) -> None:
    path = write_file(tmp_path / "one.txt", 50_000)
    task = load(str(path))
    found = texts(task)
    shingles = {
        part: {text[i : i + 20] for i in range(len(text) - 20)} for part, text in found.items()
    }
    assert not shingles["train"] & shingles["search"]
    assert not shingles["train"] & shingles["test"]
    assert not shingles["search"] & shingles["test"]
    assert sum(map(len, found.values())) >= 50_000
    assert len(found["train"]) == pytest.approx(40_000, rel=0.05)
    assert len(found["test"]) == pytest.approx(5_000, rel=0.05)


def test_few_files_are_split_by_blocks(tmp_path: Path) -> None:
    task = load(str(write_folder(tmp_path / "few", 3, size=5_000)))
    assert task.describe()["split"].startswith("by block")
    assert all(len(text) > 1000 for text in texts(task).values())


def test_tiny_files_are_split_by_blocks(tmp_path: Path) -> None:
    """Enough files, but the one file of a part would not fill a window."""
    task = load(str(write_folder(tmp_path / "crumbs", 100, size=50)))
    assert all(len(text) >= 260 for text in texts(task).values())


def test_split_is_the_same_everywhere(tmp_path: Path) -> None:
    first = load(str(write_folder(tmp_path / "a", 20)))
    second = load(str(write_folder(tmp_path / "b", 20)))
    assert texts(first) == texts(second)


def test_hidden_and_binary_files_are_left_out(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "mixed", 12)
    (folder / "photo.bin").write_bytes(b"\0\1" * 500)
    (folder / ".secret").write_bytes(b"password " * 100)
    (folder / ".git").mkdir()
    (folder / ".git" / "objects").write_bytes(b"tree " * 100)
    task = load(str(folder))
    assert task.describe()["files"] == 12
    assert not any(b"password" in text for text in texts(task).values())


@pytest.mark.parametrize("argument", [None, ""])
def test_missing_argument_is_refused(argument: str | None) -> None:
    with pytest.raises(UsageError, match="text:PATH"):
        load(argument)


def test_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no file or folder .*nowhere"):
        load(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("content", [b"", b"   \n\n", b"short"])
def test_too_little_text_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "little.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"at least 10 .* longer text"):
        load(str(path))


def test_repetition_is_no_text(tmp_path: Path) -> None:
    """Every block is the same, so parts could only be filled with copies."""
    path = tmp_path / "same.txt"
    path.write_bytes(b"x" * 100_000)
    with pytest.raises(UsageError, match="different blocks"):
        load(str(path))


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="longer text"):
        load(str(tmp_path))


def test_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.bin"
    path.write_bytes(b"\0\1\2" * 5000)
    with pytest.raises(UsageError, match="zero bytes"):
        load(str(path))


def test_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_file(tmp_path / "locked.txt", 5000)

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything, so no chmod
    with pytest.raises(UsageError, match="Permission denied"):
        load(str(path))


def test_windows_end_with_the_text() -> None:
    """The last byte of a part can be a target, and nothing reads beyond it."""
    data = [Document("d", bytes(range(66)))]
    task = ByteLanguageModel("t", dict.fromkeys(PARTS, data), facts={}, context=64)
    shown: list[torch.Tensor] = []

    def model(inputs: torch.Tensor) -> torch.Tensor:
        shown.append(inputs)
        return torch.zeros(*inputs.shape, 256)

    task.evaluate(model, "test")
    assert {int(window[0]) for window in torch.cat(shown)} == {0, 1}
    drawn = task.batch("train", 100, torch.Generator().manual_seed(0))
    assert int(drawn.targets.max()) == 65
    assert torch.equal(drawn.inputs[:, 1:], drawn.targets[:, :-1])


def test_scores_are_what_their_names_say() -> None:
    data = [Document("d", b"abababababababababababab" * 20)]
    task = ByteLanguageModel("t", dict.fromkeys(PARTS, data), facts={}, context=8)

    def after(inputs: torch.Tensor) -> torch.Tensor:
        """Probability 3/4 for the right letter, 1/4 for the wrong one."""
        right = torch.where(inputs == ord("a"), ord("b"), ord("a"))
        logits = torch.full((*inputs.shape, 256), -1e9)
        logits.scatter_(-1, inputs[..., None], math.log(0.25))
        return logits.scatter(-1, right[..., None], math.log(0.75))

    found = task.evaluate(after, "search")
    assert found["bits per byte"] == pytest.approx(-math.log2(0.75), rel=1e-5)
    assert found["perplexity"] == pytest.approx(4 / 3, rel=1e-5)
    assert found["next-byte accuracy"] == 1.0


def test_distinct_keeps_the_first_name() -> None:
    found = distinct(
        [Document("a", b"x"), Document("b", b"x"), Document("c", b" "), Document("d", b"y")]
    )
    assert [document.name for document in found] == ["a", "d"]


def test_blocks_lose_nothing() -> None:
    whole = bytes(range(256)) * 7
    found = blocks([Document("d", whole)], least=100, count=5)
    assert b"".join(document.text for document in found) == whole
    assert min(len(document.text) for document in found) >= 100


def test_split_fills_every_part() -> None:
    parts = split(Document(f"{i}", f"text {i}".encode()) for i in range(10))
    assert {part: len(documents) for part, documents in parts.items()} == {
        "train": 8,
        "search": 1,
        "test": 1,
    }
