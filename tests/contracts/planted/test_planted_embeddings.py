"""Faults planted one at a time in otherwise honest embeddings and guides; each is caught."""

from __future__ import annotations

import inspect
import zlib
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from monas_core.catalog.discovery import Discovery
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry, Spec
from monas_core.problem.guide import Guide
from monas_core.testing import contracts
from monas_core.testing.fakes import ToyDevice, ToyEmbedding
from monas_core.testing.stages import Stages

STAGE = next(Stages(Catalog(Discovery((), ()))).all())
DEVICES = [ToyDevice("toy-a"), ToyDevice("toy-b", power=0.8), ToyDevice("toy-c", power=3.0)]


class Changed(ToyEmbedding):
    """What the honest one says, changed."""

    def embed(self, device: Any, metrics: Any, context: Any) -> Tensor:
        return self.change(super().embed(device, metrics, context), device, len(metrics))

    def change(self, vector: Tensor, device: Any, metrics: int) -> Tensor:
        return vector


class Ragged(Changed):
    """As long as the device's name."""

    def change(self, vector: Tensor, device: Any, metrics: int) -> Tensor:
        return torch.ones(3 if device.power > 1 else 4)


class Square(Changed):
    def change(self, vector: Tensor, device: Any, metrics: int) -> Tensor:
        return vector[None]


class Double(Changed):
    def change(self, vector: Tensor, device: Any, metrics: int) -> Tensor:
        return vector.double()


class Unsound(Changed):
    def change(self, vector: Tensor, device: Any, metrics: int) -> Tensor:
        return vector / 0.0


class NothingIsNan(Changed):
    """The mean of no costs."""

    def change(self, vector: Tensor, device: Any, metrics: int) -> Tensor:
        return vector if metrics else torch.full((1,), float("nan"))


class AllAlike(Changed):
    def change(self, vector: Tensor, device: Any, metrics: int) -> Tensor:
        return torch.ones_like(vector)


class ByName(Changed):
    """A code of the name, which no search can learn from."""

    def change(self, vector: Tensor, device: Any, metrics: int) -> Tensor:
        return vector + zlib.crc32(device.name.encode()) / 2**32


class Running(Changed):
    """Centred on the mean of all that were ever embedded."""

    def __init__(self) -> None:
        self.seen: list[Tensor] = []

    def change(self, vector: Tensor, device: Any, metrics: int) -> Tensor:
        self.seen.append(vector)
        return vector - torch.stack([v for v in self.seen if v.shape == vector.shape]).mean(0)


class Drawn(Changed):
    def change(self, vector: Tensor, device: Any, metrics: int) -> Tensor:
        return vector + 0.0 * torch.rand(())


EMBEDDINGS: list[tuple[type[Changed], str, str]] = [
    (Ragged, "test_length_depends_on_metrics_only", "of the same metrics have the shapes"),
    (Square, "test_length_depends_on_metrics_only", "an embedding is a vector"),
    (Double, "test_length_depends_on_metrics_only", "an embedding is float32"),
    (Unsound, "test_length_depends_on_metrics_only", "holds nan or inf"),
    (NothingIsNan, "test_no_metric_is_no_fault", "holds nan or inf"),
    (AllAlike, "test_tells_devices_apart", "have the same embedding"),
    (ByName, "test_a_name_says_nothing", "names say nothing of hardware"),
    (Running, "test_the_same_again", "embedded otherwise the second time"),
    (Drawn, "test_the_same_again", "draws from torch's global generator"),
]


@pytest.mark.parametrize(
    ("broken", "test", "told"), EMBEDDINGS, ids=[b.__name__ for b, _, _ in EMBEDDINGS]
)
def test_faults_of_embeddings(broken: type[Changed], test: str, told: str) -> None:
    run = getattr(contracts.EmbeddingContract(), test)

    def check(subject: ToyEmbedding) -> None:
        known = {"subject": subject, "stage": STAGE, "devices": DEVICES, "metrics": ["latency_ms"]}
        run(**{name: known[name] for name in inspect.signature(run).parameters})

    check(ToyEmbedding())
    with pytest.raises(AssertionError, match=told):
        check(broken())


class Crowding(Guide):
    """The distance to the mean of the population, one column."""

    name: ClassVar[str] = "crowding"

    def columns(self, objectives: Any, points: Any) -> Any:
        return -np.abs(points - points.mean(axis=0)).sum(axis=1, keepdims=True)


class Flat(Crowding):
    def columns(self, objectives: Any, points: Any) -> Any:
        return super().columns(objectives, points)[:, 0]


class Divides(Crowding):
    """By a spread that may be 0."""

    def columns(self, objectives: Any, points: Any) -> Any:
        with np.errstate(all="ignore"):
            return (points - points.mean(axis=0)) / points.std(axis=0)


class Sorts(Crowding):
    """Puts the points it is shown in order."""

    def columns(self, objectives: Any, points: Any) -> Any:
        points.sort(axis=0)
        return super().columns(objectives, points)


class FirstComes(Crowding):
    def columns(self, objectives: Any, points: Any) -> Any:
        return super().columns(objectives, points) + np.arange(len(points))[:, None]


GUIDES: list[tuple[type[Crowding], str, str]] = [
    (Flat, "test_one_finite_row_per_member", r"of 1 members has the shape \(1,\)"),
    (Divides, "test_one_finite_row_per_member", "columns\\(\\) gives nan or inf"),
    (Divides, "test_equal_points_do_not_break_it", "equal members give nan or inf"),
    (Sorts, "test_one_finite_row_per_member", "changes the points it is shown"),
    (FirstComes, "test_equal_points_do_not_break_it", "equal members are told apart"),
    (FirstComes, "test_order_does_not_matter", "depends on the order of the members"),
]


@pytest.mark.parametrize(("broken", "test", "told"), GUIDES)
def test_faults_of_guides(broken: type[Crowding], test: str, told: str) -> None:
    run = getattr(contracts.GuideContract(), test)

    def check(subject: Crowding) -> None:
        known = {"subject": subject, "count": 2}
        run(**{name: known[name] for name in inspect.signature(run).parameters})

    check(Crowding())
    with pytest.raises(AssertionError, match=told):
        check(broken())


def test_a_guide_under_another_name() -> None:
    entry = Entry("guide", Spec("other", "S.", "acme.box:Box"), "acme", "1")
    with pytest.raises(AssertionError, match='the Spec is named "other", its class "crowding"'):
        contracts.GuideContract().test_entry_and_class_agree(entry, Crowding())
