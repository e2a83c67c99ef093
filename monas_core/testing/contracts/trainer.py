"""A trainer of supernets: repeatable, within its steps, resumable, and of use."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest
import torch
from torch import Tensor

from monas_core import state
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry
from monas_core.parts.context import Context
from monas_core.parts.space import WarmUp
from monas_core.parts.supernet import tag_of
from monas_core.parts.trainer import Trainer, TrainingReport
from monas_core.testing.contracts.base import Contract, Subject, assert_same, made, subject_of
from monas_core.testing.fakes import toy_problem
from monas_core.testing.stages import TOY_PROVIDES
from monas_core.values import population

_STEPS = 12


class TrainerContract(Contract):
    """A trainer on the toy supernet; override ``subject`` with a function that makes yours.

    Attributes:
        trains: Whether there are weights to inherit afterwards; of an installed one its spec
            says so.
        lesson: Steps that are enough to learn something of the toy task.
    """

    kind: ClassVar[str | None] = "trainer"
    heading: ClassVar[str] = "Trainers"
    reads: ClassVar[str] = "monas_core.parts.trainer.Trainer"
    trains: ClassVar[bool] = True
    lesson: ClassVar[int] = 120

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry, catalog: Catalog) -> Subject:
        """A function that returns a new trainer, with options if it is given any."""
        return subject_of(entry, TOY_PROVIDES, catalog)

    @pytest.fixture(scope="class")
    @classmethod
    def supplies(cls, entry: Entry | None) -> bool:
        """Whether there are weights to inherit afterwards."""
        return cls.trains if entry is None else "supernet" in entry.spec.provides

    def test_steps_are_kept_and_reported(self, subject: Subject, supplies: bool) -> None:
        trainer, context = _started(subject)
        before = _weights(context)
        assert trainer.done == 0
        assert trainer.steps <= _STEPS, "more steps than the settings allow"
        reports = _run(trainer)
        assert trainer.done == trainer.steps == len(reports)
        for report in reports:
            assert isinstance(report, TrainingReport), "step() must return a TrainingReport"
            bad = {name: loss for name, loss in report.losses.items() if not math.isfinite(loss)}
            assert not bad, f"step() reports {bad}: leave out what is not known"
        changed = any(not torch.equal(a, b) for a, b in zip(before, _weights(context), strict=True))
        assert changed == supplies, "the spec provides a supernet if and only if one is trained"

    def test_fewer_steps_are_kept_too(self, subject: Subject) -> None:
        for steps in (0, 1, 5):
            trainer, _ = _started(subject, steps=steps)
            assert trainer.steps <= steps, (
                f"takes {trainer.steps} steps where the settings allow {steps}"
            )
            assert len(_run(trainer)) == trainer.steps

    def test_seeded_steps_repeat_exactly(self, subject: Subject, supplies: bool) -> None:
        found: list[list[Tensor]] = []
        for seed in (3, 3, 4):
            trainer, context = _started(subject, seed=seed)
            torch.manual_seed(seed + len(found))  # the global state must not matter
            _run(trainer)
            found.append(_weights(context))
        first, again, other = found
        assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True)), (
            "the same generator gives other weights: something is drawn from elsewhere"
        )
        same = all(torch.equal(a, b) for a, b in zip(first, other, strict=True))
        assert same != supplies, "another generator must give other weights"

    def test_global_randomness_is_left_alone(self, subject: Subject) -> None:
        trainer, _ = _started(subject)
        before = torch.get_rng_state()
        _run(trainer)
        assert torch.equal(torch.get_rng_state(), before), (
            "draws from torch's global generator; draw from the one that start() is given"
        )

    def test_resumed_equals_uninterrupted(
        self, subject: Subject, tmp_path: Path, variant: dict[str, Any]
    ) -> None:
        straight, whole = _started(subject, variant)
        _run(straight)
        for stop in range(straight.steps):
            first, before = _started(subject, variant)
            _run(first, at_most=stop)
            folder = tmp_path / f"saved-{stop}"
            supernet = before.require_supernet()
            state.save(folder, {"trainer": first.state_dict(), "supernet": supernet.state_dict()})
            second, after = _started(subject, variant)
            saved = state.load(folder)
            after.require_supernet().load_state_dict(saved["supernet"])
            second.load_state_dict(saved["trainer"])
            assert second.done == stop, f"after resuming, done is {second.done} and not {stop}"
            _run(second)
            assert_same(second.state_dict(), straight.state_dict(), f"stopped at {stop}: state")
            assert_same(_weights(after), _weights(whole), f"stopped at {stop}: weights")

    def test_subnets_learn(
        self, entry: Entry | None, subject: Subject, variant: dict[str, Any], supplies: bool
    ) -> None:
        if not supplies:
            pytest.skip("there is nothing to inherit")
        if entry is not None and "headless" in entry.spec.provides:
            pytest.skip("declares that outputs mean nothing after it")
        trainer, context = _started(subject, variant, steps=self.lesson)
        before = _loss(context)
        _run(trainer)
        after = _loss(context)
        assert after < 0.8 * before, f"mean loss of subnets went from {before:.3f} to {after:.3f}"

    def test_parts_learn_at_their_own_rates(self, subject: Subject, supplies: bool) -> None:
        if not supplies:
            pytest.skip("there is nothing to inherit")
        trainer, context = _started(subject, rates={"head": 0.0})
        supernet = context.require_supernet()
        before = {name: weight.clone() for name, weight in supernet.named_parameters()}
        _run(trainer)
        for name, weight in supernet.named_parameters():
            still = torch.equal(weight, before[name])
            if tag_of(supernet, name) == "head":
                assert still, f"{name} moves at rate 0: rates by tag of weight are ignored"
            else:
                assert not still, f"{name} is never trained"

    def test_it_learns_from_the_training_data_alone(self, subject: Subject) -> None:
        asked: list[tuple[str, int]] = []
        trainer, context = _started(subject, asked=asked)
        looked = len(asked)  # a look at data before the first step holds no gradients
        _run(trainer)
        parts = {part for part, _ in asked} - {"train"}
        assert not parts, (
            f"reads the part {min(parts)!r} of the task: what is searched and judged on must not "
            "have been trained on"
        )
        most, allowed = (
            max((size for _, size in asked[looked:]), default=0),
            context.space.warm_up.batch_size,
        )
        assert most <= allowed, f"asks for {most} samples at once, the settings say {allowed}"

    def test_weights_can_be_trained_on(self, subject: Subject) -> None:
        trainer, context = _started(subject)
        _run(trainer)
        supernet = context.require_supernet()
        still = [name for name, weight in supernet.named_parameters() if not weight.requires_grad]
        assert not still, f"{still[0]} is left frozen: whoever trains next cannot move it"


def _started(
    subject: Subject,
    options: dict[str, Any] | None = None,
    *,
    seed: int = 1,
    steps: int = _STEPS,
    rates: dict[str, float] | None = None,
    asked: list[tuple[str, int]] | None = None,
) -> tuple[Trainer, Context]:
    """A trainer that has taken a fresh toy supernet, always with the same weights.

    Parts and sizes of the batches it takes are written to ``asked``.
    """
    context = toy_problem().context
    if asked is not None:
        task, batch = context.require_task(), context.require_task().batch
        noted = lambda part, size, drawn: asked.append((part, size)) or batch(part, size, drawn)  # noqa: E731
        vars(task)["batch"] = noted
    settings: WarmUp = attrs.evolve(context.space.warm_up, steps=steps, rates=rates or {})
    trainer = made(subject, options or {})
    trainer.start(context, settings, torch.Generator().manual_seed(seed))
    return trainer, context


def _run(trainer: Trainer, at_most: int = 10_000) -> list[TrainingReport]:
    """Step as the engine does."""
    reports: list[TrainingReport] = []
    while trainer.done < trainer.steps and len(reports) < at_most:
        before = trainer.done
        reports.append(trainer.step())
        assert trainer.done == before + 1, "a step counts as one"
    return reports


def _weights(context: Context) -> list[Tensor]:
    return [tensor.clone() for tensor in context.require_supernet().state_dict().values()]


def _loss(context: Context) -> float:
    """Mean loss of the two ends and ten random subnets on the training data."""
    space, task, supernet = context.space, context.require_task(), context.require_supernet()
    drawn = population.sample(space.choices, 10, torch.Generator().manual_seed(0))
    rows = torch.cat([population.corners(space.choices), drawn])
    batch = task.batch("train", 128, torch.Generator().manual_seed(0))
    supernet.eval()
    with torch.no_grad():
        losses = [
            task.loss(supernet(batch.inputs, architecture), batch.targets).mean()
            for architecture in population.decode(space.choices, rows)
        ]
    return float(torch.stack(losses).mean())
