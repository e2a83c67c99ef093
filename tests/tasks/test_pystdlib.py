"""The default task: real text that is on every machine."""

from __future__ import annotations

import platform
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from monas_core.errors import UsageError
from monas_tasks import pystdlib
from monas_tasks.corpus import PARTS, Document, split


@pytest.fixture(scope="module")
def task() -> Any:
    return pystdlib.load()


def test_holds_the_files_of_this_interpreter(task: Any) -> None:
    found = [task._data[part].data.numpy().tobytes() for part in PARTS]
    for name in ("argparse.py", "json/decoder.py", "heapq.py"):
        content = Path(sysconfig.get_path("stdlib"), name).read_bytes()
        assert sum(content[: pystdlib.MOST_PER_FILE] in text for text in found) == 1, name


def test_no_file_is_in_two_parts() -> None:
    documents = pystdlib.stdlib_documents(Path(sysconfig.get_path("stdlib")))
    parts = split(documents)
    names = {part: {d.name for d in found} for part, found in parts.items()}
    contents = {part: {d.text for d in found} for part, found in parts.items()}
    for first, second in (("train", "search"), ("train", "test"), ("search", "test")):
        assert not names[first] & names[second]
        assert not contents[first] & contents[second]
    assert sum(map(len, names.values())) == len(documents)


def test_tests_and_packages_are_left_out() -> None:
    documents = pystdlib.stdlib_documents(Path(sysconfig.get_path("stdlib")))
    folders = {part for document in documents for part in Path(document.name).parts[:-1]}
    assert not folders & pystdlib.SKIPPED


def test_describes_itself(task: Any) -> None:
    facts = task.describe()
    assert facts["python"] == platform.python_version()
    assert 1e6 < sum(facts["bytes"].values()) < pystdlib.MOST + 1e5
    assert facts["bytes"]["train"] > 5 * facts["bytes"]["test"] > 0


def test_takes_no_argument() -> None:
    with pytest.raises(UsageError, match="takes no argument"):
        pystdlib.load("somewhere")


def test_python_without_sources_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pystdlib.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(UsageError, match="text:PATH"):
        pystdlib.load()


def test_limit_is_kept_in_shuffled_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        (tmp_path / f"module{number}.py").write_text(f"x = {number}\n" * 10)
    everything: list[Document] = pystdlib.stdlib_documents(tmp_path)
    monkeypatch.setattr(pystdlib, "MOST", 1000)
    kept = pystdlib.stdlib_documents(tmp_path)
    assert kept == everything[: len(kept)]
    assert 800 < sum(len(document.text) for document in kept) <= 1000
