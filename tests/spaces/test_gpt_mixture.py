"""The masked path against a naive network that evaluates every option on its own."""

import pytest
import torch
from torch.nn import functional as F

from monas_core.values import population
from monas_core.values.relaxation import Relaxation
from monas_gpt.space import GPTSpace


class NaiveMixture:
    """One group's mixture, written as sums over options of separately sliced operators.

    weights: per choice a list of scalars, one per option.
    """

    def __init__(self, network, sizes, weights):
        self.network = network
        self.sizes = sizes
        self.weights = weights
        self.width = max(sizes.embed_dim)

    def __call__(self, tokens):
        net, length = self.network, tokens.shape[1]
        x = self.over(
            "embed_dim",
            lambda e: (
                net.token_embedding.weight[:, :e][tokens]
                + net.position_embedding.weight[:length, :e]
            ),
            self.width,
        )
        for layer, block in enumerate(net.blocks):
            x = x + self.if_deep(layer, self.attention(layer, block, self.norm(block.norm_1, x)))
            x = x + self.if_deep(layer, self.mlp(layer, block, self.norm(block.norm_2, x)))
        return self.norm(net.norm, x) @ net.token_embedding.weight.T

    def over(self, name, operator, size):
        """Sum over the options of weight times output, padded to a common size."""
        options = self.sizes_of(name)
        total = 0.0
        for weight, option in zip(self.weights[name], options, strict=True):
            out = operator(option)
            total = total + weight * F.pad(out, (0, size - out.shape[-1]))
        return total

    def sizes_of(self, name):
        return (False, True) if name == "bias" else getattr(self.sizes, name.rstrip("_0123456789"))

    def if_deep(self, layer, branch):
        return self.over(
            "n_layer",
            lambda depth: branch if layer < depth else torch.zeros_like(branch),
            branch.shape[-1],
        )

    def norm(self, norm, x):
        def of_width(e):
            weight, bias = norm.weight[:e], norm.bias[:e]
            return self.over(
                "bias",
                lambda biased: F.layer_norm(x[..., :e], (e,), weight, bias if biased else None),
                e,
            )

        return self.over("embed_dim", of_width, self.width)

    def linear(self, layer, x, rows):
        weight, bias = layer.weight[:rows], layer.bias[:rows]
        return self.over("bias", lambda biased: F.linear(x, weight, bias if biased else None), rows)

    def attention(self, layer, block, x):
        size = self.sizes.head_size
        length = x.shape[1]
        future = torch.ones(length, length, dtype=torch.bool).triu(1)

        def with_heads(heads):
            outputs = []
            for head in self.linear(block.attention.qkv, x, 3 * heads * size).split(3 * size, -1):
                query, key, value = head.split(size, -1)
                scores = query @ key.transpose(1, 2) / size**0.5
                outputs.append(scores.masked_fill(future, -torch.inf).softmax(-1) @ value)
            return torch.cat(outputs, -1)

        mixed = self.over(f"n_head_{layer}", with_heads, max(self.sizes.n_head) * size)
        return self.over(
            "embed_dim", lambda e: self.linear(block.attention.proj, mixed, e), self.width
        )

    def mlp(self, layer, block, x):
        full = max(self.sizes.mlp_ratio) * self.width

        def hidden_of(e):
            return self.over(
                f"mlp_ratio_{layer}",
                lambda ratio: F.gelu(self.linear(block.mlp.up, x, ratio * e)),
                full,
            )

        hidden = self.over("embed_dim", hidden_of, full)
        return self.over("embed_dim", lambda e: self.linear(block.mlp.down, hidden, e), self.width)


@pytest.fixture
def space():
    return GPTSpace.tiny()


@pytest.fixture
def supernet(space, random_tokens):
    network = space.supernet(random_tokens(vocabulary=17)).double()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    return network


def relaxed_rows(space, rows):
    """Random mixtures, (rows, C, K), that want gradients."""
    logits = torch.randn(rows, len(space.choices), space.choices.max_options, dtype=torch.float64)
    return Relaxation.from_logits(space.choices, logits).weights.requires_grad_()


def naive_logits(space, supernet, tokens, weights):
    """Group by group."""
    outputs = []
    for row, group in zip(weights, tokens.chunk(len(weights)), strict=True):
        named = {
            choice.name: list(row[index, : len(choice.options)])
            for index, choice in enumerate(space.choices.choices)
        }
        outputs.append(NaiveMixture(supernet.network, space.sizes, named)(group))
    return torch.cat(outputs)


def test_values_and_gradients_are_those_of_the_exact_mixture(space, supernet, generator):
    tokens = torch.randint(17, (6, 9), generator=generator)
    weights = relaxed_rows(space, 3)
    direction = torch.randn(6, 9, 17, dtype=torch.float64)
    wanted = [weights, *supernet.parameters()]

    masked = supernet(tokens, Relaxation(space.choices, weights))
    found = torch.autograd.grad((masked * direction).sum(), wanted)
    naive = naive_logits(space, supernet, tokens, weights)
    expected = torch.autograd.grad((naive * direction).sum(), wanted)

    torch.testing.assert_close(masked, naive, atol=1e-10, rtol=1e-10)
    for mine, reference in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, reference, atol=1e-9, rtol=1e-9)


def test_gradients_match_finite_differences(space, supernet, generator):
    tokens = torch.randint(17, (2, 5), generator=generator)
    weights = relaxed_rows(space, 2)
    torch.autograd.gradcheck(
        lambda w: supernet(tokens, Relaxation(space.choices, w)).sum(-1), (weights,), atol=1e-5
    )


@pytest.mark.parametrize("fresh", [False, True])
def test_every_option_of_every_active_choice_gets_a_gradient(
    fresh, space, supernet, random_tokens, generator
):
    if fresh:  # biases are 0, and still both options of "bias" must be reached
        supernet = space.supernet(random_tokens(vocabulary=17)).double()
    choices = space.choices
    rows = torch.tensor([choices.to_indices(architecture) for architecture in choices.enumerate()])
    tokens = torch.randint(17, (len(rows), 8), generator=generator)
    weights = Relaxation.from_population(choices, rows).weights.double().requires_grad_()
    out = supernet(tokens, Relaxation(choices, weights))
    loss = F.cross_entropy(out.transpose(1, 2), tokens.roll(-1, 1))
    (gradient,) = torch.autograd.grad(loss, weights)
    active = population.activity(choices, rows)
    exists = Relaxation.from_logits(choices, torch.zeros_like(weights)).weights > 0
    assert (gradient[active[..., None] & exists] != 0).all()
    assert (gradient[~active] == 0).all()


def test_rows_in_another_precision_are_converted(space, supernet, generator):
    rows = population.sample(space.choices, 1, generator)
    relaxation = Relaxation.from_population(space.choices, rows)
    assert relaxation.weights.dtype == torch.float32
    assert supernet(torch.zeros(1, 4, dtype=torch.int64), relaxation).dtype == torch.float64
