"""A network over tokens learned from a text is used from its files alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import monas_core as monas
from monas_core.export import companion

Asked = Callable[..., list[dict[str, Any]]]

tokenizers: Any = pytest.importorskip("tokenizers", reason="needs monas[hf]")
WORDS = ["def ", "return ", "self", ".x", " = ", "0\n", "é", "(", ")", "import "]
CONTEXT = 80


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> monas.Run:
    folder = tmp_path_factory.mktemp("learned")
    (folder / "text").mkdir()
    for number in range(12):
        text = "".join(np.random.default_rng(number).choice(WORDS, 900))
        (folder / "text" / f"{number}.txt").write_text(text, encoding="utf-8")
    return monas.search(
        "gpt",
        task=f"text:{folder / 'text'}",
        objectives=["acc", "lat"],
        devices=["raspberry-pi-4"],
        held_out=[],
        optimizer="random",
        budget="1steps",
        warm_up={"steps": 6, "batch_size": 2},
        preferences=3,
        options={"task": {"tokenizer": "bpe:300", "context": CONTEXT, "evaluated": 2}},
        out_dir=folder / "run",
        progress=False,
    )


def test_it_continues_a_text_over_its_own_tokens(
    asked: Asked, run: monas.Run, tmp_path: Path
) -> None:
    member = run.front("raspberry-pi-4").members[0]
    model = tmp_path / "m.onnx"
    run.export(member, "onnx", model)
    place = companion.place(model)
    reader = tokenizers.Tokenizer.from_file(str(place / "tokenizer.json"))
    assert json.loads((place / "tokenizer_config.json").read_text())["model_max_length"] == CONTEXT
    document = json.loads((place / companion.FACTS).read_text())
    assert document["usage"]["context"] == CONTEXT
    network, text = run.load(member), "def self.x = 0"
    known = begun = reader.encode(text).ids
    assert len(known) < len(text)
    with torch.no_grad():
        logits = network(torch.tensor([begun[:-1]]))[0].double()
        for _ in range(document["usage"]["new"]):
            known = [*known, int(network(torch.tensor([known[-CONTEXT:]]))[0, -1].argmax())]
    (answer,) = asked(model, text)
    assert answer["continuation"] == reader.decode(known)[len(text) :]
    nats = torch.nn.functional.cross_entropy(logits, torch.tensor(begun[1:]), reduction="sum")
    size = len(reader.decode(begun[1:]).encode())
    bits = float(nats) / np.log(2) / size
    assert answer["bits per byte"] == pytest.approx(bits, rel=1e-4)


def test_the_export_and_the_run_tell_of_the_context(run: monas.Run) -> None:
    session = run.session
    assert session.plan.task.example(1).shape == (1, CONTEXT)
    smallest = session.plan.space.ends().smallest
    longer = session.context.workload(smallest)
    again = monas.open_run(run.path).session.context.workload(smallest)
    assert longer.total_flops == again.total_flops
    assert not json.loads((run.path / "usage.json").read_text())["files"].keys() ^ {
        "tokenizer.json",
        "tokenizer_config.json",
    }
