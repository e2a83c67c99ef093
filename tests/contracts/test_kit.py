"""The contracts catch what they are for: each is run on a subject that breaks it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.parts.device import DeviceProfile, Figure
from monas_core.parts.task import Score
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.running.matching import match_answers
from monas_core.testing import contracts
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
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.constraint import Constraint
from monas_core.values.relaxation import Relaxation
from monas_core.values.value import Value


@pytest.fixture
def toy_stage() -> Stage:
    problem = toy_problem(space=ToySpace.tiny())
    return Stage("toy", frozenset({"supernet"}), problem.context)


DEVICES = [ToyDevice("toy-a"), ToyDevice("toy-b", power=0.8)]


class WrongUnit(ToyQuality):
    def evaluate(self, *args: Any) -> list[Value]:
        return [Value(v.value, "furlong", v.origin) for v in super().evaluate(*args)]


class NotFinite(ToyQuality):
    def evaluate(self, *args: Any) -> list[Value]:
        return [Value(float("inf"), v.unit, v.origin) for v in super().evaluate(*args)]


class OneTooFew(ToyQuality):
    def evaluate(self, *args: Any) -> list[Value]:
        return super().evaluate(*args)[:-1]


class DeafToDevices(ToyLatency):
    def evaluate(self, architectures: Sequence[Architecture], *args: Any) -> list[Value]:
        return [Value(1.0 + i, "ms", "modelled") for i in range(len(architectures))]


class WrongGradient(ToyQuality):
    def relaxed(self, *args: Any) -> Tensor:
        values = super().relaxed(*args)
        return values.detach() + 2.0 * (values - values.detach())


@pytest.mark.parametrize("broken", [WrongUnit, NotFinite, OneTooFew])
def test_bad_values_are_caught(toy_stage: Stage, broken: type[ToyQuality]) -> None:
    with pytest.raises(AssertionError):
        contracts.ObjectiveContract().test_one_value_per_architecture(broken(), toy_stage, [None])


def test_a_score_of_no_task_is_caught(toy_stage: Stage) -> None:
    class Misnamed(ToyQuality):
        score = "nonsense"

    with pytest.raises(AssertionError, match='score is "nonsense", but the task has'):
        contracts.ObjectiveContract().test_score_is_one_of_the_tasks(Misnamed(), toy_stage)


def test_ignored_device_is_caught(toy_stage: Stage) -> None:
    contract = contracts.ObjectiveContract()
    contract.test_device_matters_as_declared(ToyLatency(), toy_stage, list(DEVICES))
    with pytest.raises(AssertionError, match="two devices"):
        contract.test_device_matters_as_declared(DeafToDevices(), toy_stage, list(DEVICES))


def test_wrong_gradient_is_caught(toy_stage: Stage) -> None:
    contract = contracts.ObjectiveContract()
    contract.test_gradient_is_the_derivative(ToyQuality(), toy_stage, [None])
    with pytest.raises(AssertionError, match="by differences"):
        contract.test_gradient_is_the_derivative(WrongGradient(), toy_stage, [None])


class CutGradient(ToySupernet):
    """Only the chosen options get a gradient."""

    def _masked(self, inputs: Tensor, relaxation: Relaxation) -> Tensor:
        kept = relaxation.weights * (relaxation.weights.detach() > 0)
        return super()._masked(inputs, Relaxation(relaxation.choices, kept))


class Disagreeing(ToySupernet):
    """The masked path rounds a little differently."""

    def _masked(self, inputs: Tensor, relaxation: Relaxation) -> Tensor:
        return super()._masked(inputs, relaxation) + 1e-3


class Sharing(ToySupernet):
    """What is extracted is the supernet itself."""

    def extract(self, architecture: Architecture) -> Any:
        return self.whole


class Renaming(ToySupernet):
    """What is extracted has other weights."""

    def extract(self, architecture: Architecture) -> Any:
        network = super().extract(architecture)
        with torch.no_grad():
            network.head.bias.add_(1e-3)
        return network


class Mindful(ToySupernet):
    """Remembers, as running statistics do, what passed through in training."""

    seen = 0.0

    def _sliced(self, inputs: Tensor, architecture: Architecture) -> Tensor:
        found = super()._sliced(inputs, architecture)
        if self.training:
            self.seen += float(found.mean())
        return found - self.seen


def _with_supernet(stage: Stage, kind: type[ToySupernet]) -> Stage:
    choices: ChoiceSet = stage.context.space.choices
    context = Context(stage.context.space, stage.context.task, kind(choices, 4))
    return Stage("toy", frozenset({"supernet"}), context)


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (Renaming, "test_sliced_and_extracted_agree"),
        (Mindful, "test_training_one_subnet_tells_another_nothing"),
        (Sharing, "test_extracted_networks_stand_alone"),
        (Sharing, "test_built_and_extracted_have_equally_many_weights"),
    ],
)
def test_bad_supernets_are_caught(toy_stage: Stage, broken: type[ToySupernet], test: str) -> None:
    with pytest.raises(AssertionError):
        getattr(contracts.SupernetContract(), test)(_with_supernet(toy_stage, broken))


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (CutGradient, "test_gradients_reach_every_option"),
        (Disagreeing, "test_one_hot_mixtures_agree_with_subnets"),
        (Disagreeing, "test_each_group_sees_its_own_architecture"),
    ],
)
def test_bad_mixtures_are_caught(toy_stage: Stage, broken: type[ToySupernet], test: str) -> None:
    with pytest.raises(AssertionError):
        getattr(contracts.RelaxedContract(), test)(_with_supernet(toy_stage, broken))


def test_wrong_cardinality_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChoiceSet, "cardinality", lambda self: 13)
    with pytest.raises(AssertionError):
        contracts.SpaceContract().test_cardinality_is_the_number_of_architectures(ToySpace.tiny())


class LeakyTask(ToyTask):
    """Train and test are the same points."""

    def __init__(self) -> None:
        super().__init__()
        self._data["test"] = self._data["train"]


class Forgetful(ToyTask):
    """Ignores the generator it is given."""

    def batch(self, part: Any, size: int, generator: torch.Generator) -> Any:
        return super().batch(part, size, torch.Generator().manual_seed(torch.seed()))


class Scoreless(ToyTask):
    score = Score("brilliance", "point", "max")


def test_bad_tasks_are_caught(stages: Stages) -> None:
    contract = contracts.TaskContract()
    network = ToySpace().build(ToySpace().choices.from_indices([0] * 5), ToyTask())
    with pytest.raises(AssertionError, match="share"):
        contract.test_drawn_samples_are_disjoint(LeakyTask())
    with pytest.raises(AssertionError, match="share"):
        contract.test_evaluation_data_are_disjoint(LeakyTask(), network)
    with pytest.raises(AssertionError):
        contract.test_seeded_batch_repeats_exactly(Forgetful(), "train")
    with pytest.raises(AssertionError):
        contract.test_score_is_declared_finite_and_fixed(Scoreless(), network, "test")


class Free(ToyDevice):
    """Everything costs nothing."""

    def cost(self, *args: Any) -> list[Value]:
        return [Value(0.0, v.unit, v.origin) for v in super().cost(*args)]


def test_bad_devices_are_caught(toy_stage: Stage) -> None:
    contract = contracts.DeviceContract()
    with pytest.raises(AssertionError):
        contract.test_costs_are_positive_and_finite(Free(), toy_stage)
    with pytest.raises(AssertionError):
        contract.test_architectures_differ_in_cost(Free(), toy_stage)
    device = ToyDevice()
    device.profile = DeviceProfile(
        "toy", "", "none", "fp32", 1, "modelled", figures={"peak": Figure(1.0, "W", "")}
    )
    with pytest.raises(AssertionError):
        contract.test_profile_is_complete(device)
    with pytest.raises(AssertionError, match="no public source"):
        contract.test_every_figure_has_unit_and_source(device)


class Lazy(Optimizer):
    """Proposes the smallest architecture whatever is asked, and saves nothing."""

    def start(self, problem: Any, generator: torch.Generator) -> None:
        self.problem, self.generator = problem, generator
        self.luck = torch.zeros(())

    def step(self) -> StepReport:
        self.luck = self.luck + torch.rand((), generator=self.generator)
        return StepReport("idling")

    def propose(self, device: Any, wishes: Any) -> list[Architecture]:
        zeros = [0] * len(self.problem.choices)
        return [self.problem.choices.from_indices(zeros) for _ in wishes]

    def state_dict(self) -> dict[str, Any]:
        return {"luck": self.luck}

    def load_state_dict(self, state: Any) -> None:
        pass


class PerLimit(Lazy):
    """Says that it has no front; its one answer is the smallest architecture."""

    answers_with = "per limit"


def test_no_front_is_asked_of_who_declares_none() -> None:
    contract = contracts.OptimizerContract()
    problem = toy_problem()
    optimizer = PerLimit()
    optimizer.start(problem, torch.Generator().manual_seed(0))
    for check in (
        contract.test_extreme_preferences_reach_the_ends,
        contract.test_wishes_are_told_apart,
    ):
        with pytest.raises(pytest.skip.Exception, match="per limit, not with a front"):
            check((optimizer, problem))
    contract.test_proposals_are_valid_on_any_device((optimizer, problem))


@pytest.mark.parametrize("limited", [["a"], ["a", "b"]])
def test_one_architecture_per_limit_needs_a_limit_on_every_device(limited: list[str]) -> None:
    devices = [ToyDevice(name) for name in ("a", "b")]
    limits = [Constraint("toyl", "max", 1.0, device=name) for name in limited]
    match_answers(Lazy(), "lazy", [], devices)
    if len(limited) == 2:
        match_answers(PerLimit(), "thrifty", limits, devices)
        return
    with pytest.raises(UsageError, match=r'"thrifty" finds one architecture per limit.*on "b"'):
        match_answers(PerLimit(), "thrifty", limits, devices)


def test_bad_optimizers_are_caught(tmp_path: Path) -> None:
    contract = contracts.OptimizerContract()
    problem = toy_problem()
    optimizer = Lazy()
    optimizer.start(problem, torch.Generator().manual_seed(0))
    with pytest.raises(AssertionError, match="off the end"):
        contract.test_extreme_preferences_reach_the_ends((optimizer, problem))
    with pytest.raises(AssertionError, match="no front"):
        contract.test_wishes_are_told_apart((optimizer, problem))
    with pytest.raises(AssertionError, match="differs after resuming"):
        contract.test_resumed_equals_uninterrupted(Lazy, tmp_path, {})
