"""Compressed texts and files of records are read as open ones are."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from monas_core.errors import UsageError
from monas_tasks import unpacking
from monas_tasks.language_model import LanguageModel
from monas_tasks.options import TextOptions
from monas_tasks.text import load

pa = pytest.importorskip("pyarrow", reason="needs monas[tables]")
RNG = random.Random(0)
TEXTS = ["".join(RNG.choices("abc def\né", k=RNG.randint(200, 900))) for _ in range(40)]
LINES = "\n".join(json.dumps({"text": text, "n": 1}) for text in TEXTS).encode()
PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda raw: pa.compress(raw, codec="zstd", asbytes=True),
}


def shown(task: LanguageModel) -> set[bytes]:
    """The documents of all parts."""
    import torch

    found: set[bytes] = set()
    for stored in task._data.values():
        whole = stored.windows(torch.tensor([0]), len(stored))[0]
        found |= set(bytes(whole.tolist()).split(b"\n\n\n"))
    return found


@pytest.mark.parametrize("suffix", PACKINGS)
@pytest.mark.parametrize("small", [0, 1 << 20], ids=["kept", "in memory"])
def test_a_packed_text_is_the_text(
    tmp_path: Path, suffix: str, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "_SMALL", small)
    (tmp_path / f"a.txt{suffix}").write_bytes(PACKINGS[suffix]("\n".join(TEXTS).encode()))
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "a.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    packed = load(str(tmp_path / f"a.txt{suffix}"))
    assert shown(packed) == shown(load(str(tmp_path / "open")))


@pytest.mark.parametrize("suffix", PACKINGS)
def test_records_are_documents(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"b.jsonl{suffix}"
    path.write_bytes(PACKINGS[suffix](LINES))
    task = load(str(path))
    assert task.describe()["documents"] == {"train": 32, "search": 4, "test": 4}
    assert task.describe()["split"] == "by document: no document is in two parts"
    assert task.describe()["bytes used"] == sum(len(text.encode()) for text in TEXTS)


def test_a_column_of_parquet(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"body": [*TEXTS, None], "n": range(41)}), tmp_path / "c.parquet")
    task = load(str(tmp_path / "c.parquet"), options=TextOptions(column="body"))
    assert task.describe()["documents"] == {"train": 32, "search": 4, "test": 4}
    with pytest.raises(UsageError, match=r'no column of text "text" \(it has: body\)'):
        load(str(tmp_path / "c.parquet"))


def test_of_many_records_a_share_is_used(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes(LINES)
    for memory in (0, 10**9):
        options = TextOptions(bytes=10_000, memory=memory)
        facts = load(str(tmp_path / "b.jsonl"), options=options).describe()
        assert 8_000 < facts["bytes used"] <= 10_000
        assert sum(facts["documents"].values()) > 10


def test_records_named_like_parts(tmp_path: Path) -> None:
    rows = LINES.split(b"\n")
    (tmp_path / "train.jsonl").write_bytes(b"\n".join(rows[:30]))
    (tmp_path / "test.jsonl").write_bytes(b"\n".join(rows[30:]))
    task = load(str(tmp_path))
    assert task.describe()["documents"] == {"train": 27, "search": 3, "test": 10}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"text": "a"}\n{"body": "b", "n": 1}', r'line 2 .* no text "text" \(it has: body\)'),
        (b'{"text": "a"}\n[1]', r"line 2 .* no text"),
        (b'{"text": "a"}\n{"te', r"line 2 .* is no JSON"),
        (b'{"text": 3}', r'line 1 .* no text "text" \(it has: none\)'),
    ],
)
def test_records_without_text_are_named(tmp_path: Path, raw: bytes, said: str) -> None:
    (tmp_path / "b.jsonl").write_bytes(raw)
    with pytest.raises(UsageError, match=said):
        load(str(tmp_path / "b.jsonl"))
    with pytest.raises(UsageError, match="different blocks"):
        load(str(tmp_path / "b.jsonl"), options=TextOptions(column=""))


@pytest.mark.parametrize("suffix", [s for s in PACKINGS if s])
def test_damaged_files_are_named_and_left_out_of_folders(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"bad{suffix}"
    raw = PACKINGS[suffix](LINES)
    path.write_bytes(raw[: len(raw) // 2])
    with pytest.raises(UsageError, match=r"packed as .* and damaged"):
        load(str(path))
    (tmp_path / "a.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    assert "damaged" in load(str(tmp_path)).describe()["left out"]
