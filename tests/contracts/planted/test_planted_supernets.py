"""Faults planted one at a time in otherwise honest supernets; each is caught, with its message."""

# ruff: noqa: E501 - a table reads best with one row a line
from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from monas_core.catalog.discovery import Discovery
from monas_core.catalog.lookup import Catalog
from monas_core.parts.task import Task
from monas_core.testing import contracts
from monas_core.testing.contracts import networks as nets
from monas_core.testing.fake_space import FEATURES
from monas_core.testing.fakes import (
    ToySpace,
    ToySupernet,
)
from monas_core.testing.stages import Stage, Stages
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation

STAGES = Stages(Catalog(Discovery((), ())))


def a_space(supernet: type[ToySupernet] = ToySupernet, **methods: Any) -> type[ToySpace]:
    """The toy space with another supernet or other methods."""

    def make(self: ToySpace, task: Task) -> ToySupernet:
        return supernet(self.choices, task.n_outputs)

    return type("Space", (ToySpace,), {"supernet": make, **methods})


class SharedStatistics(ToySupernet):
    """One set of running statistics for all subnets, updated by each in training."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.norm = nn.BatchNorm1d(FEATURES)

    def forward(self, inputs: Tensor, architectures: Any) -> Tensor:
        return super().forward(self.norm(inputs), architectures)

    def extract(self, architecture: Architecture) -> Any:
        return nn.Sequential(nn.BatchNorm1d(FEATURES), super().extract(architecture))


class PlainTensor(ToySupernet):
    """A moving average that no checkpoint holds and no ``.to()`` moves."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.mean = torch.zeros(FEATURES)

    def forward(self, inputs: Tensor, architectures: Any) -> Tensor:
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * inputs.mean(0).detach()
        return super().forward(inputs - self.mean, architectures)


class HiddenNumber(ToySupernet):
    """A plain Python number that training changes."""

    steps = 0

    def forward(self, inputs: Tensor, architectures: Any) -> Tensor:
        self.steps += int(self.training)
        return super().forward(inputs, architectures) * (1 + 0.1 * self.steps)


class StaysBehind(ToySupernet):
    """A constant that ``.to()`` does not move."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.scale = torch.linspace(1, 2, FEATURES)

    def forward(self, inputs: Tensor, architectures: Any) -> Tensor:
        return super().forward(inputs * self.scale, architectures)


class FromEntropy(ToySupernet):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        generator = torch.Generator()
        generator.seed()
        with torch.no_grad():
            self.whole.head.bias.normal_(generator=generator)


class WrongSign(ToySupernet):
    """Right values, every option's gradient turned round."""

    def _masked(self, inputs: Tensor, relaxation: Relaxation) -> Tensor:
        weights = relaxation.weights
        turned = 2 * weights.detach() - weights
        return super()._masked(inputs, Relaxation(relaxation.choices, turned))


class HalfGradient(ToySupernet):
    def _masked(self, inputs: Tensor, relaxation: Relaxation) -> Tensor:
        weights = 0.5 * (relaxation.weights + relaxation.weights.detach())
        return super()._masked(inputs, Relaxation(relaxation.choices, weights))


class NanInside(ToySupernet):
    """Zero times the logarithm of zero, but only between the corners."""

    def _masked(self, inputs: Tensor, relaxation: Relaxation) -> Tensor:
        outputs, weights = super()._masked(inputs, relaxation), relaxation.weights
        inside = ((weights > 1e-9) & (weights < 1 - 1e-9)).any()
        return outputs * torch.tensor(float("nan")) if inside else outputs


class NanGradient(ToySupernet):
    def _masked(self, inputs: Tensor, relaxation: Relaxation) -> Tensor:
        outputs = super()._masked(inputs, relaxation)
        return outputs + 0.0 * (relaxation.weights - relaxation.weights.detach()).sqrt().sum()


class NanWhenPeaked(ToySupernet):
    def _masked(self, inputs: Tensor, relaxation: Relaxation) -> Tensor:
        used = relaxation.weights[:, 0, :2]
        entropy = (used * used.log()).sum()
        return super()._masked(inputs, relaxation) + 0.0 * torch.where(
            (used == 0).any() & (used < 1).all(), entropy, 0 * used.sum()
        )


class DropsWhenMixed(ToySupernet):
    def _masked(self, inputs: Tensor, relaxation: Relaxation) -> Tensor:
        return super()._masked(nn.functional.dropout(inputs, 0.2, self.training), relaxation)


class MixesGroups(ToySupernet):
    """In training, a mixed batch is normalised as a whole, a sliced one too: other groups leak in."""

    def forward(self, inputs: Tensor, architectures: Any) -> Tensor:
        if self.training:
            inputs = (inputs - inputs.mean(0)) / (inputs.std(0) + 1e-3)
        return super().forward(inputs, architectures)


class CachedExtract(ToySupernet):
    def extract(self, architecture: Architecture) -> Any:
        if not hasattr(self, "_kept"):
            object.__setattr__(self, "_kept", {})
        return self._kept.setdefault(architecture, super().extract(architecture))


class CachedSlices(ToySupernet):
    def _sliced(self, inputs: Tensor, architecture: Architecture) -> Tensor:
        if not hasattr(self, "_nets"):
            object.__setattr__(self, "_nets", {})
        network = self._nets.setdefault(architecture, super().extract(architecture).eval())
        return network(inputs)


class SeesNeighbours(ToySupernet):
    def _sliced(self, inputs: Tensor, architecture: Architecture) -> Tensor:
        return super()._sliced(inputs - inputs.mean(0), architecture)


class Jitters(ToySupernet):
    def forward(self, inputs: Tensor, architectures: Any) -> Tensor:
        return super().forward(inputs, architectures) + 1e-4 * torch.randn(())


class SwitchesMode(ToySupernet):
    def extract(self, architecture: Architecture) -> Any:
        self.eval()
        return super().extract(architecture)


class Freezes(ToySupernet):
    def forward(self, inputs: Tensor, architectures: Any) -> Tensor:
        self.whole.head.requires_grad_(False)
        return super().forward(inputs, architectures)


class IgnoresInputs(ToySupernet):
    def forward(self, inputs: Tensor, architectures: Any) -> Tensor:
        return super().forward(torch.zeros_like(inputs), architectures)


class IgnoresWidths(ToySupernet):
    """Sliced subnets are always of full width."""

    def _sliced(self, inputs: Tensor, architecture: Architecture) -> Tensor:
        flow = inputs
        for layer in self.whole.hidden[: int(architecture["depth"])]:
            flow = (
                torch.tanh(layer(flow))
                if architecture["activation"] == "tanh"
                else layer(flow).relu()
            )
        return self.whole.head(flow)


SUPERNETS: list[tuple[type[ToySupernet], str, str]] = [
    (SharedStatistics, "test_training_one_subnet_leaves_the_others_alone", "statistics are shared"),
    (PlainTensor, "test_no_plain_tensor_learns", "mean learns but is a plain tensor"),
    (PlainTensor, "test_its_state_dict_is_all_it_learns", "plain tensors: mean"),
    (HiddenNumber, "test_its_state_dict_is_all_it_learns", "neither parameter nor buffer"),
    (StaysBehind, "test_moves_as_a_whole", "stay behind: scale"),
    (FromEntropy, "test_the_seed_decides_its_first_weights", "whole.head.bias"),
    (DropsWhenMixed, "test_training_runs_alike_on_both_paths", "drops with"),
    (MixesGroups, "test_training_runs_alike_on_both_paths", "statistics are taken over groups"),
    (CachedExtract, "test_weights_are_read_anew", "extracted and sliced differ"),
    (CachedSlices, "test_weights_are_read_anew", "leave the answer"),
    (SeesNeighbours, "test_a_sample_does_not_see_its_neighbours", "depends on the batch"),
    (Jitters, "test_answers_repeat", "two answers"),
    (SwitchesMode, "test_modes_and_flags_stay", "switches training mode"),
    (Freezes, "test_modes_and_flags_stay", "requires_grad"),
    (IgnoresInputs, "test_inputs_and_choices_matter", "whatever its inputs"),
    (IgnoresWidths, "test_inputs_and_choices_matter", "width_1"),
]


def stage_of(supernet: type[ToySupernet]) -> Stage:
    return nets.prepared(a_space(supernet).tiny(), STAGES)


@pytest.mark.parametrize(("broken", "test", "told"), SUPERNETS)
def test_faults_of_supernets(
    broken: type[ToySupernet], test: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = contracts.SupernetStateContract()
    more = (monkeypatch,) if "alike" in test else ()
    getattr(contract, test)(stage_of(ToySupernet), *more)
    monkeypatch.undo()
    with pytest.raises(AssertionError, match=told):
        getattr(contract, test)(stage_of(broken), *more)


@pytest.mark.parametrize(
    ("broken", "told"),
    [(NanInside, "outputs that are not finite"), (NanGradient, "gradient that is not finite")],
)
def test_faults_inside_the_simplex(broken: type[ToySupernet], told: str) -> None:
    contract = contracts.MixtureContract()
    for shape, mode in (("nearly even", "train"), ("in between", "eval")):
        contract.test_mixtures_are_finite(stage_of(ToySupernet), shape, mode)
        with pytest.raises(AssertionError, match=told):
            contract.test_mixtures_are_finite(stage_of(broken), shape, mode)


def test_faults_where_weights_all_but_vanish() -> None:
    with pytest.raises(AssertionError, match="not finite"):
        contracts.MixtureContract().test_mixtures_are_finite(
            stage_of(NanWhenPeaked), "all but one-hot", "eval"
        )


@pytest.mark.parametrize("broken", [WrongSign, HalfGradient])
def test_wrong_gradients_of_options(
    broken: type[ToySupernet], monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = contracts.MixtureContract()
    contract.test_gradients_are_derivatives(stage_of(ToySupernet), monkeypatch)
    with pytest.raises(AssertionError, match="but the gradient says"):
        contract.test_gradients_are_derivatives(stage_of(broken), monkeypatch)


def test_wrong_gradients_of_options_in_eval_mode_alone() -> None:
    contract = contracts.MixtureContract()
    contract.test_gradients_lead_upwards_in_eval_mode(stage_of(ToySupernet))
    with pytest.raises(AssertionError, match="but the gradient says"):
        contract.test_gradients_lead_upwards_in_eval_mode(stage_of(WrongSign))
