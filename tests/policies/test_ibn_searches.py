"""Space, device and search are apart: any search, on any device, on the Edge TPU's space."""

from __future__ import annotations

import pytest
import torch

from monas_core.bench.contest import default_embedding
from monas_core.catalog.lookup import Catalog
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.problem import Problem
from monas_core.testing.contracts.optimizer import drive
from monas_core.testing.stages import Stage, Stages
from monas_core.values.budget import Budget, Meter
from monas_core.values.preference import lattice_of_size
from monas_core.values.wish import wishes

CATALOG = Catalog.installed()


@pytest.fixture(scope="module")
def ibn() -> Stage:
    stages = Stages(CATALOG)
    entry = CATALOG.find("space", "ibn")
    found = stages.stage(entry.load().tiny(), "ibn", entry.spec.provides)
    assert found is not None
    return found


@pytest.mark.parametrize("device", ["edge-tpu", "jetson-nano"])
@pytest.mark.parametrize("optimizer", ["tunas", "nsga2", "evolution"])
def test_any_search_on_any_device(ibn: Stage, optimizer: str, device: str) -> None:
    if optimizer == "nsga2":
        pytest.importorskip("pymoo")
    quality = CATALOG.create("objective", "acc", task=ibn.context.require_task())
    objectives = (quality, CATALOG.create("objective", "lat"))
    meter = Meter(Budget(12, "evaluations"))
    target = CATALOG.create("device", device)
    problem = Problem(
        ibn.context,
        objectives,
        (target,),
        Evaluator(ibn.context, objectives, meter, (target,)),
        default_embedding(CATALOG).create(),
        meter,
    )
    search = CATALOG.create("optimizer", optimizer)
    search.start(problem, torch.Generator().manual_seed(0))
    drive(search, problem)
    assert meter.evaluations == 12
    asked = wishes(lattice_of_size(["acc", "lat"], 5), ())
    points = problem.evaluator.matrix(search.propose(target, asked), target)
    assert points[-1, 1] >= points[:, 1].min()
    best, fastest = points[:, 0].min(), points[:, 1].min()
    known = problem.evaluator.matrix(problem.evaluator.queried(), target)
    assert best == known[:, 0].min()
    assert fastest == known[:, 1].min()
