"""The masked path against a naive network that evaluates every option on its own."""

from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from monas_core.values import population
from monas_core.values.relaxation import Relaxation
from monas_hat.sizes import SPANS
from monas_hat.space import HATSpace


class NaiveMixture:
    """One group's mixture, written as sums over options of separately computed operators.

    weights: per choice a list of scalars, one per option.
    """

    def __init__(self, network, sizes, weights):
        self.network, self.sizes, self.weights = network, sizes, weights

    def __call__(self, source, target):
        x, outputs = self.embed("encoder_embed_dim", source), []
        for number, layer in enumerate(self.network.encoder):
            x = self.encoder_layer(number, layer, x, source != 0)
            outputs.append(self.norm("encoder_embed_dim", None, x))
        y = self.embed("decoder_embed_dim", target)
        for number, layer in enumerate(self.network.decoder):
            y = self.decoder_layer(number, layer, y, outputs, source != 0)
        y = self.norm("decoder_embed_dim", None, y)
        return y @ self.network.embedding.weight[:, : y.shape[-1]].T

    def over(self, name, operator):
        """Sum over the options of weight times output, padded to a common size."""
        options = getattr(self.sizes, name.rstrip("_0123456789"))
        found = [operator(option) for option in options]
        size = max(out.shape[-1] for out in found)
        pairs = zip(self.weights[name], found, strict=True)
        return sum(weight * F.pad(out, (0, size - out.shape[-1])) for weight, out in pairs)

    def embed(self, name, tokens):
        net = self.network
        return self.over(
            name,
            lambda e: (
                net.embedding.weight[:, :e][tokens] * e**0.5 + net.positions[: tokens.shape[1], :e]
            ),
        )

    def norm(self, name, norm, x):
        def over_the_first(e):
            weights = (norm.weight[:e], norm.bias[:e]) if norm else ()
            return F.layer_norm(x[..., :e], (e,), *weights)

        return self.over(name, over_the_first)

    def write(self, name, branch):
        """A branch writes the channels that a width has."""
        return self.over(name, lambda e: branch[..., :e])

    def attend(self, query, key, value, heads, mask):
        outputs = []
        for q, k, v in zip(*(x.chunk(heads, -1) for x in (query, key, value)), strict=True):
            scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
            outputs.append(scores.masked_fill(~mask, -torch.inf).softmax(-1) @ v)
        return torch.cat(outputs, -1)

    def mlp(self, name, mlp, x):
        hidden = self.over(name, lambda size: F.relu(mlp.up(x))[..., :size])
        return mlp.down(F.pad(hidden, (0, mlp.down.in_features - hidden.shape[-1])))

    def self_attention(self, name, attention, x, mask):
        query, key, value = attention.qkv(x).chunk(3, -1)
        mixed = self.over(name, lambda heads: self.attend(query, key, value, heads, mask))
        return attention.proj(mixed)

    def cross_attention(self, number, cross, y, outputs, mask):
        query = cross.query(y)

        def with_span(option, heads):
            memory = torch.cat(outputs[-SPANS[option] :], 1)
            key, value = cross.kv(memory).chunk(2, -1)
            return self.attend(query, key, value, heads, mask.repeat(1, SPANS[option])[:, None, :])

        mixed = self.over(
            f"decoder_arbitrary_ende_{number}",
            lambda option: self.over(
                f"decoder_ende_heads_{number}", lambda heads: with_span(option, heads)
            ),
        )
        return cross.proj(mixed)

    def encoder_layer(self, number, layer, x, mask):
        width = "encoder_embed_dim"
        normal = self.norm(width, layer.norm_1, x)
        name = f"encoder_heads_{number}"
        branch = self.self_attention(name, layer.attention, normal, mask[:, None, :])
        x = x + self.write(width, branch)
        normal = self.norm(width, layer.norm_2, x)
        return x + self.write(width, self.mlp(f"encoder_ffn_{number}", layer.mlp, normal))

    def decoder_layer(self, number, layer, y, outputs, mask):
        width = "decoder_embed_dim"
        causal = torch.ones(y.shape[1], y.shape[1], dtype=torch.bool).tril()
        normal = self.norm(width, layer.norm_1, y)
        name = f"decoder_self_heads_{number}"
        branch = self.self_attention(name, layer.attention, normal, causal)
        y = y + self.if_deep(number, self.write(width, branch))
        normal = self.norm(width, layer.norm_2, y)
        branch = self.cross_attention(number, layer.cross, normal, outputs, mask)
        y = y + self.if_deep(number, self.write(width, branch))
        branch = self.mlp(f"decoder_ffn_{number}", layer.mlp, self.norm(width, layer.norm_3, y))
        return y + self.if_deep(number, self.write(width, branch))

    def if_deep(self, number, branch):
        return self.over(
            "decoder_layer_num", lambda depth: branch if number < depth else 0 * branch
        )


@pytest.fixture
def space():
    return HATSpace.tiny()


@pytest.fixture
def supernet(space):
    network = space.supernet(SimpleNamespace(n_outputs=17)).double()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    return network


def sentences(batch, generator, source=7, target=5):
    tokens = torch.randint(4, 17, (batch, source), generator=generator)
    tokens[0, 4:] = 0
    return {
        "source": tokens,
        "target": torch.randint(4, 17, (batch, target), generator=generator),
    }


def relaxed_rows(space, rows):
    """Random mixtures, (rows, C, K), that want gradients."""
    logits = torch.randn(rows, len(space.choices), space.choices.max_options, dtype=torch.float64)
    return Relaxation.from_logits(space.choices, logits).weights.requires_grad_()


def naive_logits(space, supernet, inputs, weights):
    """Group by group."""
    outputs = []
    count = len(weights)
    for row, source, target in zip(
        weights, inputs["source"].chunk(count), inputs["target"].chunk(count), strict=True
    ):
        named = {
            choice.name: list(row[index, : len(choice.options)])
            for index, choice in enumerate(space.choices.choices)
        }
        outputs.append(NaiveMixture(supernet.network, space.sizes, named)(source, target))
    return torch.cat(outputs)


def centred(space, gradient):
    """Without what all options of a choice have in common."""
    exists = Relaxation.from_logits(space.choices, torch.zeros_like(gradient)).weights > 0
    mean = (gradient * exists).sum(-1, keepdim=True) / exists.sum(-1, keepdim=True)
    return (gradient - mean) * exists


def test_values_and_gradients_are_those_of_the_exact_mixture(space, supernet, generator):
    inputs = sentences(6, generator)
    weights = relaxed_rows(space, 3)
    direction = torch.randn(6, 5, 17, dtype=torch.float64)
    wanted = [weights, *supernet.parameters()]

    masked = supernet(inputs, Relaxation(space.choices, weights))
    found = torch.autograd.grad((masked * direction).sum(), wanted)
    naive = naive_logits(space, supernet, inputs, weights)
    expected = torch.autograd.grad((naive * direction).sum(), wanted)

    torch.testing.assert_close(masked, naive, atol=1e-10, rtol=1e-10)
    mine, reference = (centred(space, gradients[0]) for gradients in (found, expected))
    torch.testing.assert_close(mine, reference, atol=1e-9, rtol=1e-9)
    for mine, reference in zip(found[1:], expected[1:], strict=True):
        torch.testing.assert_close(mine, reference, atol=1e-9, rtol=1e-9)


def test_gradients_match_finite_differences(space, supernet, generator):
    inputs = sentences(2, generator, 4, 3)
    torch.autograd.gradcheck(
        lambda w: supernet(inputs, Relaxation(space.choices, w)).sum(-1),
        (relaxed_rows(space, 2),),
        atol=1e-5,
    )


@pytest.mark.parametrize("fresh", [False, True])
def test_every_option_of_every_active_choice_gets_a_gradient(fresh, space, supernet, generator):
    if fresh:
        supernet = space.supernet(SimpleNamespace(n_outputs=17)).double()
    choices = space.choices
    rows = torch.cat([population.corners(choices), population.sample(choices, 30, generator)])
    inputs = sentences(len(rows), generator, 8, 8)
    weights = Relaxation.from_population(choices, rows).weights.double().requires_grad_()
    out = supernet(inputs, Relaxation(choices, weights))
    loss = F.cross_entropy(out.transpose(1, 2), inputs["target"].roll(-1, 1))
    (gradient,) = torch.autograd.grad(loss, weights)
    exists = Relaxation.from_logits(choices, torch.zeros_like(weights)).weights > 0
    exists &= (torch.tensor(choices.sizes) > 1)[:, None]
    active = population.activity(choices, rows)
    assert (gradient[active[..., None] & exists] != 0).all()
    assert (gradient[~active] == 0).all()


def test_rows_in_another_precision_are_converted(space, supernet, generator):
    rows = population.sample(space.choices, 1, generator)
    relaxation = Relaxation.from_population(space.choices, rows)
    assert relaxation.weights.dtype == torch.float32
    assert supernet(sentences(1, generator), relaxation).dtype == torch.float64
