"""What is evaluated first."""

from __future__ import annotations

import pytest
import torch

from monas_core import population
from monas_core.architecture import Choice, Condition
from monas_core.choices import ChoiceSet
from monas_core.testing.fakes import toy_problem
from monas_modnas.design import initial_design, tilted

ORDERED = ChoiceSet(
    "ladder",
    1,
    [
        *(Choice(f"width_{index}", (1, 2, 4), ordered=True) for index in range(20)),
        Choice("kind", ("a", "b", "c")),
        Choice("depth", (1, 2), ordered=True),
        Choice("deep", (1, 2, 4), condition=Condition("depth", (2,)), ordered=True),
    ],
)


def draw(steepest: float, count: int = 3000) -> torch.Tensor:
    return tilted(ORDERED, count, steepest, torch.Generator().manual_seed(0))


def test_tilted_architectures_run_from_small_to_large() -> None:
    spread = {tilt: draw(tilt)[:, :20].double().mean(1).std() for tilt in (0.0, 4.0)}
    # uniform ones differ by no more than a mean of 20 independent answers does
    assert float(spread[0.0]) == pytest.approx((2 / 3 / 20) ** 0.5, rel=0.1)
    assert spread[4.0] > 2 * spread[0.0]


def test_every_option_stays_as_likely_at_one_end_as_at_the_other() -> None:
    counts = torch.bincount(draw(4.0)[:, :20].flatten(), minlength=3) / 60_000
    assert float(counts[0]) == pytest.approx(float(counts[2]), abs=0.02)


def test_unordered_choices_are_not_tilted() -> None:
    rows = draw(4.0)
    large = rows[:, :20].double().mean(1) > 1.0
    for part in (rows[large], rows[~large]):
        shares = torch.bincount(part[:, 20], minlength=3) / len(part)
        assert torch.allclose(shares, torch.full((3,), 1 / 3), atol=0.05)


def test_inactive_choices_stay_at_their_first_option() -> None:
    rows = draw(4.0)
    assert torch.equal(rows, population.canonical(ORDERED, rows))


def test_the_design_begins_with_both_ends_and_repeats_nothing() -> None:
    problem = toy_problem(budget="60steps")
    rows = initial_design(problem, 12, 4.0, torch.Generator().manual_seed(1))
    assert torch.equal(rows[:2], population.corners(problem.choices))
    assert len(rows) == 12
    assert torch.equal(rows, population.unique_rows(rows))
    again = initial_design(problem, 12, 4.0, torch.Generator().manual_seed(1))
    assert torch.equal(rows, again)


def test_the_design_leaves_out_what_cannot_be_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = toy_problem(budget="60steps")
    monkeypatch.setattr(type(problem), "available", lambda self, rows: rows[:, 0] == 0)
    rows = initial_design(problem, 6, 4.0, torch.Generator().manual_seed(1))
    assert len(rows) > 1
    assert bool((rows[:, 0] == 0).all())
