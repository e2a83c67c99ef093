"""A hardware embedding: finite vectors of one length that tell devices apart."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch

from monas_core.catalog.specs import Entry
from monas_core.parts.device import Device, HardwareEmbedding
from monas_core.testing.contracts.base import Contract
from monas_core.testing.stages import Stage, Stages


class EmbeddingContract(Contract):
    """An embedding of toy and installed devices; override ``subject`` to return yours."""

    kind: ClassVar[str | None] = "embedding"
    reads: ClassVar[str] = "monas_core.parts.device.HardwareEmbedding"

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> HardwareEmbedding:
        """The embedding under test."""
        return entry.create()

    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, stages: Stages) -> Stage:
        """The toy problem."""
        return next(stages.all())

    @pytest.fixture(scope="class")
    @classmethod
    def devices(cls, stages: Stages) -> list[Device]:
        """Two toy devices and up to four installed ones that need no measuring."""
        return stages.devices("latency_ms")[:6]

    @pytest.mark.parametrize("metrics", [["latency_ms"], ["latency_ms", "energy_mj"]], ids=len)
    def test_length_depends_on_metrics_only(
        self,
        subject: HardwareEmbedding,
        stage: Stage,
        devices: list[Device],
        metrics: list[str],
    ) -> None:
        able = [device for device in devices if set(metrics) <= device.metrics]
        vectors = [subject.embed(device, metrics, stage.context) for device in able]
        assert len({vector.shape for vector in vectors}) == 1
        for vector in vectors:
            assert vector.dim() == 1
            assert vector.dtype == torch.float32
            assert torch.isfinite(vector).all()

    def test_no_metric_is_no_fault(
        self, subject: HardwareEmbedding, stage: Stage, devices: list[Device]
    ) -> None:
        vectors = [subject.embed(device, [], stage.context) for device in devices]
        assert len({vector.shape for vector in vectors}) == 1
        assert all(torch.isfinite(vector).all() for vector in vectors)

    def test_tells_devices_apart(
        self, subject: HardwareEmbedding, stage: Stage, devices: list[Device]
    ) -> None:
        first, second = (subject.embed(d, ["latency_ms"], stage.context) for d in devices[:2])
        assert not torch.allclose(first, second, atol=1e-4)

    def test_the_same_again(
        self, subject: HardwareEmbedding, stage: Stage, devices: list[Device]
    ) -> None:
        first, again = (subject.embed(devices[0], ["latency_ms"], stage.context) for _ in range(2))
        assert torch.equal(first, again)
