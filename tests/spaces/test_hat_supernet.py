"""The HAT supernet: sliced, masked and extracted networks are the same network."""

from types import SimpleNamespace

import pytest
import torch

from monas_core.errors import UsageError
from monas_core.tracing.workload import trace
from monas_core.values import population
from monas_core.values.relaxation import Relaxation
from monas_hat.space import HATSpace
from monas_hat.supernet import HATSupernet

TASK = SimpleNamespace(n_outputs=50)


@pytest.fixture
def space():
    return HATSpace()


@pytest.fixture
def supernet(space) -> HATSupernet:
    """With all weights random: fresh biases are 0 and would hide a wrong bias."""
    network = space.supernet(TASK)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return network.eval()


@pytest.fixture
def inputs(generator):
    source = torch.randint(4, 50, (6, 11), generator=generator)
    source[1, 7:] = source[4, 3:] = 0
    return {"source": source, "target": torch.randint(4, 50, (6, 9), generator=generator)}


def rows_of(inputs, rows):
    return {name: tokens[rows] for name, tokens in inputs.items()}


def ends(space):
    return population.decode(space.choices, population.corners(space.choices))


def test_sliced_masked_and_extracted_agree(space, supernet, inputs, generator):
    rows = population.sample(space.choices, 50, generator)
    rows = torch.cat([population.corners(space.choices), rows])
    inputs = rows_of(inputs, slice(0, 2))
    with torch.no_grad():
        for row, architecture in zip(rows, population.decode(space.choices, rows), strict=True):
            sliced = supernet(inputs, architecture)
            extracted = supernet.extract(architecture)(inputs)
            masked = supernet(inputs, Relaxation.from_population(space.choices, row[None]))
            torch.testing.assert_close(sliced, extracted, atol=2e-5, rtol=1e-5)
            torch.testing.assert_close(sliced, masked, atol=2e-5, rtol=1e-5)


def test_neighbouring_samples_share_an_architecture(space, supernet, inputs, generator):
    rows = population.sample(space.choices, 3, generator)
    with torch.no_grad():
        masked = supernet(inputs, Relaxation.from_population(space.choices, rows))
        for group, architecture in enumerate(population.decode(space.choices, rows)):
            part = slice(2 * group, 2 * group + 2)
            sliced = supernet(rows_of(inputs, part), architecture)
            torch.testing.assert_close(masked[part], sliced, atol=2e-5, rtol=1e-5)


def test_norms_are_over_the_channels_an_architecture_has(space, supernet, inputs):
    smallest, _ = ends(space)
    seen = []
    network = supernet.extract(smallest)
    norm = network.encoder[0].norm_1
    norm.register_forward_hook(lambda m, i, out: seen.append((out - norm.bias) / norm.weight))
    with torch.no_grad():
        network(inputs)
    assert seen[0].shape[-1] == space.sizes.encoder_embed_dim[0]
    torch.testing.assert_close(seen[0].mean(-1), torch.zeros(6, 11), atol=1e-4, rtol=0)
    variance = seen[0].var(-1, correction=0)
    torch.testing.assert_close(variance, torch.ones(6, 11), atol=1e-3, rtol=0)


def test_extracted_weights_are_copies_of_those_used_only(space, supernet):
    smallest, _ = ends(space)
    network = supernet.extract(smallest)
    fresh = space.build(smallest, TASK)
    shapes = {name: weight.shape for name, weight in fresh.named_parameters()}
    assert {name: weight.shape for name, weight in network.named_parameters()} == shapes
    torch.testing.assert_close(network.positions, fresh.positions)
    before = supernet.network.embedding.weight.clone()
    with torch.no_grad():
        network.embedding.weight.zero_()
    assert torch.equal(supernet.network.embedding.weight, before)
    assert not network.training


def test_a_sliced_step_trains_only_the_corner(space, supernet, inputs):
    smallest, _ = ends(space)
    supernet(inputs, smallest).square().sum().backward()
    up = supernet.network.encoder[0].mlp.up
    assert up.weight.grad[:64, :32].abs().max() > 0
    assert up.weight.grad[64:].abs().max() == 0
    assert up.weight.grad[:, 32:].abs().max() == 0
    assert supernet.network.decoder[1].cross.kv.weight.grad is None


def test_the_sliced_path_works_token_by_token(space, supernet, inputs):
    _, largest = ends(space)
    with torch.no_grad():
        whole = supernet(inputs, largest)
        memory, past = supernet({"source": inputs["source"]}, largest), []
        for place, token in enumerate(inputs["target"].split(1, 1)):
            step = supernet({"memory": memory, "target": token, "past": past}, largest)
            past = step["past"]
            torch.testing.assert_close(step["logits"][:, 0], whole[:, place], atol=2e-5, rtol=1e-5)


def test_rows_that_do_not_divide_the_batch_are_refused(space, supernet, inputs, generator):
    rows = population.sample(space.choices, 4, generator)
    with pytest.raises(ValueError, match="4 architectures for 6 samples"):
        supernet(inputs, Relaxation.from_population(space.choices, rows))


def test_too_long_a_sentence_is_refused_by_both_paths(supernet, space):
    long = torch.ones(1, 65, dtype=torch.int64)
    smallest, _ = ends(space)
    for architecture in (smallest, Relaxation.from_architectures(space.choices, [smallest])):
        for inputs in (
            {"source": long, "target": long[:, :2]},
            {"source": long[:, :2], "target": long},
        ):
            with pytest.raises(ValueError, match="at most 64 tokens"):
                supernet(inputs, architecture)


def test_architectures_of_other_choices_are_refused(supernet, inputs):
    space = HATSpace("wmt14.en-de")
    foreign, _ = ends(space)
    with pytest.raises(UsageError, match="no option 512"):
        supernet(inputs, foreign)
    with pytest.raises(ValueError, match="other choices"):
        supernet(inputs, Relaxation.from_architectures(space.choices, [foreign]))


def test_published_size_builds_on_meta():
    space, task = HATSpace("wmt14.en-de"), SimpleNamespace(n_outputs=32768)
    with torch.device("meta"):
        supernet = space.supernet(task)
    smallest, largest = ends(space)
    tokens = torch.ones(2, 30, dtype=torch.int64, device="meta")
    inputs = {"source": tokens, "target": tokens}
    with torch.no_grad():
        for architecture in (
            smallest,
            largest,
            Relaxation.from_architectures(space.choices, [largest]),
        ):
            assert supernet(inputs, architecture).shape == (2, 30, 32768)
    used = sum(weight.numel() for weight in supernet.extract(largest).parameters())
    assert used == sum(weight.numel() for weight in supernet.parameters())
    with torch.device("meta"):
        network = space.build(smallest, task)
    assert trace(network, inputs).parameters == sum(p.numel() for p in network.parameters())


def test_state_has_weights_and_no_tables(supernet):
    assert set(supernet.state_dict()) == {name for name, _ in supernet.named_parameters()}
