"""A hardware embedding: finite vectors of one length that tell devices apart."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch

from monas_core.catalog.specs import Entry
from monas_core.parts.device import Device, HardwareEmbedding
from monas_core.testing.contracts.base import Contract
from monas_core.testing.fakes import ToyDevice
from monas_core.testing.stages import Stage, Stages
from monas_core.values.relaxation import Relaxation


class EmbeddingContract(Contract):
    """An embedding of toy and installed devices; override ``subject`` to return yours."""

    kind: ClassVar[str | None] = "embedding"
    heading: ClassVar[str] = "Embeddings"
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
        _check(vectors)

    def test_no_metric_is_no_fault(
        self, subject: HardwareEmbedding, stage: Stage, devices: list[Device]
    ) -> None:
        vectors = [subject.embed(device, [], stage.context) for device in devices]
        _check(vectors)

    def test_tells_devices_apart(
        self, subject: HardwareEmbedding, stage: Stage, devices: list[Device]
    ) -> None:
        first, second = (subject.embed(d, ["latency_ms"], stage.context) for d in devices[:2])
        assert not torch.allclose(first, second, atol=1e-4), (
            "two devices of other costs have the same embedding: nothing can be learnt from it"
        )

    def test_the_same_again(
        self, subject: HardwareEmbedding, stage: Stage, devices: list[Device]
    ) -> None:
        before = torch.get_rng_state()
        first = subject.embed(devices[0], ["latency_ms"], stage.context)
        for device in devices[1:]:
            subject.embed(device, ["latency_ms"], stage.context)
        again = subject.embed(devices[0], ["latency_ms"], stage.context)
        assert torch.equal(first, again), (
            "a device is embedded otherwise the second time: others, or chance, have a say in it"
        )
        assert torch.equal(torch.get_rng_state(), before), "draws from torch's global generator"

    def test_a_name_says_nothing(self, subject: HardwareEmbedding, stage: Stage) -> None:
        """Devices that no search has seen are answered for: what they are is in their costs."""
        device = ToyDevice("toy-a")
        first, other = (
            subject.embed(known, ["latency_ms"], stage.context)
            for known in (device, _Renamed(device))
        )
        assert torch.equal(first, other), (
            "a device under another name has another embedding: names say nothing of hardware"
        )


class _Renamed(ToyDevice):
    """The same hardware under another name."""

    def __init__(self, device: ToyDevice) -> None:
        super().__init__("no-name", power=device.power)
        self._device = device

    def mixture(self, metric: str, relaxation: Relaxation) -> torch.Tensor:
        """As the other."""
        return self._device.mixture(metric, relaxation)


def _check(vectors: list[torch.Tensor]) -> None:
    shapes = sorted({tuple(vector.shape) for vector in vectors})
    assert len(shapes) == 1, f"embeddings of the same metrics have the shapes {shapes}"
    assert len(shapes[0]) == 1, f"an embedding is a vector, not of the shape {shapes[0]}"
    for vector in vectors:
        assert vector.dtype == torch.float32, f"an embedding is float32, not {vector.dtype}"
        assert torch.isfinite(vector).all(), "an embedding holds nan or inf"
