"""Temporal convolutions: filters, causality, and gates that are architectures."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from monas_core.parts.gated import open_gates
from monas_core.parts.prunable import PrunableSupernet
from monas_core.tracing.workload import trace
from monas_tcn.gates import FilterGate
from monas_tcn.sizes import MINIATURE, PRESETS, Filter, Sizes, Stage, filters
from monas_tcn.space import TCNSpace

SIZES = Sizes(
    stages=(Stage((1, 2, 4), blocks=1), Stage((2, 4, 6), blocks=1, pool=2)),
    field=9,
    taps=(1, 2, 3, 5),
    calibration=16,
    warm_up=MINIATURE.warm_up,
)


class Windows:
    """As much of a task as a supernet needs."""

    n_outputs = 3

    def example(self, batch: int) -> Tensor:
        return torch.zeros(batch, 2, 24)

    def batch(self, part: str, size: int, generator: torch.Generator) -> Any:
        inputs = torch.randn(size, 2, 24, generator=generator)
        return type("Batch", (), {"inputs": inputs})


@pytest.fixture(scope="module")
def task() -> Any:
    return Windows()


@pytest.fixture(scope="module")
def supernet(task: Any) -> PrunableSupernet:
    torch.manual_seed(0)
    found = TCNSpace(sizes=SIZES).supernet(task)
    with torch.no_grad():
        for weight in found.parameters():
            weight.add_(0.1 * torch.randn(weight.shape))
    return found.eval()


def drawn(supernet: PrunableSupernet, seed: int) -> dict[str, Tensor]:
    """Gates of all degrees; at times a whole group is shut."""
    generator = torch.Generator().manual_seed(seed)
    found: dict[str, Tensor] = {}
    for name, length in supernet.gates.items():
        scale = torch.rand((), generator=generator) * (0.3 if "filter" in name else 1.5)
        found[name] = scale * torch.rand(length, generator=generator)
    return found


def test_no_two_filters_are_alike() -> None:
    for sizes in (*PRESETS.values(), MINIATURE):
        lags = [tuple(range(0, f.field, f.dilation)) for f in sizes.filters]
        assert len(set(lags)) == len(lags)
        assert all(f.field <= sizes.field for f in sizes.filters)
        assert sizes.filters[0] == Filter(1, 1)
        assert sizes.filters[-1] == Filter(sizes.field, 1)
        assert all(Filter.parse(f.name) == f for f in sizes.filters)


def test_the_future_is_not_seen(task: Any) -> None:
    """What a layer gives at a step is the same whatever comes after it."""
    space = TCNSpace(sizes=SIZES)
    network = space.build(space.ends().largest, task).eval()
    windows = torch.randn(2, 2, 24)
    changed = windows.clone()
    changed[:, :, 16:] += 5.0
    first, second = (network.stages[0](x) for x in (windows, changed))
    assert torch.equal(first[:, :, :16], second[:, :, :16])
    assert not torch.equal(first[:, :, 16:], second[:, :, 16:])


def test_open_gates_are_the_largest_network(supernet: PrunableSupernet, task: Any) -> None:
    gates = open_gates(supernet)
    largest = TCNSpace(sizes=SIZES).ends().largest
    assert supernet.discretise(gates) == largest
    inputs = task.batch("train", 4, torch.Generator().manual_seed(1)).inputs
    assert torch.equal(supernet.gated(inputs, gates), supernet(inputs, largest))


@pytest.mark.parametrize("seed", range(12))
def test_gates_sizes_and_pruned_network_agree(
    supernet: PrunableSupernet, task: Any, seed: int
) -> None:
    gates = drawn(supernet, seed)
    network = supernet.prune(gates)
    inputs = task.batch("train", 4, torch.Generator().manual_seed(1)).inputs
    with torch.no_grad():
        apart = (network(inputs) - supernet.gated(inputs, gates)).abs().max()
    assert float(apart) <= 1e-6
    sizes = supernet.sizes(gates)
    architecture = supernet.discretise(gates)
    with torch.device("meta"):
        built = TCNSpace(sizes=SIZES).build(architecture, task)
    workload = trace(built, task.example(1))
    assert int(sizes["weights"]) == workload.parameters
    assert int(sizes["operations"]) == workload.total_flops / 2
    assert [p.shape for p in built.parameters()] == [p.shape for p in network.parameters()]


def test_a_block_without_inner_channels_is_left_out(supernet: PrunableSupernet, task: Any) -> None:
    gates = {**open_gates(supernet), "inner_1_1": torch.zeros(4)}
    architecture = supernet.discretise(gates)
    assert architecture["inner_1_1"] == 0
    network = supernet.prune(gates)
    assert not [n for n, _ in network.named_parameters() if n.startswith("stages.0.blocks")]


def test_which_channels_survive_is_the_supernets_business(supernet: PrunableSupernet) -> None:
    first, second = open_gates(supernet), open_gates(supernet)
    first["channels_1"] = torch.tensor([1.0, 1.0, 0.0, 0.0])
    second["channels_1"] = torch.tensor([0.0, 1.0, 0.0, 1.0])
    assert supernet.discretise(first) == supernet.discretise(second)
    name = "stages.0.entry.conv.weight"
    kept = [supernet.prune(gates).state_dict()[name] for gates in (first, second)]
    whole = supernet.network.state_dict()[name]
    assert torch.equal(kept[0], whole[:2])
    assert torch.equal(kept[1], whole[[1, 3]])


def test_filters_lose_the_oldest_taps_and_then_every_second() -> None:
    gate = FilterGate("filter", filters(9, (1, 2, 3, 4, 5)))
    everything = torch.ones(gate.length)  # 8 lags, dilations 1, 2, 4
    assert gate.answers(gate.mask(everything)) == {"filter": "k9d1"}
    shorter = everything.clone()
    shorter[3:8] = 0.0  # of lags 4 to 8
    assert gate.answers(gate.mask(shorter)) == {"filter": "k4d1"}
    wider = everything.clone()
    wider[8] = 0.1
    assert gate.answers(gate.mask(wider)) == {"filter": "k5d2"}
    wider[9] = 0.1
    assert gate.mask(wider).kept == [0, 4, 8]
    both = wider.clone()
    both[4:8] = 0.0
    assert gate.answers(gate.mask(both)) == {"filter": "k2d4"}
    assert gate.answers(gate.mask(torch.zeros(gate.length))) == {"filter": "k1d1"}


def test_a_number_of_taps_that_is_not_offered_is_rounded_up() -> None:
    gate = FilterGate("filter", filters(9, (1, 5)))
    gates = torch.ones(gate.length)
    gates[6:8] = 0.0  # seven taps are left
    assert gate.mask(gates).kept == list(range(9))
    gates[2:8] = 0.0  # three
    assert gate.mask(gates).kept == [4, 5, 6, 7, 8]


def test_gradients_reach_every_gate(supernet: PrunableSupernet, task: Any) -> None:
    gates = {name: gate.requires_grad_() for name, gate in open_gates(supernet).items()}
    inputs = task.batch("train", 4, torch.Generator().manual_seed(1)).inputs
    (supernet.gated(inputs, gates).square().sum() + supernet.sizes(gates)["weights"]).backward()
    for name, gate in gates.items():
        assert gate.grad is not None
        assert (gate.grad != 0).all(), name
