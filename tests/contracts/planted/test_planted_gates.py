"""Faults planted one at a time in otherwise honest gates; each is caught, with its message."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from monas_core.catalog.discovery import Discovery
from monas_core.catalog.lookup import Catalog
from monas_core.parts.gated import Gates
from monas_core.parts.task import Task
from monas_core.testing import contracts
from monas_core.testing.contracts import networks as nets
from monas_core.testing.fake_space import ToyNetwork
from monas_core.testing.fakes import ToySpace, ToySupernet
from monas_core.testing.stages import Stage, Stages
from monas_core.values.architecture import Architecture

STAGES = Stages(Catalog(Discovery((), ())))


class NamesTheSmallest(ToySupernet):
    def discretise(self, gates: Gates) -> Architecture:
        return super().discretise({name: torch.zeros_like(gate) for name, gate in gates.items()})


class SoftMasks(ToySupernet):
    """Gates scale what they should switch."""

    def gated(self, inputs: Tensor, gates: Gates) -> Tensor:
        return super().gated(inputs, gates) * torch.cat(list(gates.values())).mean()


class KeepsTheFirst(ToySupernet):
    """As many units as are open, and not those that are."""

    def prune(self, gates: Gates) -> ToyNetwork:
        first = {name: gate.sort(descending=True).values for name, gate in gates.items()}
        return super().prune(first)


class PrunesTooLittle(ToySupernet):
    """Masks the units and leaves the network as large as it was."""

    def prune(self, gates: Gates) -> ToyNetwork:
        return super().prune({name: torch.ones_like(gate) for name, gate in gates.items()})


class CountsSoftly(ToySupernet):
    """Sums of gates in place of counts."""

    def sizes(self, gates: Gates) -> dict[str, Tensor]:
        share = torch.cat([gate.clamp(0, 1) for gate in gates.values()]).mean()
        return {name: size * share for name, size in super().sizes(gates).items()}


class ForgetsTheHead(ToySupernet):
    def sizes(self, gates: Gates) -> dict[str, Tensor]:
        lost = self.whole.head.weight.shape[0]
        return {name: size - lost for name, size in super().sizes(gates).items()}


class CutGradient(ToySupernet):
    """The threshold lets nothing through in one group."""

    def gated(self, inputs: Tensor, gates: Gates) -> Tensor:
        return super().gated(inputs, {**gates, "width_1": gates["width_1"].detach()})


class GrowsWhenShut(ToySupernet):
    def sizes(self, gates: Gates) -> dict[str, Tensor]:
        found = super().sizes(gates)
        return {name: size.detach() + (size.detach() - size) for name, size in found.items()}


class NothingLeft(ToySupernet):
    def prune(self, gates: Gates) -> ToyNetwork:
        network = super().prune(gates)
        if not any(bool((gate > 0.5).any()) for gate in gates.values()):
            with torch.no_grad():
                network.head.weight.fill_(float("nan"))
        return network


class Lends(ToySupernet):
    """The pruned network's last layer is the supernet's own."""

    def prune(self, gates: Gates) -> ToyNetwork:
        network = super().prune(gates)
        if network.head.weight.shape == self.whole.head.weight.shape:
            network.head.bias = nn.Parameter(self.whole.head.bias.data)
        return network


FAULTS: list[tuple[type[ToySupernet], str, str]] = [
    (NamesTheSmallest, "test_open_gates_are_the_largest_network", "with all gates open"),
    (SoftMasks, "test_masked_and_pruned_networks_agree", "gated\\(\\) and prune\\(\\) differ"),
    (KeepsTheFirst, "test_masked_and_pruned_networks_agree", "gated\\(\\) and prune\\(\\) differ"),
    (PrunesTooLittle, "test_pruned_networks_are_of_their_architecture", "another network than"),
    (CountsSoftly, "test_sizes_are_those_of_the_pruned_network", "the network has"),
    (ForgetsTheHead, "test_sizes_are_those_of_the_pruned_network", "the network has"),
    (CutGradient, "test_gradients_reach_every_gate", "outputs have no gradient to the gates"),
    (GrowsWhenShut, "test_gradients_reach_every_gate", "falls where a gate opens"),
    (NothingLeft, "test_shut_gates_leave_a_network", "outputs are not finite"),
    (Lends, "test_pruned_networks_stand_alone", "prune shares whole.head.bias"),
]


def stage_of(supernet: type[ToySupernet]) -> Stage:
    def make(self: ToySpace, task: Task) -> ToySupernet:
        return supernet(self.choices, task.n_outputs)

    return nets.prepared(type("Space", (ToySpace,), {"supernet": make}).tiny(), STAGES)


@pytest.mark.parametrize(
    ("broken", "test", "told"), FAULTS, ids=[f"{b.__name__}-{t}" for b, t, _ in FAULTS]
)
def test_faults_of_gates(broken: type[ToySupernet], test: str, told: str) -> None:
    contract = contracts.GatedContract()
    getattr(contract, test)(stage_of(ToySupernet))
    with pytest.raises(AssertionError, match=told):
        getattr(contract, test)(stage_of(broken))
