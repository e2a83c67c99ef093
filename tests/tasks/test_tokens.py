"""A text over the tokens of a tokenizer, judged per byte."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from monas_core.errors import UsageError
from monas_core.parts.task import Task
from monas_core.testing import contracts
from monas_tasks import byte_tokenizer
from monas_tasks.options import TextOptions
from monas_tasks.text import load

tokenizers: Any = pytest.importorskip("tokenizers", reason="needs monas[hf]")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text, a tokenizer of bytes, and one of pairs of bytes."""
    place = tmp_path_factory.mktemp("tokens")
    text = "".join(random.Random(0).choices(["ab ", "cde ", "é\n", "f"], k=20_000))
    (place / "a.txt").write_text(text, encoding="utf-8")
    (place / "bytes").mkdir()
    for name, content in byte_tokenizer.files(64).items():
        (place / "bytes" / name).write_text(content, encoding="utf-8")
    bpe = tokenizers.Tokenizer(tokenizers.models.BPE())
    bpe.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=280,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator([text], trainer)
    bpe.save(str(place / "tokenizer.json"))
    return place


def task_of(folder: Path, **options: Any) -> Any:
    return load(str(folder / "a.txt"), options=TextOptions(**options))


class TestTokenContract(contracts.TaskContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, folder: Path) -> Task:
        return task_of(folder, tokenizer=str(folder / "tokenizer.json"), context=16)


def test_tokens_are_those_of_the_tokenizer(folder: Path) -> None:
    task = task_of(folder, tokenizer=str(folder), context=16)
    reader = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert task.n_outputs == reader.get_vocab_size()
    inputs = task.batch("test", 16, torch.Generator().manual_seed(0)).inputs
    text = (folder / "a.txt").read_text(encoding="utf-8")
    shown = [reader.decode(row).strip("�")[2:-2] for row in inputs.tolist()]
    assert sum(piece in text for piece in shown) >= 12  # the rest reaches over an edge of blocks
    assert task.example(2).shape == (2, 16)


def test_a_tokenizer_of_bytes_is_judged_as_bytes_are(folder: Path) -> None:
    over_bytes, over_tokens = task_of(folder), task_of(folder, tokenizer=str(folder / "bytes"))

    def even(inputs: torch.Tensor) -> torch.Tensor:
        return torch.zeros(*inputs.shape, 256)

    one, two = over_bytes.evaluate(even, "test"), over_tokens.evaluate(even, "test")
    assert one["bits per byte"] == pytest.approx(8.0)
    assert two["bits per byte"] == pytest.approx(8.0)


def test_bits_are_counted_per_byte(folder: Path) -> None:
    task = task_of(folder, tokenizer=str(folder))

    def even(inputs: torch.Tensor) -> torch.Tensor:
        return torch.zeros(*inputs.shape, task.n_outputs)

    reader = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    last = len(task._packed["search"]) - task.context - 1
    starts = torch.linspace(0, last, task.windows["search"], dtype=torch.float64).long()
    targets = task._packed["search"].windows(starts, task.context + 1)[:, 1:]
    size = sum(len(reader.id_to_token(token)) for token in targets.flatten().tolist())
    assert size > 1.5 * targets.numel()  # a letter of a byte-level token is a byte
    found = task.evaluate(even, "search")["bits per byte"]
    assert found == pytest.approx(targets.numel() * math.log2(task.n_outputs) / size)


def test_usage_continues_a_text(folder: Path, tmp_path: Path) -> None:
    from monas_tasks import use_tokens

    task = task_of(folder, tokenizer=str(folder))
    usage = task.usage()
    (tmp_path / "tokenizer.json").write_text(usage.files["tokenizer.json"], encoding="utf-8")
    reader = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    (letter,) = reader.encode("f").ids

    def always(tokens: Any) -> Any:
        import numpy as np

        return np.eye(task.n_outputs)[np.full(tokens.shape, letter)]

    (answer,) = use_tokens.predict(always, ["ab cde"], {**usage.facts, "new": 3}, tmp_path)
    assert answer["continuation"] == "fff"
    assert answer["bits per byte"] > 0


@pytest.mark.parametrize(
    ("name", "said"),
    [("nowhere", "there is no file"), ("bytes/tokenizer_config.json", "holds no tokenizer")],
)
def test_what_is_no_tokenizer_is_refused(folder: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        task_of(folder, tokenizer=str(folder / name))


def test_too_little_text_for_the_context_is_refused(folder: Path) -> None:
    for options in ({"tokenizer": str(folder)}, {}):
        with pytest.raises(UsageError, match=r"smaller options\.task\.context"):
            task_of(folder, context=50_000, **options)


def test_damaged_tokenizer_is_refused(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {}}), encoding="utf-8")
    with pytest.raises(UsageError, match="holds no tokenizer"):
        task_of(folder, tokenizer=str(tmp_path))
