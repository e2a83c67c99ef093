"""A data set of the hub in the local cache."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from monas_core.errors import UsageError
from monas_tasks.hub import load
from monas_tasks.options import HubOptions

datasets: Any = pytest.importorskip("datasets", reason="needs monas[datasets]")
RNG = random.Random(0)
TEXTS = ["".join(RNG.choices("abc def\n", k=RNG.randint(200, 900))) for _ in range(50)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set in the hub's layout."""
    place = tmp_path_factory.mktemp("hub") / "mine"
    place.mkdir()
    for name, rows in (("train", TEXTS[:40]), ("test", TEXTS[40:])):
        lines = "\n".join(json.dumps({"text": text, "n": 1}) for text in rows)
        (place / f"{name}.jsonl").write_text(lines)
    return place


@pytest.mark.parametrize("streaming", [False, True])
def test_parts_are_those_of_the_data_set(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streaming: bool
) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
    task = load(str(folder), options=HubOptions(streaming=streaming))
    assert task.describe()["documents"] == {"train": 36, "search": 4, "test": 10}
    assert task.describe()["bytes used"] == sum(map(len, TEXTS))
    with pytest.raises(UsageError, match=r'no column of text "body" \(it has: text\)'):
        load(str(folder), options=HubOptions(column="body", streaming=streaming))


def test_what_is_not_here_is_not_fetched() -> None:
    with pytest.raises(UsageError, match="no such data set in the local cache"):
        load("nobody/nothing")
    with pytest.raises(UsageError, match="hf:NAME"):
        load("")
