"""Limits as the screen, the log and tables show them."""

from __future__ import annotations

import io

import attrs
import pytest
from rich.console import Console

from monas_core import events
from monas_core.ui.fronttable import front_table
from monas_core.ui.limits import limit_lines
from monas_core.ui.plain import PlainLines
from monas_core.ui.screen import compose
from monas_core.ui.view import fold_all
from monas_core.values.member import Front, ObjectiveView

MET = {
    "objective": "lat", "kind": "max", "bound": 0.4, "tolerance": 0.0, "unit": "ms",
    "said": "lat at most 0.4 ms", "met": 12, "of": 30, "nearest": 0.31,
}  # fmt: skip
SAID = "lat ≤ 0.4 ms: met by 12 of 30"


@pytest.fixture(scope="session")
def limited(log):
    """The made-up run with a limit on its first device."""
    return [
        attrs.evolve(event, limits=[MET])
        if isinstance(event, events.FrontChanged) and event.device == "host"
        else event
        for event in log
    ]


def test_a_limit_nobody_meets_says_the_nearest() -> None:
    missed = MET | {"met": 0, "nearest": 0.52, "kind": "equal", "tolerance": 0.05}
    assert limit_lines([MET, missed]) == [
        SAID,
        "lat = 0.4 ms ±5%: met by none of 30, the nearest has 0.52 ms",
    ]
    assert limit_lines([MET | {"met": 0, "of": 0, "nearest": None}]) == [
        "lat ≤ 0.4 ms: met by none of 0"
    ]


def test_plain_lines_tell_of_limits_when_a_phase_ends(limited) -> None:
    stream = io.StringIO()
    screen = PlainLines(stream, timer=lambda: 0.0)
    for event in limited:
        screen(event)
    told = [line for line in stream.getvalue().splitlines() if SAID in line]
    assert len(told) == 2, "once after the search, once at the end"
    assert all("host: " in line for line in told)


def test_a_front_shows_its_limits() -> None:
    objectives = (ObjectiveView("lat", "ms", "min"),)
    front = Front("gpt", "host", False, objectives, (1.0,), (0.0,), 0.5, (), limits=(MET,))
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(front_table(front, {}, 100))
    assert SAID in console.export_text()


def test_the_view_keeps_limits_as_json_would(limited) -> None:
    state = fold_all(limited)
    assert state.fronts["host"].limits == (MET,)
    assert state.fronts["pixel-6"].limits == ()
    lines = compose(state, 160, 45, now=state.time, focus="host")
    assert any(SAID in line.plain for line in lines)
