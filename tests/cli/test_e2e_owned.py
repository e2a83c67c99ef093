"""A checkpoint of one's own, from the command line: search, heal, train, hand over."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("transformers", reason="needs monas[hf]")
sys.path.insert(0, str(Path(__file__).parents[1] / "spaces"))
checkpoints = importlib.import_module("checkpoints")

RUN = [
    "--objectives", "acc,params", "--optimizer", "random", "--budget", "2steps",
    "--preferences", "3", "warm_up.batch_size=4", "--json",
]  # fmt: skip


def owned(folder: Path) -> Path:
    """A tiny Llama over bytes, with the tokenizer of bytes."""
    from monas_tasks import byte_tokenizer

    checkpoints.save(checkpoints.model_of("llama"), folder)
    for name, text in byte_tokenizer.files(64).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_from_checkpoint_to_checkpoint(cli: Any, nowhere: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = owned(nowhere / "mine")
    done = cli("run", "--space", "hf:mine", *RUN, "warm_up.steps=3", "--out-dir", "out")
    assert done.code == 0, done.err
    config = (nowhere / "out/config.yaml").read_text(encoding="utf-8")
    assert f"hf:{folder}" in config  # found again from any folder
    assert "trainer: heal" in config
    assert "tokenizer:" in config
    key = json.loads(cli("pick", "out", "--prefer", "acc=.5,params=.5", "--json").out)["key"]
    trained = cli("train", "out", "--architecture", key, "--budget", "2steps", "--distil", "--json")
    assert trained.code == 0, trained.err
    shipped = cli(
        "export", "out", "--architecture", key, "--format", "hf", "--out", "ship", "--json"
    )
    assert shipped.code == 0, shipped.err
    assert "Loading weights" not in shipped.err  # bars of transformers
    assert "Writing model shards" not in shipped.err
    from transformers.utils import logging

    assert logging.is_progress_bar_enabled()
    assert json.loads(shipped.out)["check"]["max_difference"] < 1e-4
    stock: Any = AutoModelForCausalLM.from_pretrained("ship").eval()
    reader: Any = AutoTokenizer.from_pretrained("ship")
    given = reader("import os", return_tensors="pt").input_ids
    assert given.tolist() == [list(b"import os")]
    with torch.no_grad():
        made = stock.generate(given, max_new_tokens=4, do_sample=False, pad_token_id=0)
    assert made.shape[1] == given.shape[1] + 4


def test_a_checkpoint_is_searched_as_it_is(cli: Any, nowhere: Path) -> None:

    owned(nowhere / "mine")
    words = ["run", "--space", "hf:mine", "--preset", "depth", "--trainer", "none", *RUN]
    assert cli(*words, "--out-dir", "out").code == 0
    lines = [json.loads(x) for x in Path("out/archive.jsonl").read_text().splitlines()]
    found = {
        x["architecture"]["choices"]["n_layer"]: x["value"]
        for x in lines
        if x["split"] == "search" and "bit" in x["unit"]
    }
    from transformers import AutoModelForCausalLM

    from monas_tasks.coding import found as tokenizer
    from monas_tasks.options import TokenOptions
    from monas_tasks.pystdlib import load

    assert tokenizer("mine").name == "tokenizer.json"
    task = load(options=TokenOptions(tokenizer="mine"))
    model: Any = AutoModelForCausalLM.from_pretrained("mine").eval()
    with torch.no_grad():
        score = task.evaluate(lambda x: model(x).logits, "search")["bits per byte"]
    assert found[3] == pytest.approx(score, abs=1e-4)


def test_info_tells_of_a_checkpoint(cli: Any, nowhere: Path) -> None:
    owned(nowhere / "mine")
    told = json.loads(cli("info", "hf:mine", "--kind", "space", "--json").out)
    assert [row["preset"] for row in told["presets"]] == ["all", "depth", "width"]
    assert {choice["name"] for choice in told["choices"]} >= {"hidden", "n_layer", "mlp_0"}
    bare = cli("info", "hf", "--kind", "space")
    assert bare.code == 0
    assert "hf:ARGUMENT" in bare.out


def test_faults_end_with_code_two_before_anything_is_written(cli: Any, nowhere: Path) -> None:
    folder = owned(nowhere / "mine")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    for space in ("hf:mine", "hf:nowhere", "hf", "hf:"):
        done = cli("run", "--space", space, *RUN, "--out-dir", "out")
        assert done.code == 2, done.err
        assert "Traceback" not in done.err
        assert not (nowhere / "out").exists()
