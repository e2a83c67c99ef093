"""Whether costs and values are what they say: the same in any company, estimate near the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from monas_core.catalog.specs import Entry
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.testing.contracts.base import Contract
from monas_core.testing.contracts.comparisons import (
    SAME,
    Spy,
    check_company,
    check_estimates,
    numbers,
    watched,
)
from monas_core.testing.stages import Stage, Stages
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value


class HonestyContract(Contract):
    """An objective; override ``subject`` (a function of a task) and ``stage`` with yours."""

    kind: ClassVar[str | None] = "objective"
    heading: ClassVar[str] = "Objectives"
    reads: ClassVar[str] = "monas_core.parts.objective.Objective, monas_core.values.value.Origin"

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
    def subject(cls, entry: Entry) -> Any:
        """A function that makes the objective for a task."""
        return lambda task: entry.create(task=task)

    @pytest.fixture(scope="class")
    @classmethod
    def places(cls, subject: Any, stage: Stage, stages: Stages) -> list[Device | None]:
        """Devices that give the cost it reads, or none where it reads none."""
        metric = subject(stage.context.task).device_metric
        if metric is None:
            return [None]
        found: list[Device | None] = [*stages.devices(metric)[:3]]
        if not found:
            pytest.fail(
                f'device_metric is "{metric}", which no installed device gives: no run can have '
                "this "
                "objective. Read: monas_core.parts.objective.Objective.device_metric"
            )
        return found

    def test_company_does_not_matter(
        self, subject: Any, stage: Stage, places: list[Device | None]
    ) -> None:
        objective: Objective = subject(stage.context.task)
        if objective.population_relative:
            pytest.skip("declared to depend on the rest of the population")
        asked = stage.architectures(5)
        for place in places[:2]:
            check_company(partial(_ask, objective.evaluate, place, stage), asked, "evaluate()")
            check_company(partial(_ask, objective.estimate, place, stage), asked, "estimate()")

    def test_population_matters_where_it_is_declared(
        self, subject: Any, stage: Stage, places: list[Device | None]
    ) -> None:
        objective: Objective = subject(stage.context.task)
        if not objective.population_relative:
            return
        asked = stage.architectures(6)
        whole = numbers(objective.evaluate(asked, places[0], stage.context))[:2]
        few = numbers(objective.evaluate(asked[:2], places[0], stage.context))
        assert whole != pytest.approx(few, rel=SAME), (
            "population_relative is declared, but values do not depend on the population"
        )

    def test_the_same_from_a_new_instance(
        self, subject: Any, stage: Stage, places: list[Device | None]
    ) -> None:
        asked = stage.architectures(4)
        found = []
        for seed in (1, 2):
            torch.manual_seed(seed)
            np.random.seed(seed)  # noqa: NPY002 - what a careless author draws from
            objective = subject(stage.context.task)
            found.append(numbers(objective.evaluate(asked, places[0], stage.context)))
        assert found[0] == pytest.approx(found[1], rel=SAME), (
            "two instances give two values of one architecture: noise, though nothing here is "
            "timed. "
            "What varies is no table and no formula; call it measured only where a device measures"
        )

    def test_architectures_differ(
        self, subject: Any, stage: Stage, places: list[Device | None]
    ) -> None:
        objective = subject(stage.context.task)
        for place in places[:2]:
            found = numbers(objective.evaluate(stage.architectures(8), place, stage.context))
            assert len(set(found)) > 1, f"every architecture has the value {found[0]:g}"

    def test_estimates_stand_in_for_values(
        self, subject: Any, stage: Stage, places: list[Device | None]
    ) -> None:
        objective, asked = subject(stage.context.task), stage.architectures(12)
        for place in places[:2]:
            exact = numbers(objective.evaluate(asked, place, stage.context))
            rough = numbers(objective.estimate(asked, place, stage.context))
            check_estimates(exact, rough, "evaluate()")

    def test_measuring_is_left_to_evaluate(
        self, subject: Any, stage: Stage, places: list[Device | None]
    ) -> None:
        objective = subject(stage.context.task)
        if places[0] is None:
            return
        spy, asked = Spy(places[0]), stage.architectures(3)
        objective.estimate(asked, spy, stage.context)
        assert spy.costs == 0, (
            "estimate() asks the device for cost(), which measures; ask for device.estimate()"
        )
        assert spy.estimates > 0, "estimate() does not ask the device it is given"
        objective.evaluate(asked, spy, stage.context)
        assert spy.costs > 0, "evaluate() does not ask the device for cost()"

    def test_final_values_are_of_final_data(
        self, subject: Any, stage: Stage, places: list[Device | None]
    ) -> None:
        if stage.context.task is None:
            return
        task, seen = watched(stage.context.task)
        known = stage.context
        context = Context(known.space, task, known.supernet, teacher=known.teacher)
        asked = stage.architectures(1)
        subject(task).evaluate(asked, places[0], context, "search")
        assert "test" not in seen, (
            'split "search" looks at the part "test", which no search step may see'
        )
        looked = any(part != "train" for part in seen)  # training data may serve both splits
        seen.clear()
        subject(task).evaluate(asked, places[0], context, "final")
        assert not looked or "test" in seen, (
            'split "final" is evaluated on '
            f"{', '.join(sorted(set(seen))) or 'remembered values'}; it "
            'must be on the part "test"'
        )

    def test_it_leaves_the_supernet_alone(
        self, subject: Any, stage: Stage, places: list[Device | None]
    ) -> None:
        supernet = stage.context.supernet
        if supernet is None:
            return
        before = {name: value.clone() for name, value in supernet.state_dict().items()}
        flags, state = _flags(supernet), torch.get_rng_state()
        subject(stage.context.task).evaluate(stage.architectures(2), places[0], stage.context)
        changed = [n for n, v in supernet.state_dict().items() if not torch.equal(v, before[n])]
        assert not changed, f"evaluating changes the supernet: {', '.join(changed[:3])}"
        assert _flags(supernet) == flags, (
            "evaluating switches training mode or gradients of the supernet, or leaves gradients"
        )
        assert torch.equal(torch.get_rng_state(), state), (
            "evaluating draws from the global generator"
        )

    def test_relaxed_agrees_at_the_corners(
        self, subject: Any, stage: Stage, places: list[Device | None]
    ) -> None:
        from monas_core.values.relaxation import Relaxation

        objective: Objective = subject(stage.context.task)
        devices = [place for place in places if place is not None]
        if not objective.differentiable or (objective.device_metric and not devices):
            return
        asked = stage.architectures(6)
        rows = Relaxation.from_architectures(stage.context.space.choices, asked)
        expected = [objective.estimate(asked, d, stage.context) for d in devices or [None]]
        found = objective.relaxed(rows, devices or [Spy(_any_device())], stage.context)
        for row, values in zip(found, expected, strict=True):
            assert row.tolist() == pytest.approx(numbers(values), rel=0.05), (
                "relaxed() of one-hot rows is not what estimate() says of the same architectures"
            )


def _ask(
    method: Callable[..., Sequence[Value]],
    place: Device | None,
    stage: Stage,
    asked: Sequence[Architecture],
) -> Sequence[Value]:
    return method(asked, place, stage.context)


def _any_device() -> Device:
    from monas_core.testing.fakes import ToyDevice

    return ToyDevice("toy-a")


def _flags(network: Any) -> list[Any]:
    modes: list[Any] = [module.training for module in network.modules()]
    weights = list(network.parameters())
    return [*modes, *(w.requires_grad for w in weights), *(w.grad is None for w in weights)]
