"""Predictors that a search leaves for other runs, and searches that go by a lent one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from monas_blackbox.genetic import GeneticSearch, Options
from monas_core import state
from monas_core.errors import UsageError
from monas_core.learning import shelf
from monas_core.learning.predictors import QualityPredictor
from monas_core.parts.description import Description
from monas_core.parts.objective import sign
from monas_core.problem.problem import Problem
from monas_core.testing.contracts.optimizer import drive
from monas_core.testing.fakes import ToyLatency, ToyQuality, ToySpace, toy_problem
from monas_modnas.optimizer import MODNAS
from monas_modnas.options import Options as ModnasOptions

OPTIONS = Options(quality="predictor", candidates=100, population=8)
MODNAS_OPTIONS = ModnasOptions(initial_queries=16, cost_samples=32, first_steps=5)
OBJECTIVES = (ToyQuality(), ToyLatency())


def left(optimizer: GeneticSearch | MODNAS, budget: str) -> QualityPredictor:
    problem = toy_problem(budget=budget)
    optimizer.start(problem, torch.Generator().manual_seed(0))
    drive(optimizer, problem)
    assert problem.shelf.kept is not None
    return problem.shelf.kept


@pytest.fixture(scope="module")
def fitted() -> QualityPredictor:
    return left(GeneticSearch("nsga2", OPTIONS), "40evals")


def guesses(predictor: QualityPredictor, problem: Problem) -> torch.Tensor:
    rows = problem.draw(30, torch.Generator().manual_seed(5))
    with torch.no_grad():
        return predictor(Description(problem.context.space).rows(rows))


def test_what_is_kept_comes_back_bit_for_bit(fitted: QualityPredictor, tmp_path: Path) -> None:
    shelf.save(tmp_path, fitted, ToySpace(), OBJECTIVES, "toy")
    again = shelf.load(tmp_path, ToySpace(), OBJECTIVES)
    assert torch.equal(guesses(again, toy_problem()), guesses(fitted, toy_problem()))
    files = {path.suffix for path in (tmp_path / shelf.FOLDER).iterdir()}
    assert files == {".safetensors", ".json"}


def test_modnas_leaves_one_too(tmp_path: Path) -> None:
    kept = left(MODNAS(MODNAS_OPTIONS), "12steps")
    shelf.save(tmp_path, kept, ToySpace(), OBJECTIVES, "toy")
    again = shelf.load(tmp_path, ToySpace(), OBJECTIVES)
    problem = toy_problem()
    rows = problem.draw(30, torch.Generator().manual_seed(5))
    found = [problem.choices.from_canonical(row) for row in rows.tolist()]
    quality = problem.objectives[0]
    true = [sign(quality) * v.value for v in problem.evaluator.values(quality, found, None)]
    told = guesses(again, problem)[:, 0].tolist()
    assert torch.corrcoef(torch.tensor([true, told]))[0, 1] > 0.8


def test_a_lent_predictor_is_gone_by_and_never_fitted_again(
    fitted: QualityPredictor, tmp_path: Path
) -> None:
    shelf.save(tmp_path, fitted, ToySpace(), OBJECTIVES, "toy")
    problem = toy_problem(budget="16evals")
    problem.shelf.lent = shelf.load(tmp_path, ToySpace(), OBJECTIVES)
    before = guesses(fitted, problem)
    optimizer = GeneticSearch("nsga2", OPTIONS)
    optimizer.start(problem, torch.Generator().manual_seed(1))
    phases = [optimizer.step().phase for _ in range(8)]
    assert "foreseeing" in phases
    assert problem.meter.evaluations <= 4 + 1, "hardly anything is evaluated before predictions"
    drive(optimizer, problem)
    assert torch.equal(guesses(problem.shelf.lent, problem), before)
    assert problem.shelf.kept is problem.shelf.lent


@pytest.mark.parametrize("at", [3, 9])
def test_a_search_with_a_lent_predictor_resumes(
    fitted: QualityPredictor, tmp_path: Path, at: int
) -> None:
    shelf.save(tmp_path, fitted, ToySpace(), OBJECTIVES, "toy")

    def begun(seed: int) -> tuple[GeneticSearch, Problem]:
        problem = toy_problem(budget="14steps")
        problem.shelf.lent = shelf.load(tmp_path, ToySpace(), OBJECTIVES)
        optimizer = GeneticSearch("nsga2", OPTIONS)
        optimizer.start(problem, torch.Generator().manual_seed(seed))
        return optimizer, problem

    straight, whole = begun(3)
    drive(straight, whole)
    first, before = begun(3)
    known: list = []
    before.evaluator.listen(known.append)
    drive(first, before, at_most=at)
    state.save(tmp_path / "saved", first.state_dict())
    second, after = begun(99)
    after.evaluator.remember(known)
    after.meter.steps = before.meter.steps
    second.load_state_dict(state.load(tmp_path / "saved"))
    drive(second, after)
    assert torch.equal(second.state_dict()["rows"], straight.state_dict()["rows"])


class Elsewhere(ToySpace):
    name = "elsewhere"

    def __init__(self) -> None:
        super().__init__()
        self.choices = type(self.choices)("elsewhere", 1, self.choices.choices)


class OtherScore(ToyQuality):
    name = "other score"


class OtherUnit(ToyQuality):
    unit = "kilo"


@pytest.mark.parametrize(
    ("space", "objective", "said"),
    [
        (Elsewhere(), ToyQuality(), r'is of space "toy", not "elsewhere"'),
        (ToySpace.tiny(), ToyQuality(), r'knows other choices of space "toy"'),
        (ToySpace(), OtherScore(), r"predicts .+, and this run asks for other score;"),
        (ToySpace(), OtherUnit(), r"in another unit or direction"),
        (ToySpace(), ToyLatency(), r"this run asks for nothing"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(
    fitted: QualityPredictor, tmp_path: Path, space: ToySpace, objective: ToyQuality, said: str
) -> None:
    shelf.save(tmp_path, fitted, ToySpace(), OBJECTIVES, "toy")
    with pytest.raises(UsageError, match=said) as refused:
        shelf.load(tmp_path, space, [objective])
    assert "\n" not in str(refused.value)


def test_missing_and_damaged_ones_are_refused(fitted: QualityPredictor, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="keeps no predictor"):
        shelf.load(tmp_path, ToySpace(), OBJECTIVES)
    shelf.save(tmp_path, fitted, ToySpace(), OBJECTIVES, "toy")
    plain = tmp_path / shelf.FOLDER / "state.json"
    plain.write_text(json.dumps({}))
    with pytest.raises(UsageError, match="damaged"):
        shelf.load(tmp_path, ToySpace(), OBJECTIVES)
