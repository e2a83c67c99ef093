"""A text over tokens learned from itself: cut once, kept, shared by processes, judged per byte."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from monas_core import progress
from monas_core.errors import UsageError
from monas_core.parts.task import Task
from monas_core.testing import contracts
from monas_tasks import learned, packed, text
from monas_tasks.cache import Cache
from monas_tasks.corpus import PARTS, Document
from monas_tasks.options import TextOptions
from monas_tasks.tokens import SEPARATOR, Tokens

tokenizers: Any = pytest.importorskip("tokenizers", reason="needs monas[hf]")
WORDS = ["def ", "return ", "self", ".x", " = ", "0\n", "é", "(", ")", "import "]


def prose(seed: int, count: int = 3_000) -> str:
    rng = np.random.default_rng(seed)
    return "".join(rng.choice(WORDS, count))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty texts."""
    place = tmp_path_factory.mktemp("corpus")
    for number in range(20):
        (place / f"{number}.txt").write_text(prose(number), encoding="utf-8")
    return place


def loaded(folder: Path, cache: Path | str = "", **options: Any) -> Any:
    given = {"tokenizer": "bpe:300", "context": 16, **options}
    return text.load(str(folder), options=TextOptions(cache=str(cache), **given))


class TestLearnedContract(contracts.TaskContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, folder: Path) -> Task:
        return loaded(folder)


def test_tokens_are_learned_from_the_training_part_alone(folder: Path, tmp_path: Path) -> None:
    task = loaded(folder, tmp_path / "cache")
    assert task.n_outputs == 300
    (file,) = (tmp_path / "cache" / "tokenizers").glob("*/tokenizer.json")
    parts = {p: [d for d in _documents(folder) if d.name in _names(folder, p)] for p in PARTS}
    again = learned.learned(parts["train"], 300, Cache(str(tmp_path / "other")))
    assert again.read_text() == file.read_text(), "learned otherwise the second time"
    whole = learned.learned(_documents(folder), 300, Cache(str(tmp_path / "other")))
    assert whole != again


def _documents(folder: Path) -> list[Document]:
    paths = sorted(folder.iterdir())
    return [Document(path.name, path.read_bytes()) for path in paths]


def _names(folder: Path, part: Any) -> set[str]:
    from monas_tasks.corpus import split

    return {document.name for document in split(_documents(folder))[part]}


def test_documents_are_packed_with_separators(folder: Path) -> None:
    task = loaded(folder)
    tokens = task._tokens
    (end,) = tokens.separator
    stream = task._packed["test"].windows(torch.tensor([0]), len(task._packed["test"]))[0]
    assert int((stream == end).sum()) == 2 == task.describe()["documents"]["test"]
    assert int(stream[-1]) == end
    pieces = tokenizers.Tokenizer.from_file(str(tokens.file)).decode(
        stream.tolist(), skip_special_tokens=False
    )
    names = sorted(_names(folder, "test"))
    texts = {(folder / name).read_text(encoding="utf-8") for name in names}
    assert set(pieces.split(SEPARATOR)) - {""} == texts
    assert task._packed["test"].size == sum(len(t.encode()) + 1 for t in texts)
    assert float(tokens.lengths[stream].sum()) == task._packed["test"].size


def test_bits_per_byte_of_tokens_are_those_of_their_bytes(folder: Path) -> None:
    """A model that gives every byte of a token one bit has one bit per byte."""
    task, over_bytes = loaded(folder), loaded(folder, tokenizer="bytes")
    lengths = task._tokens.lengths

    def model(inputs: torch.Tensor) -> torch.Tensor:
        raw = -math.log(2) * lengths  # not normalised, as cross-entropy would have it
        rest = 1 - raw.exp().sum()
        return (raw + 0 * rest).expand(*inputs.shape, -1)

    found = task.evaluate(model, "test")
    surplus = math.log2(float((0.5**lengths).sum()))
    tokens = task.windows["test"] * task.context
    targets = _targets(task, "test")
    size = float(lengths[targets].sum())
    assert found["bits per byte"] == pytest.approx(1 + surplus * tokens / size, rel=1e-6)
    assert found["standard error of bits per byte"] > 0

    def even(inputs: torch.Tensor) -> torch.Tensor:
        return torch.zeros(*inputs.shape, 256)

    plain = over_bytes.evaluate(even, "test")
    assert plain["bits per byte"] == pytest.approx(8)
    assert plain["standard error of bits per byte"] == pytest.approx(0, abs=1e-6)


def _targets(task: Any, part: Any) -> torch.Tensor:
    last = len(task._packed[part]) - task.context - 1
    starts = torch.linspace(0, last, task.windows[part], dtype=torch.float64).long()
    return task._packed[part].windows(starts, task.context + 1)[:, 1:]


def test_more_windows_are_judged_by_when_asked_for(folder: Path) -> None:
    few, many = loaded(folder, evaluated=4), loaded(folder, evaluated=64)
    assert few.describe()["evaluated tokens"] == {"train": 64, "search": 64, "test": 256}
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(300, 300, generator=generator)
    name = "standard error of bits per byte"
    one, two = (task.evaluate(lambda x: table[x], "search") for task in (few, many))
    assert two[name] < one[name]
    assert name not in loaded(folder, evaluated=1).evaluate(lambda x: table[x], "search")


def test_a_text_is_cut_once(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, float]] = []
    with progress.heard(lambda what, share: heard.append((what, share))):
        first = loaded(folder, tmp_path)
    assert {what for what, _ in heard} >= {
        "learning a tokenizer",
        "cutting the train part into tokens",
    }
    assert heard[-1][1] == 1.0
    monkeypatch.setattr(packed, "_cut", None)
    monkeypatch.setattr(learned, "_learn", None)
    again = loaded(folder, tmp_path, context=8)
    draw = [t._packed["train"].windows(torch.arange(5), 9) for t in (first, again)]
    assert torch.equal(*draw)


MAKER = """
import sys, time
from pathlib import Path
from monas_tasks.cache import Cache

def make(folder):
    with open(sys.argv[2], "a") as log:
        log.write("made ")
    (folder / "a").write_text("x" * 99)
    time.sleep(0.5)
    return {"count": 3}

path, facts = Cache(sys.argv[1]).entry("kind", "key", make)
print(facts["count"], (path / "a").stat().st_size)
"""


def test_two_processes_make_one_cache(tmp_path: Path) -> None:
    words = [sys.executable, "-c", MAKER, str(tmp_path / "cache"), str(tmp_path / "log")]
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0] for process in both] == ["3 99\n"] * 2
    assert (tmp_path / "log").read_text() == "made "


@pytest.mark.parametrize("hurt", ["cut", "changed", "facts"])
def test_a_damaged_cache_is_named(folder: Path, tmp_path: Path, hurt: str) -> None:
    loaded(folder, tmp_path)
    entry = next(iter((tmp_path / "tokens").glob("[!.]*")))
    file = entry / ("facts.json" if hurt == "facts" else "tokens")
    raw = file.read_bytes()
    file.write_bytes(raw[:-7] if hurt != "changed" else raw[:-7] + bytes(7))
    with pytest.raises(
        UsageError, match=rf"cache of a text in .* is damaged.*rm -r .*{entry.name}"
    ):
        loaded(folder, tmp_path)


def test_a_killed_draft_is_no_cache(folder: Path, tmp_path: Path, monkeypatch: Any) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(packed, "_several", stop)
        with pytest.raises(KeyboardInterrupt):
            loaded(folder, tmp_path)
    assert not list((tmp_path / "tokens").glob("[!.]*"))
    assert loaded(folder, tmp_path).n_outputs == 300


@pytest.mark.parametrize("typed", ["bpe:", "bpe:many", "bpe:12"])
def test_sizes_are_checked(typed: str) -> None:
    with pytest.raises(UsageError, match="at least 257"):
        TextOptions(tokenizer=typed)


def test_too_little_text_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"tokens, and a model sees 9000 .*options\.task\.context"):
        loaded(folder, context=9_000)


def test_the_end_of_a_text_is_as_the_tokenizer_says(folder: Path, tmp_path: Path) -> None:
    file = learned.learned(_documents(folder), 300, Cache())
    (tmp_path / "tokenizer.json").write_text(file.read_text())
    assert Tokens(tmp_path / "tokenizer.json").separator == [0]
    (tmp_path / "tokenizer_config.json").write_text('{"eos_token": {"content": "x"}}')
    tokens = Tokens(tmp_path / "tokenizer.json")
    assert tokens.encode(["x"])[0] == tokens.separator
