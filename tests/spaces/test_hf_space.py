"""Sub-networks of Hugging Face checkpoints: the whole is what transformers computes, parts fit."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from monas_core.errors import UsageError
from monas_core.values import population

pytest.importorskip("transformers", reason="needs monas[hf]")
sys.path.insert(0, str(Path(__file__).parent))
checkpoints = importlib.import_module("checkpoints")
FAMILIES: tuple[str, ...] = checkpoints.FAMILIES

from monas_hf.options import HFOptions  # noqa: E402
from monas_hf.space import HFSpace  # noqa: E402


@pytest.fixture(scope="module")
def task(random_tokens: Any) -> Any:
    return random_tokens(length=16)


@pytest.fixture(scope="module", params=FAMILIES)
def owned(request: pytest.FixtureRequest, tmp_path_factory: Any, task: Any) -> Any:
    """A model of transformers, the space of its folder, and the supernet."""
    model = checkpoints.model_of(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    checkpoints.save(model, folder, max_shard_size="30KB")
    assert len(list(folder.glob("*.safetensors"))) > 1
    space = HFSpace(argument=str(folder))
    return model, space, space.supernet(task).eval()


def tokens() -> torch.Tensor:
    return torch.randint(256, (3, 16), generator=torch.Generator().manual_seed(1))


def some(space: HFSpace, count: int = 8) -> list[Any]:
    rows = population.sample(space.choices, count, torch.Generator().manual_seed(2))
    return [space.ends().smallest, *population.decode(space.choices, rows)]


def apart(one: torch.Tensor, two: torch.Tensor) -> float:
    return float((one - two).abs().max())


@torch.no_grad()
def test_the_whole_answers_as_transformers_does(owned: Any) -> None:
    model, space, supernet = owned
    wanted = model(tokens()).logits
    assert apart(supernet(tokens(), space.ends().largest), wanted) < 1e-4
    assert apart(supernet.extract(space.ends().largest).eval()(tokens()), wanted) < 1e-4


@torch.no_grad()
def test_every_way_to_a_part_gives_one_answer(owned: Any, task: Any) -> None:
    _, space, supernet = owned
    for architecture in some(space):
        sliced = supernet(tokens(), architecture)
        alone = supernet.extract(architecture).eval()
        assert apart(alone(tokens()), sliced) < 1e-5
        built = space.build(architecture, task).eval()
        built.load_state_dict(alone.state_dict())
        assert apart(built(tokens()), sliced) < 1e-5
        assert apart(space.to_transformers(alone)(tokens()).logits, sliced) < 1e-5


@torch.no_grad()
def test_unequal_layers_load_in_stock_classes_and_generate_the_same(
    owned: Any, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM

    _, space, supernet = owned
    unequal = next(
        a for a in some(space, 60)
        if len(set(supernet.extract(a).shape.layers)) > 1
    )  # fmt: skip
    alone = supernet.extract(unequal).eval()
    space.to_transformers(alone).save_pretrained(tmp_path)
    stock: Any = AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    assert "monas" not in type(stock).__module__
    told = stock.config.monas
    assert told["filled_with_zeros"]
    mine = sum(p.numel() for p in alone.parameters())
    assert told["zero_weights"] == sum(p.numel() for p in stock.parameters()) - mine > 0
    known = tokens()[:1, :4]
    wanted = stock.generate(
        known, max_new_tokens=12, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    for _ in range(12):
        known = torch.cat([known, alone(known)[:, -1:].argmax(-1)], dim=1)
    assert torch.equal(wanted, known)


def test_equal_layers_are_converted_without_waste(tmp_path: Path, task: Any) -> None:
    folder = checkpoints.save(checkpoints.model_of("llama"), tmp_path)
    space = HFSpace("depth", argument=str(folder))
    alone = space.supernet(task).extract(space.ends().smallest)
    told = space.to_transformers(alone).config.monas
    assert (told["filled_with_zeros"], told["zero_weights"]) == (False, 0)


@torch.no_grad()
@pytest.mark.parametrize("family", FAMILIES)
def test_what_nobody_reads_is_left_out_first(family: str, tmp_path: Path, task: Any) -> None:
    """Half of the heads and hidden units and one layer add nothing: without them all is equal."""
    model = checkpoints.model_of(family)
    body = model.get_submodule("transformer" if family == "gpt2" else "model")
    layers = body.h if family == "gpt2" else body.layers
    for layer in layers:
        attention = layer.attn.c_proj if family == "gpt2" else layer.self_attn.o_proj
        inner = layer.mlp.c_proj if family == "gpt2" else layer.mlp.down_proj
        for reader in (attention, inner):
            weight = reader.weight if family == "gpt2" else reader.weight.T  # inputs first
            weight[: len(weight) // 2] = 0.0
    for reader in (attention, inner):  # of the last layer
        for weight in reader.parameters():
            weight.zero_()
    space = HFSpace(argument=str(checkpoints.save(model, tmp_path)))
    supernet = space.supernet(task).eval()
    assert supernet.network.places.tolist()[-1] == len(layers) - 1
    whole = space.ends().largest
    half = {}
    for name, option in whole.choices.items():
        choice = space.choices.choices[space.choices.position[name]]
        cut = name.startswith(("groups", "mlp"))
        half[name] = (
            max(o for o in choice.options if o >= option / 2)
            if not cut
            else min(o for o in choice.options if o >= option / 2)
        )
    half["n_layer"] = len(layers) - 1
    found = supernet(tokens(), space.choices.architecture(half))
    assert apart(found, model(tokens()).logits) < 1e-4
    given = HFSpace(argument=str(tmp_path), options=HFOptions(calibration=0))
    unsorted = given.supernet(task).eval()
    assert apart(unsorted(tokens(), whole), model(tokens()).logits) < 1e-4
    assert apart(unsorted(tokens(), given.choices.architecture(half)), found) > 1e-2


def test_a_state_brings_the_order_of_layers_along(tmp_path: Path, task: Any) -> None:
    folder = checkpoints.save(checkpoints.model_of("llama"), tmp_path)
    space = HFSpace(argument=str(folder))
    supernet, other = space.supernet(task).eval(), space.supernet(task).eval()
    supernet.network.put_in_order([2, 0, 1])
    other.load_state_dict(supernet.state_dict())
    with torch.no_grad():
        for architecture in some(space):
            assert apart(supernet(tokens(), architecture), other(tokens(), architecture)) == 0


def broken_folder(tmp_path: Path, what: str) -> Path:
    """A checkpoint with one fault."""
    model = checkpoints.model_of("llama")
    folder = checkpoints.save(model, tmp_path / "it", max_shard_size="30KB")
    config, first = folder / "config.json", min(folder.glob("model-*.safetensors"))
    if what in ("pickle", "no weights"):
        for file in folder.glob("*.safetensors*"):
            file.unlink()
    changes: dict[str, dict[str, Any]] = {
        "shapes": {"intermediate_size": 64},
        "weight": {"num_hidden_layers": 4},
        "unknown": {"model_type": "lama"},
        "sliding": {"layer_types": ["sliding_attention"] * 3},
    }
    deeds: dict[str, Any] = {
        "pickle": lambda: (folder / "pytorch_model.bin").write_bytes(b"."),
        "no weights": lambda: None,
        "shard": first.unlink,
        "cut off": lambda: first.write_bytes(first.read_bytes()[:-8]),
        "no config": config.unlink,
    }
    if what in changes:
        checkpoints.edit(config, **changes[what])
    else:
        deeds[what]()
    return folder


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("pickle", r"pytorch_model\.bin, a pickle.*save_pretrained"),
        ("no weights", "has no weights"),
        ("shard", r"lacks model-00001-of-\d+\.safetensors, one of"),
        ("cut off", "damaged or cut off"),
        ("shapes", r"has shape \(48, 32\).*asks for \(64, 32\)"),
        ("weight", r'no weight "model\.layers\.3'),
        ("unknown", r'"lama".*gpt2, llama, qwen2, qwen3.*Did you mean "llama"'),
        ("no config", r"has no config\.json"),
        ("sliding", "sliding window"),
    ],
)
def test_what_cannot_be_read_is_refused(what: str, said: str, tmp_path: Path) -> None:
    folder = broken_folder(tmp_path, what)
    with pytest.raises(UsageError, match=said):
        HFSpace(argument=str(folder))


def test_a_space_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="write hf:FOLDER"):
        HFSpace()
    with pytest.raises(UsageError, match="there is no folder"):
        HFSpace(argument=str(tmp_path / "nowhere"))


def test_tokens_must_be_those_of_the_checkpoint(tmp_path: Path, random_tokens: Any) -> None:
    folder = checkpoints.save(checkpoints.model_of("llama"), tmp_path)
    space = HFSpace(argument=str(folder))
    with pytest.raises(UsageError, match=r"has 300 tokens.*options\.task\.tokenizer="):
        space.build(space.ends().smallest, random_tokens(vocabulary=300))
    from monas_tasks import byte_tokenizer

    (folder / "tokenizer.json").write_text(byte_tokenizer.files(16)["tokenizer.json"])
    checkpoints.edit(folder / "tokenizer.json", added_tokens=[{"id": 0, "content": "<s>"}])
    from monas_tasks.pystdlib import load

    space = HFSpace(argument=str(folder))
    assert space.task_options == {"tokenizer": str(folder)}
    with pytest.raises(UsageError, match="mean nothing to it"):
        space.supernet(load())


def test_weights_in_half_precision_are_read_as_they_are(tmp_path: Path, task: Any) -> None:
    model = checkpoints.model_of("qwen3").to(torch.bfloat16)
    space = HFSpace(argument=str(checkpoints.save(model, tmp_path)))
    supernet = space.supernet(task).eval()
    from transformers import AutoModelForCausalLM

    again: Any = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    with torch.no_grad():
        wanted = again(tokens()).logits
        assert apart(supernet(tokens(), space.ends().largest), wanted) < 1e-4
