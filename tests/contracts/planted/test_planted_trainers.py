"""Faults planted one at a time in an otherwise honest trainer; each is caught, with its message."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import attrs
import pytest
import torch

from monas_core.parts.trainer import TrainingReport
from monas_core.testing import contracts
from monas_trainers.sandwich import Sandwich


class TooMany(Sandwich):
    """Takes more steps than the settings allow."""

    def start(self, context: Any, settings: Any, generator: Any) -> None:
        super().start(context, attrs.evolve(settings, steps=settings.steps + 2), generator)


class NanLoss(Sandwich):
    def step(self) -> TrainingReport:
        return TrainingReport({**super().step().losses, "random": float("nan")})


class Idle(Sandwich):
    """Trains with a rate at which nothing moves."""

    def start(self, context: Any, settings: Any, generator: Any) -> None:
        still = attrs.evolve(settings, learning_rate=0.0, matrix_rate=0.0)
        super().start(context, still, generator)


class OwnDice(Sandwich):
    def start(self, context: Any, settings: Any, generator: Any) -> None:
        super().start(context, settings, torch.Generator().manual_seed(torch.seed()))


class GlobalDice(Sandwich):
    def step(self) -> TrainingReport:
        torch.rand(())
        return super().step()


class ForgetsMoments(Sandwich):
    """Momentum begins anew after resuming."""

    def load_state_dict(self, state: Any) -> None:
        fresh = self.state_dict()["weight_optimizers"]
        super().load_state_dict({**state, "weight_optimizers": fresh})


class ForgetsPlace(Sandwich):
    def load_state_dict(self, state: Any) -> None:
        super().load_state_dict({**state, "done": 0})


class IgnoresRates(Sandwich):
    def start(self, context: Any, settings: Any, generator: Any) -> None:
        super().start(context, attrs.evolve(settings, rates={}), generator)


class LeavesOut(Sandwich):
    """The first layer is never trained."""

    def start(self, context: Any, settings: Any, generator: Any) -> None:
        super().start(context, attrs.evolve(settings), generator)
        self._first = context.require_supernet().whole.layers[0]

    def step(self) -> TrainingReport:
        self._first.requires_grad_(False)
        found = super().step()
        self._first.requires_grad_(True)
        return found


class Freezes(LeavesOut):
    def step(self) -> TrainingReport:
        found = super().step()
        self._first.requires_grad_(self.done < self.steps)
        return found


class Peeks(Sandwich):
    """Draws from the part that judges."""

    def start(self, context: Any, settings: Any, generator: Any) -> None:
        super().start(context, settings, generator)
        self._task, self._dice = context.require_task(), generator

    def step(self) -> TrainingReport:
        self._task.batch("test", 4, self._dice)
        return super().step()


class Greedy(Sandwich):
    """Takes batches of twice the size that was tried before the run."""

    def start(self, context: Any, settings: Any, generator: Any) -> None:
        doubled = attrs.evolve(settings, batch_size=2 * settings.batch_size)
        super().start(context, doubled, generator)


FAULTS: list[tuple[type[Sandwich], str, str]] = [
    (TooMany, "test_steps_are_kept_and_reported", "more steps than the settings allow"),
    (TooMany, "test_fewer_steps_are_kept_too", "steps where the settings allow"),
    (NanLoss, "test_steps_are_kept_and_reported", "leave out what is not known"),
    (Idle, "test_steps_are_kept_and_reported", "if and only if one is trained"),
    (Idle, "test_subnets_learn", "mean loss of subnets went from"),
    (OwnDice, "test_seeded_steps_repeat_exactly", "the same generator gives other weights"),
    (GlobalDice, "test_global_randomness_is_left_alone", "draws from torch's global generator"),
    (ForgetsMoments, "test_resumed_equals_uninterrupted", "differs after resuming"),
    (ForgetsPlace, "test_resumed_equals_uninterrupted", "after resuming, done is 0 and not 1"),
    (IgnoresRates, "test_parts_learn_at_their_own_rates", "rates by tag of weight are ignored"),
    (LeavesOut, "test_parts_learn_at_their_own_rates", "is never trained"),
    (Freezes, "test_weights_can_be_trained_on", "is left frozen"),
    (Peeks, "test_it_learns_from_the_training_data_alone", "reads the part 'test' of the task"),
    (
        Greedy,
        "test_it_learns_from_the_training_data_alone",
        "32 samples at once, the settings say 16",
    ),
]


@pytest.mark.parametrize(
    ("broken", "test", "told"), FAULTS, ids=[f"{b.__name__}-{t}" for b, t, _ in FAULTS]
)
def test_faults_of_trainers(
    broken: type[Sandwich], test: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = contracts.TrainerContract()
    monkeypatch.setattr(contracts.TrainerContract, "lesson", 60)
    run = getattr(contract, test)
    known = {"entry": None, "supplies": True, "variant": {}}
    wanted = inspect.signature(run).parameters

    def check(subject: Any, folder: Path) -> None:
        given = {**known, "subject": subject, "tmp_path": folder}
        run(**{name: given[name] for name in wanted})

    if test != "test_subnets_learn":  # test_toys and all installed ones show that it can be met
        check(Sandwich, tmp_path / "honest")
    with pytest.raises(AssertionError, match=told):
        check(broken, tmp_path / "broken")
