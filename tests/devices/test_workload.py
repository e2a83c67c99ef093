"""Workloads of networks small enough to count by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monas_core.parts.context import Context
from monas_core.tracing.workload import Tracer, trace
from monas_core.values.architecture import Architecture


class Tied(nn.Module):
    """Embedding and output layer share their weights."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 4)
        self.layer = nn.Linear(4, 4)
        self.head = nn.Linear(4, 10, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(torch.relu(self.layer(self.embed(tokens))))


class Attention(nn.Module):
    """Nothing but the call that differs between torch's backends."""

    def forward(self, x: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(x, x, x, is_causal=True)


class InPlace(nn.Module):
    """An operator that writes to its operand, and one that returns two results."""

    def forward(self, x: Tensor) -> Tensor:
        values, _ = (x + 1).add_(1).max(-1)
        return values


def _tied() -> nn.Module:
    with torch.device("meta"):
        return Tied()


TOKENS = torch.zeros(1, 3, dtype=torch.int64)


def test_hand_counted_network() -> None:
    work = trace(_tied(), TOKENS)
    # Embedding rows, linear with bias, relu, linear: three rows of 4 throughout.
    assert work.flops.tolist() == [0, 2 * 3 * 4 * 4, 0, 2 * 3 * 4 * 10]
    assert work.elements.tolist() == [
        3 + 12 + 12,
        4 + 12 + 16 + 12,
        12 + 12,
        12 + 40 + 30,
    ]
    assert work.total_flops == 96 + 240


def test_tied_weights_count_once() -> None:
    assert trace(_tied(), TOKENS).parameters == 10 * 4 + 4 * 4 + 4


def test_peak_leaves_out_weights() -> None:
    assert trace(_tied(), TOKENS).peak_elements == 12 + 30  # into and out of the last layer


def test_attention_is_two_products_and_a_softmax() -> None:
    heads, length, size = 2, 5, 3
    work = trace(Attention(), torch.zeros(1, heads, length, size))
    product = 2 * heads * length * length * size
    assert work.flops.tolist() == [product, 0, product]
    scores, values = heads * length**2, heads * length * size
    assert work.elements.tolist() == [2 * values + scores, 2 * scores, scores + 2 * values]


def test_in_place_and_several_results() -> None:
    work = trace(InPlace(), torch.zeros(2, 8))
    assert work.elements.tolist() == [32, 32, 16 + 2 + 2]
    assert work.peak_elements == 32


def test_batch_scales_activations_only() -> None:
    one, four = (trace(_tied(), TOKENS.expand(batch, -1)) for batch in (1, 4))
    assert four.total_flops == 4 * one.total_flops
    assert four.parameters == one.parameters
    assert four.peak_elements == 4 * one.peak_elements


def test_remembered_kernels_give_the_same_workload(
    gpt: Context, networks: list[Architecture]
) -> None:
    task = gpt.require_task()
    tracer = Tracer()
    for architecture in (*networks[:4], *networks[:4]):
        network = tracer.build(lambda a=architecture: gpt.space.build(a, task))
        remembered, fresh = (
            tracer.trace(network, task.example(1)),
            trace(network, task.example(1)),
        )
        assert torch.equal(remembered.flops, fresh.flops)
        assert torch.equal(remembered.elements, fresh.elements)
        assert remembered.peak_elements == fresh.peak_elements
        assert remembered.parameters == sum(p.numel() for p in network.parameters())


def test_skipping_initialisation_leaves_shapes_alone() -> None:
    class Reshaping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1, 4, 2).squeeze_(0).normal_().t_())
            nn.init.trunc_normal_(self.weight)

        def forward(self, x: Tensor) -> Tensor:
            return x @ self.weight

    network = Tracer().build(Reshaping)
    assert network.weight.shape == (2, 4)
    assert network.weight.is_meta
    assert trace(network, torch.zeros(3, 2)).total_flops == 2 * 3 * 2 * 4


def test_flops_agree_with_torch(gpt: Context, networks: list[Architecture]) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    task = gpt.require_task()
    network = Tracer().build(lambda: gpt.space.build(networks[0], task))
    # On meta: the counter has no formula for the attention kernel of CPUs.
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(task.example(1).to("meta"))
    assert gpt.workload(networks[0]).total_flops == pytest.approx(counter.get_total_flops())
