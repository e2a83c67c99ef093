"""Multipliers: what they say by hand, and what they lead to."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from monas_core.learning.multiplier import Multiplier
from monas_core.values.constraint import Constraint, Kind

EQUAL, MOST, LEAST = (Constraint("cost", kind, 4.0) for kind in ("equal", "max", "min"))


def test_violations_are_relative_and_signed() -> None:
    held = Multiplier([EQUAL, MOST, LEAST, Constraint("cost", "max", 0.0)], 0.1)
    costs = torch.tensor([5.0, 3.0, 5.0, 0.5])
    assert held.violation(costs).tolist() == pytest.approx([0.25, -0.25, -0.25, 0.5])
    assert held.missed(costs).tolist() == pytest.approx([0.25, 0.0, 0.0, 0.5])


def test_ascent_is_projected_for_limits_and_free_for_equalities() -> None:
    held = Multiplier([EQUAL, MOST, LEAST], 0.1)
    held.ascend(torch.tensor([2.0, 2.0, 6.0]))
    assert held.values.tolist() == pytest.approx([-0.05, 0.0, 0.0])
    held.ascend(torch.tensor([6.0, 6.0, 2.0]))
    assert held.values.tolist() == pytest.approx([0.0, 0.05, 0.05])


def test_a_reset_forgets_what_pulled_the_other_way() -> None:
    held = Multiplier([EQUAL], 0.1, reset=True)
    for _ in range(4):
        held.ascend(torch.tensor([8.0]))
    assert held.values.item() == pytest.approx(0.4)
    held.ascend(torch.tensor([3.0]))
    assert held.values.item() == 0.0


def test_a_hinge_never_lets_go_and_vanishes_inside() -> None:
    held = Multiplier([MOST, LEAST], 0.1, form="hinge")
    held.ascend(torch.tensor([6.0, 2.0]))
    held.ascend(torch.tensor([1.0, 9.0]))
    assert held.values.tolist() == pytest.approx([0.05, 0.05])
    assert held.penalty(torch.tensor([3.0, 5.0])).tolist() == [0.0, 0.0]
    assert held.penalty(torch.tensor([8.0, 0.0])).tolist() == pytest.approx([0.05, 0.05])


@pytest.mark.parametrize("form", ["linear", "hinge"])
def test_penalties_have_the_gradient_of_their_formula(form: str) -> None:
    held = Multiplier([EQUAL, MOST, LEAST], 0.1, form=form)  # type: ignore[arg-type]
    held.load_state_dict({"values": torch.tensor([0.7, 0.3, 0.2], dtype=torch.float64)})
    costs = torch.tensor([5.0, 6.0, 3.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(held.penalty, (costs,))


def test_the_state_is_the_multipliers() -> None:
    first, second = Multiplier([EQUAL], 0.1), Multiplier([EQUAL], 0.1)
    first.ascend(torch.tensor([9.0]))
    second.load_state_dict(first.state_dict())
    first.ascend(torch.tensor([3.0]))
    second.ascend(torch.tensor([3.0]))
    assert torch.equal(first.values, second.values)


def landed(kind: Kind, bound: float, start: float = 3.0) -> float:
    """Where descent on ``(x - 3)^2`` under a constraint on x ends."""
    held = Multiplier([Constraint("x", kind, bound)], 0.5)
    place: Tensor = torch.tensor([start], dtype=torch.float64, requires_grad=True)
    for _ in range(800):
        loss = ((place - 3.0).square() + held.penalty(place)).sum()
        (slope,) = torch.autograd.grad(loss, place)
        with torch.no_grad():
            place -= 0.05 * slope
        held.ascend(place)
    return float(place.detach())


@pytest.mark.parametrize("bound", [1.0, 5.0])
def test_descent_lands_where_the_constraint_says(bound: float) -> None:
    assert landed("equal", bound) == pytest.approx(bound, rel=2e-3)
    assert landed("max", bound) == pytest.approx(min(3.0, bound), rel=2e-3)
    assert landed("min", bound) == pytest.approx(max(3.0, bound), rel=2e-3)
