"""Data that cannot be learned from end a run in one sentence, before anything is written."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

RUN = ["--objectives", "acc,params", "--devices", "raspberry-pi-4", "--out-dir", "out"]


@pytest.fixture
def corpus(nowhere: Path) -> Path:
    text = "".join(np.random.default_rng(0).choice(["def ", "x", " = ", "0\n", "é"], 9_000))
    (nowhere / "a.txt").write_text(text, encoding="utf-8")
    return nowhere


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["text:a.txt", "options.task.tokenizer=bpe:9"], "at least 257"),
        (["text:a.txt", "options.task.tokenizer=nowhere"], "there is no file"),
        (["text:a.txt", "options.task.context=90000"], "give more text, or a smaller"),
        (["text:a.txt", "options.task.context=128", "options.space.block_size=64"], "positions"),
        (["text:a.txt", "options.task.evaluated=0"], "must be at least 1"),
        (["text:cut.gz"], "packed as gzip and damaged"),
        (["text:b.jsonl"], "options.task.column=NAME"),
        (["text:a.txt", "options.task.cache=a.txt", "options.task.tokenizer=bpe:300"], "a.txt"),
    ],
    ids=["size", "tokenizer", "short", "positions", "none", "packed", "column", "cache"],
)
def test_faults_are_one_sentence(cli: Any, corpus: Path, words: list[str], said: str) -> None:
    (corpus / "cut.gz").write_bytes(gzip.compress((corpus / "a.txt").read_bytes())[:-50])
    (corpus / "b.jsonl").write_text('{"body": "x"}\n')
    task, *options = words
    done = cli("run", "--space", "gpt", "--task", task, *RUN, *options)
    assert done.code in ((2,) if "cache" not in " ".join(words) else (1, 2)), done.err
    assert said in " ".join(done.err.split())
    assert "Traceback" not in done.err
    assert not (corpus / "out").exists()


def test_a_tokenizer_of_another_vocabulary_is_refused(cli: Any, corpus: Path) -> None:
    pytest.importorskip("transformers", reason="needs monas[hf]")
    import importlib
    import sys

    sys.path.insert(0, str(Path(__file__).parents[1] / "spaces"))
    checkpoints = importlib.import_module("checkpoints")
    checkpoints.save(checkpoints.model_of("llama"), corpus / "mine")
    words = ["run", "--space", "hf:mine", "--task", "text:a.txt", *RUN]
    done = cli(*words, "options.task.tokenizer=bpe:300")
    assert done.code == 2, done.err
    assert "embeddings for 256" in " ".join(done.err.split())
    done = cli(*words, "options.task.context=2000")
    assert done.code == 2, done.err
    assert "has positions for" in " ".join(done.err.split())
    assert not (corpus / "out").exists()
