"""Paths that lead nowhere else, and writes that are whole or did not happen."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from monas_core import state
from monas_core.errors import MonasError, UsageError
from monas_core.files import (
    atomic_folder,
    command,
    inside,
    parse_json,
    plain_name,
    remove,
    strict_json,
    sweep,
    write_text,
)

NAMES = ["..", ".", "", "a/b", "/etc/passwd", "a\\b", "C:x", "a\0b", "x" * 300, "a\nb", "\x1b[2J"]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_only_names_are_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        inside(tmp_path, name)


@given(st.text(max_size=30))
def test_no_name_leads_out(name: str) -> None:
    if plain_name(name):
        assert (Path("/some/run") / name).parent == Path("/some/run")


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_links_are_not_followed(tmp_path: Path, depth: int) -> None:
    root, parts = tmp_path / "run", ["a", "b", "c"]
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "c").write_text("x")
    assert inside(root, *parts).read_text() == "x"
    link = root.joinpath(*parts[: depth + 1])
    link.rename(tmp_path / "moved")
    link.symlink_to(tmp_path / "moved")
    with pytest.raises(UsageError, match="is a link"):
        inside(root, *parts)
    remove(link)
    assert (tmp_path / "moved").exists(), "only the link is gone"


def test_what_is_neither_file_nor_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        inside(tmp_path, "pipe")


@pytest.mark.parametrize("mask", [0o022, 0o002, 0o077])
def test_the_umask_holds(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write_text(tmp_path / "text", "x")
        state.save(tmp_path / "state", {"a": torch.ones(2)})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "text").stat().st_mode) == 0o666 & ~mask
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o777 & ~mask
    for path in (tmp_path / "state").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0o066 & ~mask


def test_a_folder_replaces_another_or_does_not(tmp_path: Path) -> None:
    target = tmp_path / "x"
    for content in ("old", "new"):
        with atomic_folder(target) as draft:
            (draft / "f").write_text(content)
    assert (target / "f").read_text() == "new"

    def killed() -> None:
        with atomic_folder(target) as draft:
            (draft / "f").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert (target / "f").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_drafts_of_killed_writes_are_swept(tmp_path: Path) -> None:
    (tmp_path / ".step_1.ab12.draft").mkdir()
    (tmp_path / ".a.json.ab12.draft").write_text("x")
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "kept").write_text("x")
    (tmp_path / ".l.draft").symlink_to(tmp_path / "victim")
    sweep(tmp_path)
    assert [p.name for p in tmp_path.rglob("*")] == ["victim", "kept"]


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "[" * 10**5, "1" * 5000, "", "{", "\ud800"])
def test_only_json_is_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


def test_what_is_written_is_strict() -> None:
    odd = {"a": [float("nan"), 1.5], "b": {"c": float("-inf")}}
    assert json.loads(strict_json(odd)) == {"a": [None, 1.5], "b": {"c": None}}


def test_commands_can_be_pasted() -> None:
    assert command("monas run --resume", Path("a b;rm")) == "monas run --resume 'a b;rm'"


CASES = {
    "tensors": torch.arange(6.0).reshape(2, 3),
    "numbers": [1, 2.5, True, None, "x", float("inf"), float("-inf")],
    "keys": {1: "a", "b": {2: torch.tensor([1])}},
}


def test_state_comes_back(tmp_path: Path) -> None:
    state.save(tmp_path / "s", CASES)
    found = state.load(tmp_path / "s")
    assert torch.equal(found["tensors"], CASES["tensors"])
    assert found["numbers"] == CASES["numbers"]
    assert found["keys"][1] == "a"
    json.loads((tmp_path / "s" / "state.json").read_text(), parse_constant=pytest.fail)


@pytest.mark.parametrize("name", ["tensors.safetensors", "state.json", "manifest.json"])
@pytest.mark.parametrize(
    "fault", ["removed", "emptied", "halved", "one byte", "null", "link", "folder"]
)
def test_damaged_state_is_refused(tmp_path: Path, name: str, fault: str) -> None:
    state.save(tmp_path / "s", CASES)
    path = tmp_path / "s" / name
    data = path.read_bytes()
    path.unlink()
    if fault == "link":
        (tmp_path / "elsewhere").write_bytes(data)
        path.symlink_to(tmp_path / "elsewhere")
    elif fault == "folder":
        path.mkdir()
    elif fault != "removed":
        middle = len(data) // 2
        changed = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        contents = {"emptied": b"", "halved": data[:middle], "null": b"null", "one byte": changed}
        path.write_bytes(contents[fault])
    with pytest.raises(UsageError, match="is missing or damaged"):
        state.load(tmp_path / "s")


def test_a_full_disk_is_no_traceback(small_disk: Path) -> None:
    (small_disk / "kept").write_text("x")
    with pytest.raises(MonasError, match="No space left on device"):
        state.save(small_disk / "s", {"a": torch.zeros(500_000)})
    assert [p.name for p in small_disk.iterdir()] == ["kept"], "no half state is left behind"
    state.save(small_disk / "s", {"a": torch.zeros(5_000)})
    assert state.load(small_disk / "s")["a"].shape == (5_000,)
