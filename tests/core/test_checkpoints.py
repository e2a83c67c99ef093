"""Which checkpoints a folder has, and which of them is gone on from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from monas_core import state
from monas_core.errors import UsageError
from monas_core.record import checkpoints
from monas_core.record.logs import LineLog


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three checkpoints, made after one, two and three lines of the archive."""
    (tmp_path / "checkpoints").mkdir()
    archive, events = (LineLog(tmp_path / n) for n in (checkpoints.ARCHIVE, checkpoints.EVENTS))
    for number in range(3):
        archive.append({"line": number})
        logs = {log.path.name: log.mark().to_json() for log in (archive, events)}
        save(tmp_path, number, clock=10.0 + number, logs=logs)
    archive.close()
    return tmp_path


def save(folder: Path, number: int, **content: Any) -> None:
    state.save(checkpoints.path_of(folder, number), content)


def test_they_are_found_oldest_first_and_nothing_else_is(folder: Path) -> None:
    parent = folder / "checkpoints"
    for name in ("step_1", "step_00000009.draft", ".step_00000008", "step_000000x1", "notes"):
        (parent / name).mkdir()
    assert [path.name for path in checkpoints.found(folder)] == [
        f"step_{number:08d}" for number in range(3)
    ]
    assert checkpoints.found(folder / "checkpoints") == []


def test_the_next_number_is_above_all(folder: Path, tmp_path_factory: Any) -> None:
    assert checkpoints.next_number(folder) == 3
    save(folder, 41, clock=0.0)
    assert checkpoints.next_number(folder) == 42
    assert checkpoints.next_number(tmp_path_factory.mktemp("empty")) == 0


def test_the_newest_whole_one_counts(folder: Path) -> None:
    found = checkpoints.newest(folder)
    assert found is not None
    assert (found.number, found.clock, found.faults) == (2, 12.0, ())
    assert checkpoints.newest(folder / "checkpoints") is None


def test_one_whose_archive_was_cut_gives_way(folder: Path) -> None:
    archive = folder / checkpoints.ARCHIVE
    archive.write_bytes(b"".join(archive.read_bytes().splitlines(keepends=True)[:2]))
    found = checkpoints.newest(folder)
    assert found is not None
    assert found.number == 1
    assert len(found.faults) == 1
    assert "step_00000002 counts on more than is there" in found.faults[0]
    archive.write_bytes(b"")
    with pytest.raises(UsageError, match="cannot be gone on with: step_00000002 counts on more"):
        checkpoints.newest(folder)


@pytest.mark.parametrize("clock", [None, "12", True, [1]])
def test_one_without_a_clock_gives_way(folder: Path, clock: Any) -> None:
    newest = state.load(checkpoints.path_of(folder, 2))
    save(folder, 3, **(newest | {"clock": clock}))
    found = checkpoints.newest(folder)
    assert found is not None
    assert found.number == 2
    assert "has no clock" in found.faults[0]


def test_no_clock_runs_before_the_beginning(folder: Path) -> None:
    newest = state.load(checkpoints.path_of(folder, 2))
    save(folder, 3, **(newest | {"clock": -5.0}))
    found = checkpoints.newest(folder)
    assert found is not None
    assert (found.number, found.clock) == (3, 0.0)


def test_two_are_kept_and_none_of_the_useless(folder: Path) -> None:
    save(folder, 3, clock=0.0)
    checkpoints.prune(folder, [checkpoints.path_of(folder, 3)])
    assert [path.name for path in checkpoints.found(folder)] == ["step_00000001", "step_00000002"]


def test_tied_and_sliced_tensors_are_written_as_what_they_show(tmp_path: Path) -> None:
    whole = torch.arange(12.0).reshape(3, 4)
    told = {"a": whole, "tied": whole, "part": whole[:, :2], "turned": whole.T, "one": whole[0]}
    state.save(tmp_path / "state", told)
    found = state.load(tmp_path / "state")
    assert all(torch.equal(found[name], told[name]) for name in told)
    again = state.unpacked(state.packed(told))
    assert all(torch.equal(again[name], told[name]) for name in told)


def test_what_is_written_is_not_copied_before(tmp_path: Path) -> None:
    from monas_core.state import _split, _Tensors

    weight, found = torch.zeros(5), _Tensors()
    _split({"weight": weight, "more": [torch.ones(2)]}, "", found)
    assert found["/weight"].data_ptr() == weight.data_ptr()
