"""Faults planted one at a time in otherwise honest plugins; each is caught, with its message."""

# ruff: noqa: E501 - a table reads best with one row a line
from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import attrs
import pytest
import torch
from torch import Tensor, nn

from monas_core.catalog.discovery import Discovery
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry, Spec
from monas_core.parts.device import Device, DeviceProfile
from monas_core.parts.task import Task
from monas_core.problem.optimizer import StepReport
from monas_core.testing import contracts
from monas_core.testing.contracts import networks as nets
from monas_core.testing.fake_optimizer import ToyOptimizer
from monas_core.testing.fake_space import FEATURES, ToyNetwork, toy_choices
from monas_core.testing.fakes import (
    ToyDevice,
    ToyLatency,
    ToyQuality,
    ToySpace,
    ToySupernet,
    ToyTask,
    toy_problem,
)
from monas_core.testing.stages import Stage, Stages
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation
from monas_core.values.value import Value

STAGES = Stages(Catalog(Discovery((), ())))
COUNTER = itertools.count()


def a_space(supernet: type[ToySupernet] = ToySupernet, **methods: Any) -> type[ToySpace]:
    """The toy space with another supernet or other methods."""

    def make(self: ToySpace, task: Task) -> ToySupernet:
        return supernet(self.choices, task.n_outputs)

    return type("Space", (ToySpace,), {"supernet": make, **methods})


# -- supernets ------------------------------------------------------------------------------------


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


# -- spaces ---------------------------------------------------------------------------------------


def drawn_anew(self: ToySpace) -> list[Architecture]:
    generator = torch.Generator().manual_seed(next(COUNTER))
    return population.decode(self.choices, population.sample_distinct(self.choices, 8, generator))


def always_tiny(self: ToySpace, task: Task) -> ToySupernet:
    return ToySupernet(toy_choices(2, (4, 8)), task.n_outputs)


class OffAtPresets(ToySupernet):
    """Right with two layers, wrong with the three of the preset."""

    def _sliced(self, inputs: Tensor, architecture: Architecture) -> Tensor:
        outputs = super()._sliced(inputs, architecture)
        return outputs if len(self.whole.hidden) == 2 else 1.01 * outputs


@pytest.mark.parametrize(
    ("subject", "test", "told"),
    [
        (a_space(references=drawn_anew), "test_references_are_the_same_in_every_run", "otherwise at every call"),
        (a_space(references=lambda self: super(ToySpace, self).references()[:1] * 3), "test_references_are_the_same_in_every_run", "repeats an architecture"),
        (a_space(OffAtPresets), "test_every_preset_has_its_own_supernet", 'preset "tiny"'),
    ],
)  # fmt: skip
def test_faults_of_spaces(subject: type[ToySpace], test: str, told: str) -> None:
    contract, more = contracts.PresetContract(), (STAGES,) if "preset" in test else ()
    getattr(contract, test)(None, ToySpace, *more)
    with pytest.raises(AssertionError, match=told):
        getattr(contract, test)(None, subject, *more)


def test_a_supernet_of_another_preset() -> None:
    subject = type("Space", (ToySpace,), {"supernet": always_tiny})
    with pytest.raises((AssertionError, RuntimeError, IndexError)):
        contracts.PresetContract().test_every_preset_has_its_own_supernet(None, subject, STAGES)


def test_a_forgotten_declaration() -> None:
    entry = Entry("space", Spec("toy", "S.", "nowhere:Toy"), "acme", "1")
    contract = contracts.PresetContract()
    with pytest.raises(AssertionError, match=r'provides=\{"supernet"\}'):
        contract.test_what_it_has_is_declared(entry, ToySpace, STAGES)
    declared = attrs.evolve(entry, spec=attrs.evolve(entry.spec, provides={"supernet"}))
    contract.test_what_it_has_is_declared(declared, ToySpace, STAGES)


class Homeless(ToySpace):
    modalities: ClassVar[frozenset[str]] = frozenset({"smell"})


def test_no_task_is_a_failure_and_no_silence() -> None:
    with pytest.raises(pytest.fail.Exception, match="no installed task of that modality"):
        nets.prepared(Homeless.tiny(), STAGES)
    with pytest.raises(pytest.fail.Exception, match="no installed task of that modality"):
        contracts.PresetContract().test_every_preset_has_its_own_supernet(None, Homeless, STAGES)


# -- objectives -----------------------------------------------------------------------------------


def changed(change: Callable[[Any, list[Value]], list[Value]], *methods: str) -> type[ToyQuality]:
    """The toy quality with other answers."""

    def method(name: str) -> Any:
        def answer(
            self: ToyQuality, architectures: Sequence[Architecture], *more: Any
        ) -> list[Value]:
            return change(self, ToyQuality.evaluate(self, architectures, *more[:2]))

        return answer

    return type("Changed", (ToyQuality,), {name: method(name) for name in methods})


def scaled(value: Value, factor: float, origin: Any = None) -> Value:
    return Value(factor * value.value, value.unit, origin or value.origin)


class Remembers(ToyQuality):
    """The first answer for a position is the answer for ever."""

    def __init__(self, task: Any = None) -> None:
        self.kept: list[Value] = []

    def evaluate(self, architectures: Sequence[Architecture], *more: Any) -> list[Value]:
        found = super().evaluate(architectures, *more)
        self.kept += found[len(self.kept) :]
        return self.kept[: len(found)]


class SameForAll(ToyQuality):
    def evaluate(self, architectures: Sequence[Architecture], *more: Any) -> list[Value]:
        return [Value(1.0, "point", "modelled") for _ in architectures]


class Measures(ToyLatency):
    """``estimate`` measures, as the interface's default does."""


class PaidEstimate(ToyLatency):
    def evaluate(
        self, architectures: Any, device: Any, context: Any, split: Any = "search"
    ) -> list[Value]:
        return device.estimate("latency_ms", architectures, context)

    def estimate(self, architectures: Any, device: Any, context: Any) -> list[Value]:
        return device.estimate("latency_ms", architectures, context)


class TaskQuality(ToyQuality):
    """Cross-entropy of inherited weights, on the part that belongs to the split."""

    unit = "nat"
    direction = "min"
    differentiable: ClassVar[bool] = False
    parts: ClassVar[dict[str, Any]] = {"search": "search", "final": "test"}

    def __init__(self, task: Any = None) -> None:
        self.task = task

    def evaluate(
        self, architectures: Any, device: Any, context: Any, split: Any = "search"
    ) -> list[Value]:
        found = []
        for architecture in architectures:
            scores = self.task.evaluate(
                lambda x, a=architecture: context.supernet(x, a), self.parts[split]
            )
            found.append(Value(scores["cross-entropy"], "nat", "measured"))
        return found


class SearchForFinal(TaskQuality):
    parts: ClassVar[dict[str, Any]] = {"search": "search", "final": "search"}


class Peeks(TaskQuality):
    parts: ClassVar[dict[str, Any]] = {"search": "test", "final": "test"}


class TrainsMode(TaskQuality):
    def evaluate(
        self, architectures: Any, device: Any, context: Any, split: Any = "search"
    ) -> list[Value]:
        found = super().evaluate(architectures, device, context, split)
        context.supernet.train()
        return found


class Nudges(TaskQuality):
    def evaluate(
        self, architectures: Any, device: Any, context: Any, split: Any = "search"
    ) -> list[Value]:
        with torch.no_grad():
            context.supernet.whole.head.bias.add_(1e-3)
        return super().evaluate(architectures, device, context, split)


class Boasts(ToyQuality):
    """Declares to depend on the population, to be asked less."""

    population_relative: ClassVar[bool] = True


class WrongCorner(ToyQuality):
    def relaxed(self, *arguments: Any) -> Tensor:
        return 0.5 * super().relaxed(*arguments)


OBJECTIVES: list[tuple[type, str, str]] = [
    (changed(lambda s, f: [scaled(v, 1 / max(x.value for x in f)) for v in f], "evaluate", "estimate"), "test_company_does_not_matter", "must not depend on what else"),
    (changed(lambda s, f: [scaled(v, len(f)) for v in f], "estimate"), "test_company_does_not_matter", r"estimate\(\) of"),
    (changed(lambda s, f: [scaled(v, 1 + 0.01 * i) for i, v in enumerate(f)], "evaluate", "estimate"), "test_company_does_not_matter", "in another order|alone"),
    (Remembers, "test_company_does_not_matter", "must not depend"),
    (changed(lambda s, f: [scaled(v, 1 + 0.01 * float(torch.rand(())), "measured") for v in f], "evaluate"), "test_the_same_from_a_new_instance", "noise"),
    (changed(lambda s, f: [scaled(v, 1 + 0.01 * float(torch.rand(())), "tabulated") for v in f], "evaluate"), "test_the_same_from_a_new_instance", "noise"),
    (changed(lambda s, f: [Value(hash(v.value) % 97, v.unit, v.origin) for v in f], "estimate"), "test_estimates_stand_in_for_values", "rank correlation"),
    (changed(lambda s, f: [scaled(v, -1) for v in f], "estimate"), "test_estimates_stand_in_for_values", "rank correlation"),
    (changed(lambda s, f: [scaled(v, 1000) for v in f], "estimate"), "test_estimates_stand_in_for_values", "factor of"),
    (SameForAll, "test_architectures_differ", "every architecture has the value"),
    (Measures, "test_measuring_is_left_to_evaluate", "which measures"),
    (PaidEstimate, "test_measuring_is_left_to_evaluate", r"does not ask the device for cost\(\)"),
    (SearchForFinal, "test_final_values_are_of_final_data", 'split "final" is evaluated on search'),
    (Peeks, "test_final_values_are_of_final_data", "no search step may see"),
    (TrainsMode, "test_it_leaves_the_supernet_alone", "training mode"),
    (Nudges, "test_it_leaves_the_supernet_alone", "whole.head.bias"),
    (Boasts, "test_population_matters_where_it_is_declared", "do not depend on the population"),
    (WrongCorner, "test_relaxed_agrees_at_the_corners", "one-hot rows"),
]  # fmt: skip


@pytest.mark.parametrize(("broken", "test", "told"), OBJECTIVES)
def test_faults_of_objectives(broken: type, test: str, told: str) -> None:
    stage = nets.prepared(ToySpace.tiny(), STAGES)
    places: list[Device | None] = [None]
    if issubclass(broken, ToyLatency):
        places = [ToyDevice("toy-a"), ToyDevice("toy-b", power=0.8)]
    honest = TaskQuality if issubclass(broken, TaskQuality) else ToyQuality
    contract = contracts.HonestyContract()
    if not issubclass(broken, ToyLatency):
        getattr(contract, test)(honest, stage, places)
    with pytest.raises(AssertionError, match=told):
        getattr(contract, test)(broken, nets.prepared(ToySpace.tiny(), STAGES), places)


def test_needs_that_nothing_provides_are_a_failure() -> None:
    entry = Entry("objective", Spec("o", "S.", "m:f", needs={"wings"}), "acme", "1")
    stage = contracts.HonestyContract.stage.__wrapped__  # the function under the fixture
    with pytest.raises(pytest.fail.Exception, match="needs wings"):
        stage.__func__(contracts.HonestyContract, entry, STAGES)


# -- devices --------------------------------------------------------------------------------------


class Board(ToyDevice):
    """A toy device, to be changed."""

    def altered(self, values: list[Value], metric: str) -> list[Value]:
        return values

    def cost(self, metric: str, architectures: Any, context: Any) -> list[Value]:
        return self.altered(super().cost(metric, architectures, context), metric)


class InSeconds(Board):
    def altered(self, values: list[Value], metric: str) -> list[Value]:
        return [Value(v.value, "s" if metric == "latency_ms" else v.unit, v.origin) for v in values]


class CalledMeasured(Board):
    def altered(self, values: list[Value], metric: str) -> list[Value]:
        return [Value(v.value, v.unit, "measured") for v in values]


class FormulaMeasured(CalledMeasured):
    """A formula, called measured by profile and values alike."""

    def __init__(self, name: str = "toy-a") -> None:
        super().__init__(name)
        self.profile = DeviceProfile(name, "an abacus", "none", "fp32", 1, "measured")

    def estimate(self, metric: str, architectures: Any, context: Any) -> list[Value]:
        found = ToyDevice.cost(self, metric, architectures, context)
        return [Value(v.value, v.unit, "predicted") for v in found]


class NoisyMeasured(FormulaMeasured):
    """The same with noise, so that it looks measured."""

    def altered(self, values: list[Value], metric: str) -> list[Value]:
        noise = 1 + 0.01 * float(torch.rand(()))
        return [Value(noise * v.value, v.unit, "measured") for v in values]


class CountMatters(Board):
    def altered(self, values: list[Value], metric: str) -> list[Value]:
        return [scaled(v, 1 + 0.1 * len(values)) for v in values]


class NoisyTable(Board):
    def altered(self, values: list[Value], metric: str) -> list[Value]:
        return [scaled(v, 1 + 0.01 * float(torch.rand(())), "tabulated") for v in values]


class Unrelated(Board):
    def estimate(self, metric: str, architectures: Any, context: Any) -> list[Value]:
        unit = "ms" if metric == "latency_ms" else "mJ"
        return [Value(1.0 + int(a.key[:4], 16) % 89, unit, "predicted") for a in architectures]


class Backwards(Board):
    def estimate(self, metric: str, architectures: Any, context: Any) -> list[Value]:
        return [
            Value(1 / v.value, v.unit, v.origin) for v in self.cost(metric, architectures, context)
        ]


class Constant(Board):
    def altered(self, values: list[Value], metric: str) -> list[Value]:
        return [Value(1.0, v.unit, v.origin) for v in values]


DEVICES: list[tuple[type[Board], str, str]] = [
    (InSeconds, "test_units_are_those_of_the_metrics", 'has the unit "s", its name says "ms"'),
    (
        CalledMeasured,
        "test_origins_are_those_of_the_profile",
        "is called measured, the profile says",
    ),
    (FormulaMeasured, "test_what_is_measured_takes_time_and_varies", "that is a formula"),
    (NoisyMeasured, "test_what_is_measured_takes_time_and_varies", "claims to have measured"),
    (CountMatters, "test_company_does_not_matter", "must not depend on what else"),
    (NoisyTable, "test_what_is_not_measured_repeats", "noise is neither"),
    (Unrelated, "test_estimates_stand_in_for_costs", "rank correlation"),
    (Backwards, "test_estimates_stand_in_for_costs", "rank correlation"),
    (Constant, "test_costs_differ", "for every architecture"),
]


@pytest.mark.parametrize(("broken", "test", "told"), DEVICES)
def test_faults_of_devices(broken: type[Board], test: str, told: str) -> None:
    contract, stage = contracts.DeviceHonestyContract(), nets.prepared(ToySpace(), STAGES)
    more = (None,) if test == "test_what_is_not_measured_repeats" else ()
    getattr(contract, test)(*more, Board("toy-a"), stage)
    with pytest.raises(AssertionError, match=told):
        getattr(contract, test)(*more, broken("toy-a"), stage)


# -- optimizers -----------------------------------------------------------------------------------


class Deaf(ToyOptimizer):
    """Answers as for the first device, whichever it is asked for."""

    def propose(self, device: Device, wishes: Any) -> list[Architecture]:
        return super().propose(self._problem.devices[0], wishes)


class Endless(ToyOptimizer):
    def step(self) -> StepReport:
        report = super().step()
        return StepReport(report.phase)


class Predicts(ToyOptimizer):
    def predict(self, device: Device, architectures: Sequence[Architecture]) -> list[Any]:
        names = [o.short for o in self._problem.objectives]
        rows = self._problem.evaluator.matrix(architectures, device).tolist()
        signs = [-1.0 if o.direction == "max" else 1.0 for o in self._problem.objectives]
        return [
            self.say({n: s * x for n, s, x in zip(names, signs, row, strict=True)}) for row in rows
        ]

    def say(self, truth: dict[str, float]) -> dict[str, float]:
        return truth


class PredictsNan(Predicts):
    def say(self, truth: dict[str, float]) -> dict[str, float]:
        return {name: float("nan") for name in truth}


class PredictsStrangers(Predicts):
    def say(self, truth: dict[str, float]) -> dict[str, float]:
        return {**truth, "beauty": 1.0}


class PredictsBackwards(Predicts):
    def say(self, truth: dict[str, float]) -> dict[str, float]:
        return {name: -value for name, value in truth.items()}


class PredictsOtherUnit(Predicts):
    def say(self, truth: dict[str, float]) -> dict[str, float]:
        return {name: 1e3 * value for name, value in truth.items()}


class TooMany(ToyOptimizer):
    def portfolio(self, device: Device, size: int, wishes: Any) -> list[Architecture]:
        return self._seen[: size + 1]


class Repeats(ToyOptimizer):
    def portfolio(self, device: Device, size: int, wishes: Any) -> list[Architecture]:
        return self._seen[:1] * size


class Slow(ToyOptimizer):
    def step(self) -> StepReport:
        if len(self._seen) == 4:
            time.sleep(0.3)
        return super().step()


class NeedsTwo(ToyOptimizer):
    def start(self, problem: Any, generator: Any) -> None:
        super().start(problem, generator)
        self.second = problem.devices[1]


class Fickle(ToyOptimizer):
    def propose(self, device: Device, wishes: Any) -> list[Architecture]:
        order = torch.randperm(len(wishes)).tolist()
        found = super().propose(device, wishes)
        return [found[i] for i in order]


class NanLoss(ToyOptimizer):
    def step(self) -> StepReport:
        report = super().step()
        return StepReport(report.phase, {"loss": float("nan")}, report.finished)


OPTIMIZERS: list[tuple[type[ToyOptimizer], str, tuple[Any, ...], str]] = [
    (Deaf, "test_answers_depend_on_the_device", (), "ignores the device"),
    (Fickle, "test_answers_repeat", (), "otherwise the second time|global generator"),
    (PredictsNan, "test_predictions_are_about_the_objectives", (), "nan or inf"),
    (PredictsStrangers, "test_predictions_are_about_the_objectives", (), "beauty"),
    (PredictsBackwards, "test_predictions_are_about_the_objectives", (), "rank correlation"),
    (PredictsOtherUnit, "test_predictions_are_about_the_objectives", (), "wrong unit"),
    (TooMany, "test_a_portfolio_is_no_larger_than_asked", (4,), "names 5 architectures"),
    (Repeats, "test_a_portfolio_is_no_larger_than_asked", (4,), "names an architecture twice"),
]


def searched(optimizer: type[ToyOptimizer]) -> Any:
    from monas_core.testing.contracts import optimizer_answers as module

    problem = toy_problem(devices=module._unlike(), budget="30steps")
    return module._run(optimizer, problem)


@pytest.mark.parametrize(("broken", "test", "more", "told"), OPTIMIZERS)
def test_faults_of_optimizers(
    broken: type[ToyOptimizer], test: str, more: tuple[Any, ...], told: str
) -> None:
    contract = contracts.OptimizerAnswersContract()
    getattr(contract, test)(searched(Predicts), *more)
    with pytest.raises(AssertionError, match=told):
        getattr(contract, test)(searched(broken), *more)


def test_an_optimizer_that_never_ends_is_caught() -> None:
    contract = contracts.OptimizerAnswersContract()
    contract.test_it_says_when_nothing_is_left(ToyOptimizer)
    with pytest.raises(AssertionError, match="does not say that it has finished"):
        contract.test_it_says_when_nothing_is_left(Endless)


def test_a_long_step_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from monas_core.testing.contracts import optimizer_answers as module

    monkeypatch.setattr(module, "LONGEST_STEP_S", 0.2)
    contract = contracts.OptimizerAnswersContract()
    with pytest.raises(AssertionError, match="one step takes"):
        contract.test_steps_are_short(Slow, searched(Slow))


def test_a_need_for_two_devices_and_a_loss_that_is_none_are_caught() -> None:
    contract = contracts.OptimizerAnswersContract()
    contract.test_one_device_is_enough(ToyOptimizer, 2)
    with pytest.raises(IndexError):
        contract.test_one_device_is_enough(NeedsTwo, 2)
    with pytest.raises(AssertionError, match="leave out what is not known"):
        contract.test_losses_are_numbers(NanLoss)


# -- tasks ----------------------------------------------------------------------------------------


class LeavesTraining(ToyTask):
    def evaluate(self, model: Any, part: Any) -> Any:
        found = super().evaluate(model, part)
        model.train(not model.training)
        return found


class GradientsOn(ToyTask):
    def evaluate(self, model: Any, part: Any) -> Any:
        outputs = model(self._data[part].inputs)
        return {
            "cross-entropy": float(self.loss(outputs, self._data[part].targets).mean().detach())
        }


class GradientsOff(ToyTask):
    def evaluate(self, model: Any, part: Any) -> Any:
        torch.set_grad_enabled(False)
        return super().evaluate(model, part)


class TrainsOn(ToyTask):
    def evaluate(self, model: Any, part: Any) -> Any:
        found = super().evaluate(model, part)
        if isinstance(model, nn.Module):
            with torch.no_grad():
                next(model.parameters()).add_(0.1)
        return found


class IgnoresModel(ToyTask):
    def evaluate(self, model: Any, part: Any) -> Any:
        with torch.no_grad():
            model(self._data[part].inputs)
        return {"cross-entropy": 1.5}


class TurnedLoss(ToyTask):
    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        found = super().loss(outputs, targets)
        return 2 * found.detach() - found


class TargetlessLoss(ToyTask):
    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return outputs.square().sum(-1)


TASKS: list[tuple[type[ToyTask], str, str]] = [
    (LeavesTraining, "test_evaluation_leaves_the_model_as_it_was", "switches the training mode"),
    (GradientsOff, "test_evaluation_leaves_the_model_as_it_was", "switched off for everyone"),
    (TrainsOn, "test_evaluation_leaves_the_model_as_it_was", "changes the weights"),
    (GradientsOn, "test_evaluation_needs_no_gradients", "with gradients on"),
    (IgnoresModel, "test_evaluation_is_of_the_model", "ignores the model"),
    (TurnedLoss, "test_losses_have_their_own_slope", "where its gradient says"),
    (TargetlessLoss, "test_losses_depend_on_targets", "ignores the targets"),
]


@pytest.mark.parametrize(("broken", "test", "told"), TASKS)
def test_faults_of_tasks(broken: type[ToyTask], test: str, told: str) -> None:
    contract = contracts.TaskConductContract()

    def network() -> nn.Module:
        torch.manual_seed(0)
        return ToyNetwork([8], "relu", 4).eval()

    getattr(contract, test)(ToyTask(), network())
    try:
        with pytest.raises(AssertionError, match=told):
            getattr(contract, test)(broken(), network())
    finally:
        torch.set_grad_enabled(True)
