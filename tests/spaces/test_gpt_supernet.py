"""The GPT supernet: sliced, masked and extracted networks are the same network."""

import pytest
import torch

from monas_core.errors import UsageError
from monas_core.values import population
from monas_core.values.relaxation import Relaxation
from monas_gpt.space import GPTSpace
from monas_gpt.supernet import GPTSupernet


@pytest.fixture
def space():
    return GPTSpace()


@pytest.fixture
def supernet(space, random_tokens) -> GPTSupernet:
    """With all weights random: fresh biases are 0 and would hide a wrong bias."""
    network = space.supernet(random_tokens())
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return network.eval()


@pytest.fixture
def tokens(random_tokens, generator):
    return random_tokens().batch("train", 6, generator).inputs


def test_sliced_masked_and_extracted_agree(space, supernet, tokens, generator):
    rows = population.sample(space.choices, 50, generator)
    rows = torch.cat([population.corners(space.choices), rows])
    with torch.no_grad():
        for row, architecture in zip(rows, population.decode(space.choices, rows), strict=True):
            sliced = supernet(tokens[:2], architecture)
            extracted = supernet.extract(architecture)(tokens[:2])
            relaxation = Relaxation.from_population(space.choices, row[None])
            masked = supernet(tokens[:2], relaxation)
            torch.testing.assert_close(sliced, extracted, atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(sliced, masked, atol=1e-5, rtol=1e-5)


def test_neighbouring_samples_share_an_architecture(space, supernet, tokens, generator):
    rows = population.sample(space.choices, 3, generator)
    with torch.no_grad():
        masked = supernet(tokens, Relaxation.from_population(space.choices, rows))
        for group, architecture in enumerate(population.decode(space.choices, rows)):
            part = slice(2 * group, 2 * group + 2)
            sliced = supernet(tokens[part], architecture)
            torch.testing.assert_close(masked[part], sliced, atol=1e-5, rtol=1e-5)


def test_extracted_weights_are_copies_of_those_used_only(space, supernet, random_tokens):
    smallest = space.choices.from_indices([0] * len(space.choices))
    network = supernet.extract(smallest)
    fresh = space.build(smallest, random_tokens())
    shapes = {name: weight.shape for name, weight in fresh.named_parameters()}
    assert {name: weight.shape for name, weight in network.named_parameters()} == shapes
    before = supernet.network.token_embedding.weight.clone()
    with torch.no_grad():
        network.token_embedding.weight.zero_()
    assert torch.equal(supernet.network.token_embedding.weight, before)
    assert not network.training


def test_a_sliced_step_trains_only_the_corner(space, supernet, tokens):
    smallest = space.choices.from_indices([0] * len(space.choices))
    supernet(tokens, smallest).square().sum().backward()
    up = supernet.network.blocks[0].mlp.up
    assert up.weight.grad[:32, :32].abs().min() > 0
    assert up.weight.grad[32:].abs().max() == 0
    assert up.weight.grad[:, 32:].abs().max() == 0
    assert up.bias.grad is None


def test_rows_that_do_not_divide_the_batch_are_refused(space, supernet, tokens, generator):
    rows = population.sample(space.choices, 4, generator)
    with pytest.raises(ValueError, match="4 architectures for 6 samples"):
        supernet(tokens, Relaxation.from_population(space.choices, rows))


def test_too_long_a_context_is_refused_by_both_paths(supernet, space):
    tokens = torch.zeros(1, 65, dtype=torch.int64)
    smallest = space.choices.from_indices([0] * len(space.choices))
    for architecture in (smallest, Relaxation.from_architectures(space.choices, [smallest])):
        with pytest.raises(ValueError, match="at most 64 tokens"):
            supernet(tokens, architecture)


def test_architectures_of_other_choices_are_refused(supernet, tokens):
    stranger = GPTSpace("s").choices
    foreign = stranger.from_indices([0] * len(stranger))
    with pytest.raises(UsageError, match="no option 192"):
        supernet(tokens, foreign)
    with pytest.raises(ValueError, match="other choices"):
        supernet(tokens, Relaxation.from_architectures(stranger, [foreign]))


@pytest.mark.parametrize("preset", ["s", "m", "l"])
def test_published_sizes_build_on_meta(preset, random_tokens):
    space = GPTSpace(preset)
    task = random_tokens(vocabulary=50257, length=1024)
    with torch.device("meta"):
        supernet = space.supernet(task)
    tokens = task.example(2).to("meta")
    smallest, largest = population.decode(space.choices, population.corners(space.choices))
    with torch.no_grad():
        assert supernet(tokens, smallest).shape == (2, 1024, 50257)
    used = sum(weight.numel() for weight in supernet.extract(largest).parameters())
    assert used == sum(weight.numel() for weight in supernet.parameters())


def test_state_has_weights_and_no_tables(supernet):
    assert set(supernet.state_dict()) == {name for name, _ in supernet.named_parameters()}
