"""Sub-networks of checkpoints as GGUF: unequal layers as they are, read back, and in llama.cpp."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from monas_core.errors import UsageError
from monas_core.export import formats
from monas_core.export.subject import prepared
from monas_core.values import population

for package in ("transformers", "gguf"):
    pytest.importorskip(package, reason="needs monas[hf,gguf]")
sys.path.insert(0, str(Path(__file__).parent))
checkpoints = importlib.import_module("checkpoints")

from monas_formats import gguf_tokens  # noqa: E402
from monas_formats.gguf_file import Gguf  # noqa: E402
from monas_hf.space import HFSpace  # noqa: E402

MERGES = [["a", "b"], ["ab", "c"]]


def tokenizer(**changes: Any) -> dict[str, Any]:
    """A byte-level BPE with two merges and a token that ends texts."""
    from monas_tasks import byte_tokenizer

    document = json.loads(byte_tokenizer.files(64)["tokenizer.json"])
    letters = list(document["model"]["vocab"])[:250]
    vocabulary = {token: n for n, token in enumerate([*letters, "ab", "abc"])}
    document["model"] |= {"vocab": vocabulary, "merges": MERGES}
    document["pre_tokenizer"]["use_regex"] = True
    document["added_tokens"] = [{"id": 252, "content": "<end>", "special": True}]
    return document | changes


def shipped(family: str, folder: Path, task: Any, **config: Any) -> tuple[Any, dict[str, Any]]:
    """An unequal sub-network of a checkpoint, written."""
    checkpoints.save(checkpoints.model_of(family, **config), folder)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer()), encoding="utf-8")
    space = HFSpace(argument=str(folder))
    supernet = space.supernet(task)
    rows = population.sample(space.choices, 60, torch.Generator().manual_seed(2))
    unequal = next(
        a for a in population.decode(space.choices, rows)
        if len({(x.groups, x.queries) for x in supernet.extract(a).shape.layers}) > 1
    )  # fmt: skip
    item = prepared(
        space, task, unequal, supernet.extract(unequal), seed=0, capabilities=frozenset({"ggml"})
    )
    out = folder / "model.gguf"
    return item, formats.export(item, formats.Chosen("gguf", Gguf()), out)


@pytest.mark.parametrize("family", checkpoints.FAMILIES)
def test_what_is_read_back_answers_alike(family: str, tmp_path: Path, random_tokens: Any) -> None:
    import gguf

    item, report = shipped(family, tmp_path, random_tokens(length=16))
    assert report["check"]["max_difference"] < 1e-4
    reader = gguf.GGUFReader(tmp_path / "model.gguf")
    known = {name: field.contents() for name, field in reader.fields.items()}
    kind = known["general.architecture"]
    twin = family in ("llama", "qwen2")
    assert kind == ("deci" if twin else family)
    heads = known[f"{kind}.attention.head_count"]
    shape = item.network.shape
    wanted = [shape.layers[r].groups * shape.layers[r].queries for r in item.network.in_order]
    assert (heads == wanted) if twin else (heads == max(wanted) or family == "gpt2")
    assert (report["filled"] is None) == twin
    count = sum(int(t.n_elements) for t in reader.tensors)
    assert count == item.parameters or not twin
    assert known["tokenizer.ggml.tokens"][250:253] == ["ab", "abc", "<end>"]
    assert known["tokenizer.ggml.merges"] == ["a b", "ab c"]


def test_llama_cpp_goes_on_with_the_same_tokens(tmp_path: Path, random_tokens: Any) -> None:
    if importlib.util.find_spec("llama_cpp") is None:
        pytest.skip(
            "needs llama-cpp-python, which is built from source: pip install 'monas[llama]'"
        )
    for family in checkpoints.FAMILIES:
        (tmp_path / family).mkdir()
        _, report = shipped(family, tmp_path / family, random_tokens(length=16))
        assert report["runtime"]["first_choice"] > 0.97, (family, report["runtime"])


def test_scaled_positions_are_taken_along(tmp_path: Path, random_tokens: Any) -> None:
    scaled = {
        "rope_type": "llama3", "rope_theta": 500_000.0, "factor": 4.0, "low_freq_factor": 1.0,
        "high_freq_factor": 4.0, "original_max_position_embeddings": 16,
    }  # fmt: skip
    _, report = shipped("llama", tmp_path, random_tokens(length=16), rope_parameters=scaled)
    assert report["check"]["max_difference"] < 1e-4
    (tmp_path / "three").mkdir()
    with pytest.raises(UsageError, match="does otherwise there"):
        shipped("qwen3", tmp_path / "three", random_tokens(length=16), rope_parameters=scaled)


@pytest.mark.parametrize(
    ("changes", "model", "said"),
    [
        ({}, "gpt2", "cut as gpt-2"),
        ({"model": {"type": "Unigram", "vocab": []}}, "no_vocab", "left out: Unigram"),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "no_vocab", "left out: BPE"),
    ],
)
def test_tokenizers_are_taken_along_or_left_out_aloud(
    changes: dict[str, Any], model: str, said: str
) -> None:
    found, told = gguf_tokens.fields(tokenizer(**changes), 256)
    assert found["tokenizer.ggml.model"] == model
    assert said in told
    assert gguf_tokens.fields(None, 256)[1] == "no tokenizer"


def test_other_spaces_are_refused(tmp_path: Path, random_tokens: Any) -> None:
    space = HFSpace.tiny()
    task = random_tokens(length=16)
    largest = space.ends().largest
    item = prepared(space, task, largest, space.build(largest, task), seed=0)
    with pytest.raises(UsageError, match="are none that"):
        Gguf().write(item, tmp_path / "x.gguf")
