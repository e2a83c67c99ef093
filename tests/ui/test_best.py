"""The table of best architectures where a task has several scores and the screen is narrow."""

from __future__ import annotations

import pytest

from monas_core.ui.parts import FrontView
from monas_core.ui.series import Series
from monas_core.ui.tables import best, head
from monas_core.ui.view import ViewState
from monas_core.values.member import Member, ObjectiveView

OBJECTIVES = (
    ObjectiveView("acc:seg", "%", "max", "seg"),
    ObjectiveView("acc:normal", "deg", "min", "normal"),
    ObjectiveView("edges", "edges", "min"),
)


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_every_value_is_shown_before_units_and_labels(width: int) -> None:
    values = [(77.43, 14.02, 4.0), (29.34, 13.88, 0.0)]
    names = [objective.name for objective in OBJECTIVES]
    members = tuple(
        Member(f"key{n}", {"choices": {"edge_0": True}}, dict(zip(names, row, strict=True)))
        for n, row in enumerate(values)
    )
    front = FrontView(0.1, members, "search", 0.0, Series())
    state = ViewState(objectives=OBJECTIVES, devices=("any",), fronts={"any": front})
    shown = "\n".join(line.plain for line in best(state, "any", width, 5))
    assert all(len(line) == width for line in shown.splitlines())
    for row in values:
        assert all(f"{value:.4g}" in shown for value in row), shown
    assert all(name in shown for name in names)


def test_a_unit_that_is_the_name_is_not_repeated() -> None:
    assert [head(objective) for objective in OBJECTIVES] == [
        "acc:seg % ↑", "acc:normal deg ↓", "edges ↓",
    ]  # fmt: skip
