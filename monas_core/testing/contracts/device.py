"""A hardware target: a complete profile and believable costs."""

from __future__ import annotations

import copy
import json
import math
from typing import ClassVar

import pytest
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry
from monas_core.errors import Unavailable
from monas_core.parts.device import Device
from monas_core.testing.contracts.base import ORIGINS, Contract
from monas_core.testing.fakes import ToyDevice
from monas_core.testing.stages import Stage, Stages
from monas_core.values.architecture import Architecture
from monas_core.values.value import PRECISIONS


def made(entry: Entry) -> Device:
    """The device of an entry; a skip for one that cannot be made from its name alone."""
    if "takes-argument" in entry.spec.provides:
        pytest.skip("takes an argument; subclass this contract and give one as subject")
    return entry.create()


class DeviceContract(Contract):
    """A device on a small problem; override ``subject`` to return yours."""

    kind: ClassVar[str | None] = "device"
    heading: ClassVar[str] = "Devices"
    reads: ClassVar[str] = "monas_core.parts.device.Device"

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
            pytest.skip("not available on this machine")
        for stage in stages.all():
            if any(_gives(subject, metric, stage) for metric in subject.metrics):
                return stage
        words = ", ".join(sorted(subject.metrics)) or "no metric"
        pytest.fail(
            f"declares {words}, but cost() is Unavailable on every installed space: it cannot be "
            "part of any run. Read: monas_core.parts.device.Device.cost"
        )

    def test_name_is_its_own(self, entry: Entry | None, subject: Device, catalog: Catalog) -> None:
        assert entry is None or entry.name == subject.name
        others = [e for e in catalog.entries("device") if e.name == subject.name]
        assert len(others) == (0 if entry is None else 1)

    def test_profile_is_complete(self, subject: Device) -> None:
        profile = subject.profile
        assert profile.processor
        assert profile.runtime
        assert profile.kind
        assert profile.precision in PRECISIONS
        assert profile.batch >= 1
        assert profile.origin in ORIGINS

    def test_every_figure_has_unit_and_source(self, subject: Device) -> None:
        for name, figure in subject.profile.figures.items():
            assert math.isfinite(figure.value), name
            assert figure.unit, f"{name} has no unit"
            assert figure.source, f"{name} has no public source"

    def test_gives_at_least_one_metric(self, subject: Device) -> None:
        assert subject.metrics

    def test_costs_are_positive_and_finite(self, subject: Device, stage: Stage) -> None:
        asked = stage.architectures(3)
        for metric in sorted(subject.metrics):
            if not _gives(subject, metric, stage):
                continue
            for found in (
                subject.cost(metric, asked, stage.context),
                subject.estimate(metric, asked, stage.context),
            ):
                assert len(found) == len(asked)
                for value in found:
                    assert math.isfinite(value.value), metric
                    assert value.value > 0, metric
                    assert value.origin in ORIGINS
                    assert value.unit

    def test_architectures_differ_in_cost(self, subject: Device, stage: Stage) -> None:
        for metric in sorted(subject.metrics):
            if _gives(subject, metric, stage):
                found = subject.estimate(metric, stage.architectures(8), stage.context)
                assert len({value.value for value in found}) > 1, f"{metric} never changes"

    def test_unknown_metric_is_unavailable(self, subject: Device, stage: Stage) -> None:
        with pytest.raises(Unavailable):
            subject.cost("no_such_metric", stage.architectures(1), stage.context)

    def test_forgetting_keeps_estimates(self, subject: Device, stage: Stage) -> None:
        metric = _some_metric(subject, stage)
        before = _estimates(subject, metric, stage)
        asked = stage.architectures(2)
        known = subject.cost(metric, asked, stage.context)
        subject.forget(asked)
        again = subject.cost(metric, asked, stage.context)
        assert [(v.unit, v.origin) for v in again] == [(v.unit, v.origin) for v in known]
        assert _estimates(subject, metric, stage) == pytest.approx(before, rel=1e-6)

    def test_state_survives_json(self, entry: Entry | None, subject: Device, stage: Stage) -> None:
        metric = _some_metric(subject, stage)
        before = _estimates(subject, metric, stage)
        twin: Device = entry.create() if entry else copy.deepcopy(subject)
        twin.load_state_dict(json.loads(json.dumps(dict(subject.state_dict()))))
        assert _estimates(twin, metric, stage) == pytest.approx(before, rel=1e-6)

    def test_embeds_as_long_as_any_other(
        self, subject: Device, stage: Stage, stages: Stages
    ) -> None:
        metrics = sorted(
            m for m in subject.metrics & ToyDevice.metrics if _gives(subject, m, stage)
        )
        for embedding in stages.embeddings():
            vector = embedding.embed(subject, metrics, stage.context)
            reference = embedding.embed(ToyDevice(), metrics, stage.context)
            assert vector.shape == reference.shape
            assert torch.isfinite(vector).all()


def _gives(device: Device, metric: str, stage: Stage) -> bool:
    """Whether the device can tell this cost on this stage."""
    try:
        device.cost(metric, stage.architectures(1), stage.context)
    except Unavailable:
        return False
    return True


def _some_metric(device: Device, stage: Stage) -> str:
    """The first cost the device can tell on this stage."""
    given = [metric for metric in sorted(device.metrics) if _gives(device, metric, stage)]
    assert given, f'device "{device.name}" gives none of its metrics for {stage.context.space.name}'
    return given[0]


def _estimates(device: Device, metric: str, stage: Stage) -> list[float]:
    asked: list[Architecture] = stage.architectures(6)
    return [value.value for value in device.estimate(metric, asked, stage.context)]
