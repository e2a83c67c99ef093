"""Weights in few bits as a choice: rounded as ggml does, costed by bytes, shipped as codes."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from monas_core.errors import UsageError
from monas_core.export import formats
from monas_core.export.subject import prepared
from monas_core.parts.rounding import PackedLinear, codes, rounded, values
from monas_core.tracing.workload import Tracer
from monas_core.values import population

pytest.importorskip("transformers", reason="needs monas[hf]")
sys.path.insert(0, str(Path(__file__).parent))
checkpoints = importlib.import_module("checkpoints")

from monas_hf.options import HFOptions  # noqa: E402
from monas_hf.space import HFSpace  # noqa: E402

BOTH = HFOptions(calibration=0, precision="int8,int4")


@pytest.mark.parametrize(("bits", "kind"), [(8, "Q8_0"), (4, "Q4_0")])
def test_rounding_is_that_of_ggml(bits: int, kind: str) -> None:
    gguf = pytest.importorskip("gguf", reason="needs monas[gguf]")
    weight = torch.randn(5, 96, generator=torch.Generator().manual_seed(0))
    weight[1, 32:64] = 0.0
    theirs = gguf.GGMLQuantizationType[kind]
    wanted = gguf.quants.dequantize(gguf.quants.quantize(weight.numpy(), theirs), theirs)
    mine = values(codes(weight, bits), 96)
    assert float((mine - torch.from_numpy(wanted)).abs().max()) < 1e-6
    assert torch.allclose(rounded(mine, bits), mine, atol=1e-6)  # what is rounded stays


@pytest.mark.parametrize("bits", [8, 4])
def test_packed_layers_answer_as_rounded_ones(bits: int) -> None:
    layer = torch.nn.Linear(40, 6)  # the last block is not full
    packed = PackedLinear(layer.weight, layer.bias, bits)
    x = torch.randn(3, 40)
    wanted = torch.nn.functional.linear(x, rounded(layer.weight, bits), layer.bias)
    assert torch.allclose(packed(x), wanted, atol=1e-6)
    assert packed.codes.numel() * 8 == 6 * 64 * bits
    rounded(layer.weight, bits).sum().backward()
    assert torch.equal(layer.weight.grad, torch.ones(6, 40))  # pyright: ignore


@pytest.fixture(scope="module", params=("gpt2", "llama"))
def owned(request: pytest.FixtureRequest, tmp_path_factory: Any, random_tokens: Any) -> Any:
    folder = tmp_path_factory.mktemp(request.param)
    checkpoints.save(checkpoints.model_of(request.param), folder)
    space, task = HFSpace(argument=str(folder), options=BOTH), random_tokens(length=16)
    return space, task, space.supernet(task).eval()


def with_precision(space: HFSpace, word: str) -> Any:
    whole = dict(space.ends().largest.choices)
    answers = {k: word if k.startswith("precision") else v for k, v in whole.items()}
    return space.choices.architecture(answers)


@torch.no_grad()
def test_every_way_to_a_rounded_part_gives_one_answer(owned: Any) -> None:
    space, task, supernet = owned
    tokens = task.batch("test", 2, torch.Generator().manual_seed(1)).inputs
    whole = supernet(tokens, space.ends().largest)
    gaps = {}
    for word in ("int8", "int4"):
        gaps[word] = float((supernet(tokens, with_precision(space, word)) - whole).abs().max())
    assert 0 < gaps["int8"] < gaps["int4"]
    rows = population.sample(space.choices, 4, torch.Generator().manual_seed(5))
    for architecture in [space.ends().smallest, *population.decode(space.choices, rows)]:
        sliced = supernet(tokens, architecture)
        alone = supernet.extract(architecture).eval()
        for _ in range(2):  # rounded weights are remembered
            assert float((alone(tokens) - sliced).abs().max()) < 1e-5
        assert float((alone.packed()(tokens) - sliced).abs().max()) < 1e-5
        stock = space.to_transformers(alone)
        assert float((stock(tokens).logits - sliced).abs().max()) < 1e-5
        reader = alone.layers[0].get_submodule(space.family.readers[1])
        reader.weight.mul_(1.5)
        assert not torch.allclose(alone(tokens), sliced, atol=1e-4)


def test_bytes_are_counted_where_weights_are_read(owned: Any) -> None:
    space, task, _ = owned
    tracer = Tracer()

    def cost(word: str) -> Any:
        architecture = with_precision(space, word)
        network = tracer.build(lambda: space.build(architecture, task))
        return tracer.trace(network, task.example(1)), network

    (full, _), (eight, network), (four, _) = cost("float32"), cost("int8"), cost("int4")
    assert full.narrow is None
    matrices = sum(
        w.numel() for layer in network.layers for w in layer.parameters() if w.dim() == 2
    )
    assert eight.narrow_parameters == (matrices, 0)
    assert four.narrow_parameters == (0, matrices)
    assert full.weight_bytes(4) - eight.weight_bytes(4) == pytest.approx(matrices * (4 - 8.5 / 8))
    assert full.weight_bytes(2) - four.weight_bytes(2) == pytest.approx(matrices * (2 - 4.5 / 8))
    assert full.weight_bytes(1) == eight.weight_bytes(1)  # never more than the device's own
    saved = float((full.bytes_moved(4) - eight.bytes_moved(4)).sum())
    assert saved == pytest.approx(matrices * (4 - 8.5 / 8))
    assert torch.equal(full.flops, eight.flops)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("safetensors", ("int8", "int4")),
        ("gguf", ("int8", "int4")),
        ("pt2", ("int8",)),
        ("onnx", ("int4",)),
    ],
)
def test_codes_are_shipped(
    form: str, words: tuple[str, ...], tmp_path: Path, random_tokens: Any
) -> None:
    from monas_core.catalog.lookup import Catalog

    model = checkpoints.model_of(
        "llama", hidden_size=128, intermediate_size=512, num_hidden_layers=1, head_dim=32,
        num_attention_heads=4, num_key_value_heads=4,
    )  # fmt: skip
    space = HFSpace(argument=str(checkpoints.save(model, tmp_path / "it")), options=BOTH)
    task = random_tokens(length=16)
    supernet = space.supernet(task)
    sizes: dict[str, int] = {}
    for word in words:
        architecture = with_precision(space, word)
        item = prepared(
            space, task, architecture, supernet.extract(architecture), seed=0,
            capabilities=frozenset({"ggml"}),
        )  # fmt: skip
        out = tmp_path / f"{word}-model"
        report = formats.export(item, formats.find(Catalog.installed(), form), out)
        assert report["check"]["max_difference"] < 1e-4
        file = out / "model.safetensors" if out.is_dir() else out
        sizes[word] = file.stat().st_size
        assert sizes[word] < 0.6 * 4 * item.parameters
    assert form in ("pt2", "onnx") or sizes["int4"] < 0.75 * sizes["int8"]


def test_a_rounded_network_learns(owned: Any) -> None:
    space, task, supernet = owned
    alone = supernet.extract(with_precision(space, "int4")).train()
    batch = task.batch("train", 8, torch.Generator().manual_seed(0))
    optimizer = torch.optim.AdamW(alone.parameters(), lr=3e-3)
    losses = []
    for _ in range(15):
        loss = task.loss(alone(batch.inputs), batch.targets).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]


def test_other_words_are_refused() -> None:
    with pytest.raises(UsageError, match=r'is "int7", and knows int8, int4'):
        HFOptions(precision="int7")
    assert HFOptions(precision="int8, int4").bits == (4, 8)
