"""What a person sees of a contest on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from monas_core.ui.benchprogress import Bars, Lines, Silence

DONE = {"queries": 200, "search_seconds": 61.0}


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_bars_move_and_leave_a_line():
    console = terminal()
    with Bars(console) as bars:
        bars.opening(4, 1)
        bars.progress("random, seed 0", 0.5)
        bars.progress("random, seed 0", 1.0)
        bars.finished("random, seed 0", DONE)
        bars.finished("never seen moving", DONE)
        bars.notice = "stopping"
        bars.progress("random, seed 1", 0.25)
    shown = text(console)
    assert "✓ random, seed 0   200 queries in 1:01" in shown
    assert "✓ never seen moving" in shown
    assert "stopping" in shown
    assert "81 %" in shown, "1 + 2 + 0.25 of 4"


def test_lines_count():
    stream = io.StringIO()
    lines = Lines(stream)
    lines.opening(3, 2)
    lines.progress("modnas, seed 0", 0.5)
    lines.finished("modnas, seed 0", DONE)
    assert stream.getvalue() == (
        "[0:00] 3 runs, 2 of them finished before\n"
        "[0:00] 3/3  modnas, seed 0: 200 queries in 1:01\n"
    )


@pytest.mark.parametrize("name", ["opening", "progress", "finished"])
def test_silence_has_the_same_methods(name):
    assert getattr(Silence(), name)("x", 1) is None
