"""Choices of the HAT space and the standalone networks it builds."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.tracing.workload import trace
from monas_core.values import population
from monas_hat.model import HAT, HATConfig, sinusoids
from monas_hat.sizes import MINIATURE, PRESETS
from monas_hat.space import HATSpace

PUBLISHED_M, PUBLISHED_GFLOPS = 25.22, 1.53  # HAT_wmt14ende_raspberrypi@3.5s
RASPBERRY = {
    "encoder_embed_dim": 512,
    "decoder_embed_dim": 512,
    "decoder_layer_num": 1,
    **{
        f"encoder_ffn_{layer}": size
        for layer, size in enumerate([1024, 3072, 3072, 2048, 2048, 2048])
    },
    **{f"encoder_heads_{layer}": heads for layer, heads in enumerate([4, 8, 4, 4, 4, 8])},
    "decoder_ffn_0": 3072,
    "decoder_self_heads_0": 8,
    "decoder_ende_heads_0": 8,
    "decoder_arbitrary_ende_0": -1,
}
TASK = SimpleNamespace(n_outputs=50)


def network(space=None, *, seed=0) -> HAT:
    """A network of the smallest preset with three decoder layers, two of them looking back."""
    space = space or HATSpace()
    rows = population.corners(space.choices)
    torch.manual_seed(seed)
    return space.build(population.decode(space.choices, rows)[1], TASK).eval()


def sentences(batch, source, target, vocabulary=50):
    generator = torch.Generator().manual_seed(1)
    return {
        "source": torch.randint(4, vocabulary, (batch, source), generator=generator),
        "target": torch.randint(4, vocabulary, (batch, target), generator=generator),
    }


def test_cardinality_is_the_published_one():
    count = HATSpace("wmt14.en-de").choices.cardinality()
    assert count == 4 * 6**6 * sum(36**depth for depth in range(1, 7))
    assert count == pytest.approx(4.18e14, rel=0.01)


def test_tiny_can_be_enumerated():
    choices = HATSpace.tiny().choices
    found = set(choices.enumerate())
    assert len(found) == choices.cardinality() == 4352


def test_only_layers_that_exist_have_choices():
    choices = HATSpace().choices
    conditions = {choice.name: choice.condition for choice in choices.choices}
    for name in ("decoder_ffn", "decoder_self_heads", "decoder_ende_heads"):
        assert conditions[f"{name}_0"] is None
        assert conditions[f"{name}_1"].options == (2, 3)
    assert conditions["encoder_ffn_2"] is None
    assert {choice.group for choice in choices.choices if choice.name.endswith("_1")} == {
        "encoder layer 1",
        "decoder layer 1",
    }


def test_package_is_found_without_torch():
    assert Catalog.installed().find("space", "hat").create().preset == "small"
    code = "import sys, monas_hat.plugin as p; p.monas_spaces(); sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_unknown_preset_is_refused():
    with pytest.raises(UsageError, match=r'no preset "wmt"; it has: small, wmt14\.en-de'):
        HATSpace("wmt")


def weights_and_flops(architecture, space, vocabulary=32768, length=30):
    """Without embedding table and output layer, as HAT publishes them."""
    task = SimpleNamespace(n_outputs=vocabulary)
    with torch.device("meta"):
        net = space.build(architecture, task)
    full = torch.ones(1, length, dtype=torch.int64)
    workload = trace(net, {"source": full, "target": full})
    logits = 2.0 * length * net.config.decoder_width * vocabulary
    return workload.parameters - net.embedding.weight.numel(), workload.total_flops - logits


def test_a_published_network_has_its_published_size():
    space = HATSpace("wmt14.en-de")
    weights, flops = weights_and_flops(space.choices.architecture(RASPBERRY), space)
    assert weights / 1e6 == pytest.approx(PUBLISHED_M, abs=0.005)
    assert flops / 1e9 == pytest.approx(PUBLISHED_GFLOPS, rel=0.005)


@pytest.mark.data
def test_all_published_networks_have_their_published_sizes(data_dir):
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = parquet.read_table(data_dir / "hat_published_bleu.parquet").to_pylist()
    rows = [row for row in rows if row["source"] == "HAT" and row["task"].startswith("wmt")]
    assert len(rows) > 20
    space = HATSpace("wmt14.en-de")
    per_layer = ("encoder_ffn", "encoder_heads", "decoder_ffn", "decoder_arbitrary_ende")
    per_layer += ("decoder_self_heads", "decoder_ende_heads")
    for row in rows:
        answers = {n: row[n] for n in ("encoder_embed_dim", "decoder_embed_dim")}
        answers["decoder_layer_num"] = row["decoder_layer_num"]
        for name in per_layer:
            answers |= {f"{name}_{layer}": value for layer, value in enumerate(row[name])}
        weights, flops = weights_and_flops(space.choices.architecture(answers), space)
        assert weights / 1e6 == pytest.approx(row["params_m"], abs=0.005), row["name"]
        assert flops / 1e9 == pytest.approx(row["flops_g"], rel=0.005), row["name"]


def test_heads_change_no_weight():
    shapes = []
    for heads in (2, 4):
        config = HATConfig(32, 64, (heads,), (8,), (8,), (heads,), (heads,), (1,), 16, 50, 9)
        shapes.append({name: p.shape for name, p in HAT(config).named_parameters()})
    assert shapes[0] == shapes[1]


def test_positions_of_narrow_tables_are_the_first_channels_of_wide_ones():
    wide = sinusoids(40, 96)
    assert torch.equal(sinusoids(40, 33), wide[:, :33])
    apart = torch.cdist(wide, wide) + 100 * torch.eye(40)
    assert apart.min() > 1


def test_padding_changes_nothing():
    net, inputs = network(), sentences(2, 7, 5)
    padded = {**inputs, "source": torch.cat([inputs["source"], torch.zeros(2, 4).long()], 1)}
    torch.testing.assert_close(net(padded), net(inputs), atol=1e-5, rtol=1e-5)


def test_a_later_token_changes_no_earlier_logit():
    net, inputs = network(), sentences(2, 7, 9)
    changed = inputs["target"].clone()
    changed[:, 4] = (changed[:, 4] + 1) % 50
    before, after = net(inputs), net({**inputs, "target": changed})
    assert torch.equal(before[:, :4], after[:, :4])
    assert (before[:, 4:] != after[:, 4:]).any(-1).all()


def test_token_by_token_equals_all_at_once():
    net, inputs = network(), sentences(3, 7, 6)
    memory, past, found = net({"source": inputs["source"]}), [], []
    for column in inputs["target"].split(1, 1):
        step = net({"memory": memory, "target": column, "past": past})
        past = step["past"]
        found.append(step["logits"])
    torch.testing.assert_close(torch.cat(found, 1), net(inputs), atol=1e-5, rtol=1e-5)


def test_several_translations_share_one_memory():
    net, inputs = network(), sentences(3, 7, 1)
    memory = net({"source": inputs["source"]})
    first = torch.arange(4, 10)[:, None]  # two translations of each sentence
    together = net({"memory": memory, "target": first, "past": []})["logits"]
    alone = net({"source": inputs["source"].repeat_interleave(2, 0), "target": first})
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("span", [1, 2, 3])
def test_a_decoder_layer_looks_at_its_span_of_encoder_layers(span):
    config = HATConfig(8, 8, (2,) * 3, (8,) * 3, (8,), (2,), (2,), (span,), 8, 50, 9)
    net, inputs = HAT(config), sentences(2, 4, 3)
    seen = []
    for layer in net.encoder:
        layer.register_forward_hook(lambda _, __, out: seen.append(F.layer_norm(out, (8,))))
    key = net({"source": inputs["source"]})["layers"][0]["key"]
    assert key.shape == (2, 4 * span, 8)
    direct = net.decoder[0].cross.kv(torch.cat(seen[::-1][:span], 1)).chunk(2, -1)[0]
    torch.testing.assert_close(key, direct)


def test_too_long_a_sentence_is_refused():
    net = network(HATSpace.tiny())
    long = torch.ones(1, 65, dtype=torch.int64)
    for inputs in (
        {"source": long, "target": long[:, :3]},
        {"source": long[:, :3], "target": long},
    ):
        with pytest.raises(ValueError, match=r"at most 64 tokens .* got 65"):
            net(inputs)


def test_presets_ascend_and_the_last_encoder_layers_exist():
    for sizes in (*PRESETS.values(), MINIATURE):
        for choice in sizes.choices().choices:
            assert list(choice.options) == sorted(choice.options)
        assert {-1: 1, 1: 2, 2: 3}[max(sizes.decoder_arbitrary_ende)] <= sizes.encoder_layers
        for heads in (sizes.encoder_heads, sizes.decoder_self_heads, sizes.decoder_ende_heads):
            assert all(sizes.inner % count == 0 for count in heads)


def test_a_traced_network_takes_any_batch_and_length():
    net = network(HATSpace.tiny())
    free = {0: torch.export.Dim.AUTO, 1: torch.export.Dim.AUTO}
    freedom = ({"source": free, "target": free},)
    program = torch.export.export(net, (sentences(2, 7, 9),), dynamic_shapes=freedom)
    other = sentences(3, 5, 4)
    torch.testing.assert_close(program.module()(other), net(other), atol=1e-5, rtol=1e-5)
