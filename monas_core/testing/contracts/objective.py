"""An objective: values with unit and origin, honest about what it depends on."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from torch import Tensor

from monas_core.catalog.specs import Entry
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.testing.contracts.base import Contract, check_value
from monas_core.testing.fakes import ToyDevice
from monas_core.testing.stages import Stage, Stages
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation, option_mask
from monas_core.values.value import Value

STEP = 1e-2
"""Of central differences, in weight moved between two options."""
TOLERANCE = 0.05
"""Relative, float32: the step is coarse because single precision rounds."""


class ObjectiveContract(Contract):
    """An objective on a small problem; override ``subject`` (and ``stage``) with yours."""

    kind: ClassVar[str | None] = "objective"
    heading: ClassVar[str] = "Objectives"
    reads: ClassVar[str] = "monas_core.parts.objective.Objective"

    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, entry: Entry | None, stages: Stages) -> Stage:
        """The smallest installed problem that has what the objective needs."""
        needs = entry.spec.needs if entry else frozenset()
        found = stages.with_needs(needs)
        if found is None:
            pytest.fail(
                f"the Spec needs {', '.join(sorted(needs))}, which no installed space and task "
                "provide together: no run can have this objective. Read: monas_core.catalog.specs"
            )
        return found

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry, stage: Stage) -> Objective:
        """The objective under test."""
        return entry.create(task=stage.context.task)

    @pytest.fixture(scope="class")
    @classmethod
    def places(cls, subject: Objective, stages: Stages) -> list[Device | None]:
        """Two devices that can give the cost it reads, or none where it reads none."""
        if subject.device_metric is None:
            return [None]
        found = stages.devices(subject.device_metric)
        if not found:
            pytest.fail(
                f'device_metric is "{subject.device_metric}", which no installed device gives: no '
                "run can have this objective"
            )
        return list(found[:2])

    def test_entry_and_class_agree(self, entry: Entry | None, subject: Objective) -> None:
        assert subject.name
        if entry is not None:
            assert entry.name == subject.name
            assert subject.short in (entry.name, *entry.spec.aliases)

    def test_declares_unit_and_direction(self, subject: Objective) -> None:
        assert subject.unit
        assert subject.direction in ("min", "max")

    def test_score_is_one_of_the_tasks(self, subject: Objective, stage: Stage) -> None:
        if subject.score is None:
            return
        task = stage.context.require_task()
        names = [score.name for score in (task.score, *task.scores)]
        assert subject.score in names, (
            f'score is "{subject.score}", but the task has {", ".join(names)}: retraining would '
            "look for a value that nobody gives, and `--prefer` for a name that nobody knows. "
            "Leave it None, or name the task's score"
        )

    def test_one_value_per_architecture(
        self, subject: Objective, stage: Stage, places: list[Device | None]
    ) -> None:
        architectures = stage.architectures(3)
        for place in places:
            for split in ("search", "final"):
                found = subject.evaluate(architectures, place, stage.context, split)
                _check(found, subject, architectures)
            _check(subject.estimate(architectures, place, stage.context), subject, architectures)

    def test_the_same_again(
        self, subject: Objective, stage: Stage, places: list[Device | None]
    ) -> None:
        architectures = stage.architectures(3)
        first = subject.evaluate(architectures, places[0], stage.context)
        if any(value.origin == "measured" for value in first):
            pytest.skip("measured values differ from one time to the next")
        assert _numbers(subject.evaluate(architectures, places[0], stage.context)) == _numbers(
            first
        )

    def test_order_does_not_matter(
        self, subject: Objective, stage: Stage, places: list[Device | None]
    ) -> None:
        if subject.population_relative:
            pytest.skip("its values depend on the rest of the population")
        architectures = stage.architectures(3)
        found = subject.estimate(architectures, places[0], stage.context)
        turned = subject.estimate(architectures[::-1], places[0], stage.context)
        if all(value.origin != "measured" for value in found):
            assert _numbers(turned[::-1]) == pytest.approx(_numbers(found), rel=1e-6)

    def test_device_matters_as_declared(
        self, subject: Objective, stage: Stage, places: list[Device | None]
    ) -> None:
        if subject.device_metric is None:
            pytest.skip("declared to be the same on every device")
        if len(places) < 2:
            pytest.skip(f"only one installed device gives {subject.device_metric}")
        first, second = (
            _numbers(subject.evaluate(stage.architectures(3), place, stage.context))
            for place in places
        )
        assert first != second, "declares a device metric, but two devices get equal values"

    def test_relaxed_as_declared(
        self, subject: Objective, stage: Stage, places: list[Device | None]
    ) -> None:
        devices = [place for place in places if place is not None] or _stand_ins()
        relaxation = _mixtures(stage)
        if not subject.differentiable:
            with pytest.raises(NotImplementedError):
                subject.relaxed(relaxation, devices, stage.context)
            return
        values = subject.relaxed(relaxation, devices, stage.context)
        assert values.shape == (len(devices), len(relaxation))
        assert torch.isfinite(values).all()

    def test_gradient_is_the_derivative(
        self, subject: Objective, stage: Stage, places: list[Device | None]
    ) -> None:
        if not subject.differentiable:
            pytest.skip("declared not to be differentiable")
        devices = [place for place in places if place is not None] or _stand_ins()

        def total(weights: Tensor) -> Tensor:
            relaxation = Relaxation(stage.context.space.choices, weights)
            return subject.relaxed(relaxation, devices, stage.context).double().sum()

        weights = _mixtures(stage).weights
        leaf = weights.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(total(leaf), leaf)
        scale = gradient.abs().max()
        for direction in _directions(stage, weights):
            with torch.no_grad():
                ahead, behind = (total(weights + s * STEP * direction) for s in (1, -1))
            measured = (ahead - behind) / (2 * STEP)
            claimed = (gradient * direction).sum()
            gap = abs(measured - claimed) / max(float(scale), 1e-12)
            assert gap <= TOLERANCE, f"gradient {claimed:.4g}, by differences {measured:.4g}"


def _stand_ins() -> list[Device]:
    """Stand-ins for an objective that reads no device."""
    return [ToyDevice("toy-a"), ToyDevice("toy-b", power=0.8)]


def _check(found: list[Value], subject: Objective, asked: list[Architecture]) -> None:
    assert len(found) == len(asked)
    for value in found:
        check_value(value, subject.unit)


def _numbers(values: list[Value]) -> list[float]:
    return [value.value for value in values]


def _mixtures(stage: Stage) -> Relaxation:
    """Two relaxations in the interior of the simplex."""
    choices = stage.context.space.choices
    logits = torch.randn(
        2, len(choices), choices.max_options, generator=torch.Generator().manual_seed(4)
    )
    return Relaxation.from_logits(choices, 0.5 * logits)


def _directions(stage: Stage, weights: Tensor) -> list[Tensor]:
    """Random directions that keep every row's sum, as long as one unit of weight."""
    mask = option_mask(stage.context.space.choices)
    generator = torch.Generator().manual_seed(6)
    found: list[Tensor] = []
    for _ in range(4):
        drawn = torch.randn(weights.shape, generator=generator) * mask
        centred = (drawn - drawn.sum(-1, keepdim=True) / mask.sum(-1)[:, None]) * mask
        found.append(centred / centred.norm())
    return found
