"""A hardware target that says what it does: units, origins, costs that are its own."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import pytest
import torch

from monas_core.catalog.specs import Entry
from monas_core.errors import Unavailable
from monas_core.parts.device import Device
from monas_core.parts.soundness import unit_of
from monas_core.testing.contracts.base import Contract
from monas_core.testing.contracts.comparisons import check_company, check_estimates, numbers
from monas_core.testing.contracts.device import made
from monas_core.testing.stages import Stage, Stages

TRIES = 4
"""Fresh measurements of which two must differ."""


class DeviceHonestyContract(Contract):
    """A device on a small problem; override ``subject`` to return yours."""

    kind: ClassVar[str | None] = "device"
    heading: ClassVar[str] = "Devices"
    reads: ClassVar[str] = "monas_core.parts.device.Device, monas_core.values.value.Origin"

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> Device:
        """The device under test."""
        return made(entry)

    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, subject: Device, stages: Stages) -> Stage:
        """The first problem on which it gives any cost."""
        if not subject.available:
            pytest.skip("declared not to be available on this machine")
        for stage in stages.all():
            if _given(subject, stage):
                return stage
        words = ", ".join(sorted(subject.metrics)) or "no metric"
        pytest.fail(
            f"declares {words}, but cost() is Unavailable on every installed space: it cannot be "
            "part of any run. Read: monas_core.parts.device.Device.cost"
        )

    def test_units_are_those_of_the_metrics(self, subject: Device, stage: Stage) -> None:
        for metric in _given(subject, stage):
            for method in ("cost", "estimate"):
                for value in getattr(subject, method)(
                    metric, stage.architectures(2), stage.context
                ):
                    expected = unit_of(metric) or value.unit
                    assert value.unit == expected, (
                        f'{method}("{metric}") has the unit "{value.unit}", its name says '
                        f'"{expected}"'
                    )

    def test_origins_are_those_of_the_profile(self, subject: Device, stage: Stage) -> None:
        declared = subject.profile.origin
        for metric in _given(subject, stage):
            asked = stage.architectures(2)
            origins = {v.origin for v in subject.cost(metric, asked, stage.context)}
            if declared != "measured":
                assert "measured" not in origins, (
                    f'cost("{metric}") is called measured, the profile says "{declared}"'
                )
            rough = {v.origin for v in subject.estimate(metric, asked, stage.context)}
            assert "measured" not in rough, (
                f'estimate("{metric}") measures or says so; a search asks for thousands. Answer '
                'from a model fitted to few measurements, origin "predicted"'
            )

    def test_company_does_not_matter(self, subject: Device, stage: Stage) -> None:
        asked = stage.architectures(5)
        for metric in _given(subject, stage):
            check_company(
                lambda a, m=metric: subject.estimate(m, a, stage.context),
                asked,
                f"estimate({metric})",
            )
            values = subject.cost(metric, asked, stage.context)
            if all(value.origin != "measured" for value in values):
                check_company(
                    lambda a, m=metric: subject.cost(m, a, stage.context), asked, f"cost({metric})"
                )

    def test_estimates_stand_in_for_costs(self, subject: Device, stage: Stage) -> None:
        asked = stage.architectures(8)
        for metric in _given(subject, stage):
            values = subject.cost(metric, asked, stage.context)
            if any(value.origin == "measured" for value in values):
                exact = [
                    sorted(column)[1]
                    for column in zip(
                        *(_fresh(subject, metric, stage, 8) for _ in range(3)), strict=True
                    )
                ]
                if max(exact) < 2 * min(exact):
                    continue  # so alike that timing noise decides their order
            else:
                exact = numbers(values)
            rough = numbers(subject.estimate(metric, asked, stage.context))
            check_estimates(exact, rough, f"cost({metric})")

    def test_what_is_measured_takes_time_and_varies(self, subject: Device, stage: Stage) -> None:
        for metric in _given(subject, stage):
            asked = stage.architectures(2)
            subject.forget(asked)
            begin = time.perf_counter()
            values = subject.cost(metric, asked, stage.context)
            took_ms = 1e3 * (time.perf_counter() - begin)
            if any(value.origin != "measured" for value in values):
                continue
            if metric == "latency_ms":
                claimed = sum(numbers(values))
                assert took_ms >= claimed, (
                    f"claims to have measured {claimed:.3g} ms within {took_ms:.3g} ms: that is a "
                    'formula; call its values "modelled"'
                )
            rounds = [numbers(values), *(_fresh(subject, metric, stage, 2) for _ in range(TRIES))]
            assert len({tuple(found) for found in rounds}) > 1, (
                f'cost("{metric}") is called measured, but {len(rounds)} fresh measurements are '
                'equal to the last digit: that is a formula or a table; say "modelled" or '
                '"tabulated"'
            )

    def test_what_is_not_measured_repeats(
        self, entry: Entry | None, subject: Device, stage: Stage
    ) -> None:
        asked = stage.architectures(3)
        for metric in _given(subject, stage):
            values = subject.cost(metric, asked, stage.context)
            if any(value.origin == "measured" for value in values):
                continue
            torch.manual_seed(5)
            twins = [subject]
            if subject.profile.origin != "measured":  # a model of measurements follows them
                subject.forget(asked)
                twins += [entry.create()] if entry else []
            for twin in twins:
                again = numbers(twin.cost(metric, asked, stage.context))
                assert again == pytest.approx(numbers(values), rel=1e-6), (
                    f'cost("{metric}") is called {values[0].origin}, but a second call gives '
                    "another "
                    "number: noise is neither table nor formula"
                )

    def test_costs_differ(self, subject: Device, stage: Stage) -> None:
        for metric in _given(subject, stage):
            found = numbers(subject.cost(metric, stage.architectures(8), stage.context))
            assert len(set(found)) > 1, f"cost({metric}) is {found[0]:g} for every architecture"

    def test_it_leaves_the_problem_alone(self, subject: Device, stage: Stage) -> None:
        supernet: Any = stage.context.supernet
        state = torch.get_rng_state()
        before = {k: v.clone() for k, v in supernet.state_dict().items()} if supernet else {}
        modes = [m.training for m in supernet.modules()] if supernet else []
        for metric in _given(subject, stage):
            subject.cost(metric, stage.architectures(2), stage.context)
            subject.estimate(metric, stage.architectures(2), stage.context)
        assert torch.equal(torch.get_rng_state(), state), "asking draws from the global generator"
        if supernet:
            assert all(torch.equal(v, before[k]) for k, v in supernet.state_dict().items()), (
                "asking for a cost changes the supernet"
            )
            assert [m.training for m in supernet.modules()] == modes, (
                "asking for a cost switches the training mode of the supernet"
            )


def _given(device: Device, stage: Stage) -> list[str]:
    """Metrics that the device can tell on this stage."""
    found: list[str] = []
    for metric in sorted(device.metrics):
        try:
            device.cost(metric, stage.architectures(1), stage.context)
        except Unavailable:
            continue
        found.append(metric)
    return found


def _fresh(device: Device, metric: str, stage: Stage, count: int) -> list[float]:
    asked = stage.architectures(count)
    device.forget(asked)
    return numbers(device.cost(metric, asked, stage.context))
