"""Objectives that need one batch: known values, order of networks, refusals."""

from __future__ import annotations

import math

import pytest
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.parts.teacher import Teacher
from monas_core.testing.fakes import ToySpace, toy_problem
from monas_similarity.alignment import alignment
from monas_similarity.nwot import Distinctness
from monas_similarity.options import SimilarityOptions
from monas_similarity.similarity import Similarity
from monas_similarity.synflow import SynapticFlow


def _random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_alignment_ignores_rotation_scale_and_shift_and_nothing_else() -> None:
    features = _random(20, 6)
    rotation = torch.linalg.qr(_random(6, 6, seed=1)).Q
    assert float(alignment(features, 3.0 * features @ rotation + 2.0)) == pytest.approx(1.0)
    assert float(alignment(features, _random(20, 6, seed=2))) < 0.6
    assert float(alignment(features, torch.ones(20, 3))) == 0.0
    # by hand: centred (-1, 0, 1) and (-1, 2, -1) are orthogonal
    ramp, hill = torch.tensor([[-1.0], [0.0], [1.0]]), torch.tensor([[-1.0], [2.0], [-1.0]])
    assert float(alignment(ramp, hill)) == pytest.approx(0.0, abs=1e-12)


def test_a_fit_makes_features_more_alike() -> None:
    context = toy_problem().context
    asked = list(context.space.choices.enumerate())[::9]

    def mean(steps: int) -> float:
        found = Similarity(options=SimilarityOptions(steps=steps)).evaluate(asked, None, context)
        return sum(value.value for value in found) / len(found)

    assert mean(0) < mean(30)


def test_the_teacher_itself_is_like_itself() -> None:
    space, task = ToySpace(), toy_problem().context.require_task()
    largest = space.ends().largest
    context = Context(space, task)
    from monas_similarity.fresh import fresh

    teacher = Teacher(fresh(context, largest), space.taps(largest), "itself")
    context.teacher = lambda: teacher
    (value,) = Similarity(options=SimilarityOptions(steps=0)).evaluate([largest], None, context)
    assert value.value == pytest.approx(3.0, abs=1e-4)


def test_flow_of_a_known_network() -> None:
    from monas_similarity.synflow import _flow

    network = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Linear(1, 1)).double()
    with torch.no_grad():
        for weight, number in zip(network.parameters(), (-2.0, 0.0, 3.0, 0.0), strict=True):
            weight.fill_(number)
    # R = 3 (2 + 2) = 12, and each of the two layers' weights carries all of it
    assert _flow(network, torch.ones(1, 2, dtype=torch.float64)) == pytest.approx(math.log(24.0))


def test_samples_that_are_the_same_are_not_told_apart() -> None:
    context = toy_problem().context
    (largest,) = [context.space.ends().largest]
    (apart,) = Distinctness().evaluate([largest], None, context)
    task = context.require_task()
    original = task.batch

    def same(part: object, size: int, generator: object) -> object:
        batch = original("train", size, generator)
        batch.inputs[:] = batch.inputs[:1].clone()
        return batch

    task.batch = same  # pyright: ignore[reportAttributeAccessIssue]
    (alike,) = Distinctness().evaluate([largest], None, context)
    assert alike.value < apart.value - 50


def test_tokens_have_no_flow() -> None:
    task = Catalog.installed().create("task", "pystdlib", argument=None)
    with pytest.raises(UsageError, match="no real numbers"):
        SynapticFlow(task)
