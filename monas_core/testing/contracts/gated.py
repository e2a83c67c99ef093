"""A supernet with gates: what they mask, count, stand for and cut out is one network."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from torch import Tensor

from monas_core.catalog.specs import Entry
from monas_core.parts.gated import GatedSupernet, open_gates
from monas_core.parts.space import SearchSpace
from monas_core.testing.contracts import networks as nets
from monas_core.testing.contracts.base import Contract, loaded
from monas_core.testing.stages import Stage, Stages
from monas_core.tracing.workload import Tracer

TOLERANCE = 1e-6
"""Of outputs in float32, relative to their largest magnitude (at least 1)."""
_SETTINGS = 8


class GatedContract(Contract):
    """A space whose supernet is pruned by gates; override ``subject`` to return your class."""

    kind: ClassVar[str | None] = "space"
    heading: ClassVar[str] = "Gates"
    provides: ClassVar[frozenset[str]] = frozenset({"gated"})
    reads: ClassVar[str] = "monas_core.parts.gated.GatedSupernet"

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> type[SearchSpace]:
        """The class under test."""
        return loaded(entry)

    @pytest.fixture
    def stage(self, subject: type[SearchSpace], stages: Stages) -> Stage:
        """``tiny()`` with a task and a supernet of its own for every test."""
        return nets.prepared(subject.tiny(), stages)

    def test_open_gates_are_the_largest_network(self, stage: Stage) -> None:
        supernet, inputs = _gated(stage), nets.inputs_of(stage, 4)
        gates, largest = open_gates(supernet), stage.context.space.ends().largest
        found = supernet.discretise(gates)
        assert found == largest, (
            f"with all gates open discretise() names {found.choices}, the largest network is "
            f"{largest.choices}"
        )
        with torch.no_grad():
            gap = nets.gap(supernet.gated(inputs, gates), supernet(inputs, largest))
        assert gap <= TOLERANCE, f"with all gates open it differs from the largest by {gap:.1e}"

    def test_masked_and_pruned_networks_agree(self, stage: Stage) -> None:
        supernet, inputs = _gated(stage), nets.inputs_of(stage, 4)
        for gates in _settings(supernet):
            network = supernet.prune(gates).eval()
            with torch.no_grad():
                gap = nets.gap(supernet.gated(inputs, gates), network(inputs))
            assert gap <= TOLERANCE, (
                f"gated() and prune() differ by {gap:.1e} for {supernet.discretise(gates).choices}"
            )

    def test_pruned_networks_are_of_their_architecture(self, stage: Stage) -> None:
        supernet, space, task = _gated(stage), stage.context.space, stage.context.require_task()
        for gates in _settings(supernet):
            architecture = supernet.discretise(gates)
            assert space.choices.from_json(architecture.to_json()) == architecture
            built = {n: v.shape for n, v in space.build(architecture, task).state_dict().items()}
            pruned = {n: v.shape for n, v in supernet.prune(gates).state_dict().items()}
            assert built == pruned, (
                f"prune() makes another network than build() for {architecture.choices}"
            )

    def test_sizes_are_those_of_the_pruned_network(self, stage: Stage) -> None:
        supernet, space, task = _gated(stage), stage.context.space, stage.context.require_task()
        tracer = Tracer()
        for gates in _settings(supernet):
            architecture, found = supernet.discretise(gates), supernet.sizes(gates)
            network = tracer.build(lambda a=architecture: space.build(a, task))
            workload = tracer.trace(network, task.example(1))
            told = {name: float(size) for name, size in found.items()}
            true = {
                "weights": float(workload.parameters),
                "operations": workload.total_flops / 2,
            }
            assert told == true, f"sizes() are {told}, the network has {true}"

    def test_gradients_reach_every_gate(self, stage: Stage) -> None:
        supernet, inputs = _gated(stage), nets.inputs_of(stage, 4)
        gates = {name: gate.requires_grad_() for name, gate in open_gates(supernet).items()}
        outputs = supernet.gated(inputs, gates)
        generator = torch.Generator().manual_seed(3)
        _reach((outputs * torch.randn(outputs.shape, generator=generator)).sum(), gates, "outputs")
        for name, size in supernet.sizes(gates).items():
            slopes = _reach(size, gates, name)
            assert all((slope >= 0).all() for slope in slopes.values()), (
                f"{name} falls where a gate opens"
            )

    def test_shut_gates_leave_a_network(self, stage: Stage) -> None:
        supernet = _gated(stage)
        shut = {name: torch.zeros(length) for name, length in supernet.gates.items()}
        with torch.no_grad():
            outputs = supernet.prune(shut).eval()(nets.inputs_of(stage, 2))
        assert torch.isfinite(outputs).all(), "with all gates shut its outputs are not finite"
        least = min(float(supernet.sizes(g)["weights"]) for g in _settings(supernet))
        assert float(supernet.sizes(shut)["weights"]) <= least

    def test_pruned_networks_stand_alone(self, stage: Stage) -> None:
        supernet = _gated(stage)
        before = {name: value.clone() for name, value in supernet.state_dict().items()}
        with torch.no_grad():
            for weight in supernet.prune(open_gates(supernet)).parameters():
                weight.fill_(7.0)
        for name, value in supernet.state_dict().items():
            assert torch.equal(value, before[name]), f"prune shares {name} with the supernet"


def _gated(stage: Stage) -> GatedSupernet:
    supernet = nets.supernet_of(stage)
    assert isinstance(supernet, GatedSupernet), (
        'the Spec provides "gated", and the supernet is no GatedSupernet'
    )
    return supernet


def _settings(supernet: GatedSupernet) -> list[dict[str, Tensor]]:
    """Gates of all degrees, group by group."""
    generator = torch.Generator().manual_seed(11)
    return [
        {
            name: 1.2 * torch.rand((), generator=generator) * torch.rand(n, generator=generator)
            for name, n in supernet.gates.items()
        }
        for _ in range(_SETTINGS)
    ]


def _reach(value: Tensor, gates: dict[str, Tensor], what: str) -> dict[str, Tensor]:
    slopes = torch.autograd.grad(value, list(gates.values()), allow_unused=True, retain_graph=True)
    found: dict[str, Tensor] = {}
    for name, slope in zip(gates, slopes, strict=True):
        assert slope is not None, f"{what} have no gradient to the gates {name}"
        assert (slope != 0).any(), f"{what} have no gradient to the gates {name}"
        found[name] = slope
    return found
