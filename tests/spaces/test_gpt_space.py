"""Choices of the GPT space and the standalone networks it builds."""

import subprocess
import sys

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.tracing.workload import trace
from monas_core.values import population
from monas_gpt.model import GPT, GPTConfig
from monas_gpt.options import Options
from monas_gpt.space import GPTSpace

SMALL = {"embed_dim": 32, "n_layer": 1, "bias": False, "n_head_0": 1, "mlp_ratio_0": 1}


def largest(space):
    return population.decode(space.choices, population.corners(space.choices))[1]


@pytest.mark.parametrize(
    ("preset", "layers", "published"),
    [("s", (10, 11, 12), 1.9e12), ("m", (22, 23, 24), 5.4e23), ("l", (34, 35, 36), 1.5e35)],
)
def test_cardinality_is_the_published_one(preset, layers, published):
    count = GPTSpace(preset).choices.cardinality()
    assert count == 3 * 2 * sum(9**depth for depth in layers)
    assert count == pytest.approx(published, rel=0.02)


def test_tiny_can_be_enumerated():
    choices = GPTSpace.tiny().choices
    found = set(choices.enumerate())
    assert len(found) == choices.cardinality() == 120


def test_only_layers_that_exist_have_heads():
    choices = GPTSpace().choices
    conditions = {choice.name: choice.condition for choice in choices.choices}
    assert conditions["n_head_0"] is None
    condition = conditions["mlp_ratio_1"]
    assert condition is not None
    assert condition.options == (2, 3)
    shallow = choices.architecture(SMALL)
    assert choices.active(choices.to_indices(shallow)).count(True) == 3 + 2


def test_all_but_bias_are_ordered_and_layers_are_groups():
    for choice in GPTSpace("s").choices.choices:
        assert choice.ordered == (choice.name != "bias")
        assert (choice.group is not None) == choice.name.startswith(("n_head_", "mlp_ratio_"))


def test_registered_without_importing_torch():
    entry = Catalog.installed().find("space", "gpt")
    assert entry.create(preset="s").preset == "s"
    code = "import sys, monas_gpt.plugin as p; p.monas_spaces(); sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_unknown_preset_is_refused():
    with pytest.raises(UsageError, match='no preset "xl"; it has: tiny, s, m, l'):
        GPTSpace("xl")


def test_parameter_count_of_gpt2():
    config = GPTConfig(
        embed_dim=768,
        heads=(12,) * 12,
        mlp_ratios=(4,) * 12,
        bias=True,
        vocabulary=50257,
        block_size=1024,
        head_size=64,
    )
    with torch.device("meta"):
        network = GPT(config)
    assert sum(weight.numel() for weight in network.parameters()) == 124_439_808


def test_without_bias_no_parameter_is_a_bias(random_tokens):
    space = GPTSpace()
    network = space.build(space.choices.architecture(SMALL), random_tokens())
    assert not [name for name, _ in network.named_parameters() if name.endswith("bias")]


@pytest.mark.parametrize("preset", ["tiny", "s"])
def test_traced_flops_are_those_of_the_flop_counter(preset, random_tokens, generator):
    space = GPTSpace(preset)
    task = random_tokens()
    rows = population.sample(space.choices, 3, generator)
    for architecture in population.decode(space.choices, rows):
        with torch.device("meta"):
            network = space.build(architecture, task)
        workload = trace(network, task.example(2))
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            network(task.example(2).to("meta"))
        assert workload.total_flops == counter.get_total_flops()
        assert workload.total_flops == expected_flops(network.config, batch=2, length=64)
        assert workload.parameters == sum(p.numel() for p in network.parameters())


def expected_flops(config: GPTConfig, batch: int, length: int) -> float:
    """2 per multiply-accumulate of all matrix products, attention counted in full."""
    width = config.embed_dim
    per_token = config.vocabulary * width
    for heads, ratio in zip(config.heads, config.mlp_ratios, strict=True):
        inner = heads * config.head_size
        per_token += 4 * width * inner + 2 * ratio * width * width + 2 * length * inner
    return 2.0 * batch * length * per_token


def test_too_long_a_context_is_refused(random_tokens):
    space = GPTSpace.tiny()
    network = space.build(next(space.choices.enumerate()), random_tokens())
    with pytest.raises(ValueError, match=r"at most 64 tokens .* got 65"):
        network(torch.zeros(1, 65, dtype=torch.int64))


def test_a_later_token_changes_no_earlier_logit(random_tokens, generator):
    space, task = GPTSpace(), random_tokens()
    network = space.build(largest(space), task)
    tokens = task.batch("train", 2, generator).inputs
    changed = tokens.clone()
    changed[:, 40] = (changed[:, 40] + 1) % task.n_outputs
    before, after = network(tokens), network(changed)
    assert torch.equal(before[:, :40], after[:, :40])
    assert (before[:, 40:] != after[:, 40:]).any(-1).all()


def test_samples_do_not_see_each_other(random_tokens, generator):
    space, task = GPTSpace(), random_tokens()
    network = space.build(largest(space), task)
    tokens = task.batch("train", 4, generator).inputs
    alone = torch.cat([network(row[None]) for row in tokens])
    torch.testing.assert_close(network(tokens), alone, atol=1e-5, rtol=1e-5)


def test_positions_follow_the_context_of_the_task(random_tokens):
    space = GPTSpace()
    assert space.supernet(random_tokens(length=96)).network.config.block_size == 96
    assert space.supernet(random_tokens(length=16)).network.config.block_size == 64
    smallest = space.ends().smallest
    assert space.build(smallest, random_tokens(length=96)).config.block_size == 96


def test_a_context_longer_than_the_positions_is_refused(random_tokens):
    longer = random_tokens(length=1100)
    with pytest.raises(UsageError, match=r"positions for 1024; .*options\.space\.block_size=1100"):
        GPTSpace("s").build(GPTSpace("s").ends().smallest, longer)
    with pytest.raises(UsageError, match="positions for 32"):
        GPTSpace(options=Options(block_size=32)).supernet(random_tokens())
    wide = GPTSpace("s", options=Options(block_size=1100))
    smallest = wide.ends().smallest
    with torch.device("meta"):
        assert wide.build(smallest, longer).config.block_size == 1100


@pytest.mark.parametrize("context", [64, 256])
@pytest.mark.parametrize("vocabulary", [256, 4096])
def test_costs_are_those_of_context_and_vocabulary(random_tokens, context, vocabulary):
    """What a published count would give: linear layers, attention, the head; 2 per multiply-add."""
    space = GPTSpace()
    network = space.ends().largest
    work = Context(space, random_tokens(vocabulary, context)).workload(network)
    width, layers, inner, hidden = 128, 3, 128, 512
    linear = layers * (width * 3 * inner + inner * width + 2 * width * hidden)
    attention = layers * 2 * context * inner
    expected = 2 * context * (linear + attention + width * vocabulary)
    assert work.total_flops == pytest.approx(expected, rel=0.01)
    norms = (2 * layers + 1) * 2 * width
    biases = layers * (3 * inner + width + hidden + width)
    table = width * (vocabulary + context)
    assert work.parameters == linear + norms + biases + table
