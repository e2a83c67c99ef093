"""CIFAR-10's binary files: read right, refused with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from monas_core.errors import UsageError
from monas_core.parts.task import Task
from monas_core.testing import contracts
from monas_vision import cifar10


@pytest.fixture(scope="module", autouse=True)
def _few_records() -> Iterator[None]:
    """The published files hold 10,000 images each; 200 do here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cifar10, "RECORDS", 200)
        yield


def write(folder: Path) -> Path:
    """Six files laid out as published: random pixels, labels in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate((*cifar10.TRAINING, cifar10.TEST)):
        pixels = np.random.default_rng(seed).integers(
            0, 256, (cifar10.RECORDS, cifar10.RECORD), dtype=np.uint8
        )
        pixels[:, 0] = np.arange(cifar10.RECORDS) % 10
        (folder / name).write_bytes(pixels.tobytes())
    return folder


@pytest.fixture(scope="module")
def folder(_few_records: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("cifar") / cifar10.FOLDER)


@pytest.fixture
def damaged(folder: Path, tmp_path: Path) -> Path:
    """A folder of links, of which a test may replace some."""
    for file in folder.iterdir():
        (tmp_path / file.name).symlink_to(file)
    return tmp_path


def replace(file: Path, change: Callable[[bytes], bytes]) -> None:
    content = change(file.read_bytes())
    file.unlink()
    file.write_bytes(content)


@pytest.fixture(scope="module")
def task(folder: Path) -> Task:
    return cifar10.load(str(folder))


class TestCifarContract(contracts.TaskContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, folder: Path) -> Task:
        return cifar10.load(str(folder))


def test_files_are_as_large_as_published() -> None:
    assert cifar10.RECORD * 10_000 == 30_730_000


def test_split_and_shape(task: Task) -> None:
    facts = task.describe()
    assert facts["images"] == {"train": 900, "search": 100, "test": 200}
    assert task.example(2).shape == (2, 3, 32, 32)


def test_pixels_are_where_they_belong(folder: Path) -> None:
    record = (folder / "test_batch.bin").read_bytes()[: cifar10.RECORD]
    images, labels = cifar10._records(folder / "test_batch.bin")
    assert int(labels[0]) == record[0]
    assert int(images[0, 0, 0, 1]) == record[2]  # red, first row, second column
    assert int(images[0, 2, 31, 31]) == record[-1]  # blue, last pixel


def test_parent_folder_will_do(folder: Path) -> None:
    assert cifar10._folder(str(folder.parent)) == folder


@pytest.mark.parametrize("argument", [None, ""])
def test_missing_argument_is_refused(argument: str | None) -> None:
    with pytest.raises(UsageError, match="write cifar10:PATH"):
        cifar10.load(argument)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        cifar10.load(str(tmp_path / "nowhere"))


def test_missing_files_are_named(damaged: Path) -> None:
    (damaged / "data_batch_3.bin").unlink()
    with pytest.raises(UsageError, match=r"lacks data_batch_3\.bin; give the folder"):
        cifar10.load(str(damaged))


def test_python_version_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "data_batch_1").write_bytes(b"\x80\x02")
    with pytest.raises(UsageError, match="take the binary version"):
        cifar10.load(str(tmp_path))


def test_truncated_file_is_refused(damaged: Path) -> None:
    replace(damaged / "data_batch_2.bin", lambda content: content[:-1])
    with pytest.raises(UsageError, match=r"614599 bytes instead of 614600.*download it again"):
        cifar10.load(str(damaged))


def test_impossible_label_is_refused(damaged: Path) -> None:
    replace(damaged / "data_batch_1.bin", lambda content: b"\x0b" + content[1:])
    with pytest.raises(UsageError, match="has a label 11, labels go from 0 to 9"):
        cifar10.load(str(damaged))


def test_unreadable_file_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root may read everything, so no chmod
    with pytest.raises(UsageError, match="Permission denied"):
        cifar10.load(str(folder))


def test_drawn_images_keep_their_labels(task: Task) -> None:
    batch = task.batch("search", 50, torch.Generator().manual_seed(0))
    drawn = torch.randint(100, (50,), generator=torch.Generator().manual_seed(0))
    assert torch.equal(batch.targets, (10 * drawn + 9) % 10)
