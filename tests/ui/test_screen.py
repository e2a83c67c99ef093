from __future__ import annotations

import contextlib
import io
import random
import sys

import pytest
from rich.console import Console

from monas_core import events
from monas_core.ui.keys import named
from monas_core.ui.live import LiveScreen
from monas_core.ui.progress import Furthest, outlook
from monas_core.ui.screen import SECONDS_PER_DEVICE, compose, focus_device
from monas_core.ui.view import ViewState, fold, fold_all

SIZES = [(80, 24), (80, 40), (160, 45), (120, 30), (100, 60), (300, 90), (60, 20), (40, 12)]
TINY = [(20, 6), (10, 3), (5, 2), (1, 1)]


def screen(state, width, height, now=None, focus=None):
    now = state.time if now is None else now
    focus = focus_device(state, now) if focus is None else focus
    return compose(state, width, height, now=now, focus=focus)


def text(lines) -> str:
    return "\n".join(line.plain for line in lines)


@pytest.fixture(scope="module")
def moments(log):
    """States from before the first event to after the last."""
    state, found = ViewState(), [ViewState()]
    for index, event in enumerate(log):
        state = fold(state, event)
        if index % 97 == 0 or index < 6:
            found.append(state)
    return [*found, state]


@pytest.mark.parametrize(("width", "height"), SIZES + TINY)
def test_every_moment_fills_the_terminal_exactly(moments, width, height):
    for state in moments:
        lines = screen(state, width, height)
        assert len(lines) == height
        assert {line.cell_len for line in lines} == {width}
        assert "\n" not in "".join(line.plain for line in lines)


@pytest.mark.parametrize(("width", "height"), SIZES[:4])
def test_a_search_shows_what_a_person_wants_to_know(log, width, height):
    search = [e for e in log if e.time < 90]
    shown = text(screen(fold_all(search), width, height, focus="host"))
    for wanted in (
        "gpt tiny",
        "pystdlib",
        "modnas",
        "warm-up",
        "200/200 steps",
        "search",
        "/60 steps",
        "finish",
        "left",
        "steps/s",
        "MB memory",
        "hypervol",
        "acc",
        "bits/byte",
        "lat ms",
        "host",
        "on the front",
        "best acc",
        "balanced",
        "energy of host is modelled",
    ):
        assert wanted in shown, f"{wanted!r} is missing at {width}x{height}:\n{shown}"
    assert "•" in shown
    assert "★" in shown
    assert any("⠁" <= glyph <= "⣿" for glyph in shown), "the scatter is drawn in dots"


def test_warm_up_shows_the_loss_as_a_curve(log):
    shown = text(screen(fold_all([e for e in log if e.time < 30]), 80, 24))
    assert "loss" in shown
    assert "tokens/s" in shown
    assert any("⠁" <= glyph <= "⣿" for glyph in shown)


def test_inactive_choices_are_not_shown():
    facts = {"conditions": {"b": ["a", [2]]}}
    objectives = [{"name": "x", "unit": "", "direction": "min"}]
    member = {"key": "k", "values": {"x": 1.0}, "architecture": {"choices": {"a": 1, "b": 7}}}
    state = fold_all(
        [
            events.RunStarted(0, "r", "s", "o", "t", objectives, ["d"], [], facts),
            events.PhaseStarted(0, "search", 1, "steps"),
            events.FrontChanged(1, "d", 0.5, [member], "search"),
        ]
    )
    shown = text(screen(state, 160, 45))
    assert "a 1" in shown
    assert "b 7" not in shown


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_any_number_of_objectives(count):
    rng = random.Random(3)
    objectives = [
        {"name": f"o{i}", "unit": "u", "direction": ("min", "max")[i % 2]} for i in range(count)
    ]
    members = [
        {"key": str(n), "values": {f"o{i}": rng.random() for i in range(count)}, "architecture": {}}
        for n in range(7)
    ]
    state = fold_all(
        [
            events.RunStarted(0, "r", "s", "o", "t", objectives, ["d"], [], {}),
            events.PhaseStarted(0, "search", 1, "steps"),
            events.FrontChanged(1, "d", 0.5, members, "search"),
        ]
    )
    for width, height in SIZES:
        lines = screen(state, width, height)
        assert {line.cell_len for line in lines} == {width}


HOSTILE = [
    events.FrontChanged(1, "unheard of", 0.1, [{"key": "k", "values": {}}], "search"),
    events.FrontChanged(1, "d", float("nan"), [], "search"),
    events.FrontChanged(1, "d", 0.0, [{"key": "k", "values": {"x": 0.0}}], "final"),
    events.FrontChanged(1, "d", 0.0, [{"key": "k", "values": {"x": float("inf")}}], "search"),
    events.StepFinished(1, "never started", 1, 1, {"l": float("nan")}, {"steps/s": float("inf")}),
    events.PhaseStarted(1, "p" * 90, 0, "u" * 90),
    events.StepFinished(2, "p" * 90, 5, 1, {"l" * 90: 1e300, "m": -1e-300}, {"r" * 50: 0.0}),
    events.Warned(1, "long " * 60),
    events.Warned(1, "[bold]no markup[/] \x1b[31m and no escape \t or\nnewline"),
    events.RunStarted(
        1,
        "r" * 200,
        "宽" * 50,
        "o",
        "t",
        [{"name": "x"}],
        ["d" * 90],
        ["e"],
        {"f": [1, {"g": None}]},
    ),
]


@pytest.mark.parametrize("event", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(("width", "height"), [*SIZES, *TINY])
def test_strange_data_neither_fails_nor_overflows(log, event, width, height):
    for before in (log[:1], [e for e in log if e.time < 60]):
        lines = screen(fold_all([*before, event]), width, height)
        assert len(lines) == height
        assert {line.cell_len for line in lines} == {width}
        assert "\x1b" not in text(lines)


def test_devices_take_turns_unless_one_is_chosen(log):
    state = fold_all(log)
    seen = {focus_device(state, turn * SECONDS_PER_DEVICE) for turn in range(20)}
    assert seen == {*state.devices, *state.held_out}
    assert focus_device(state, 0, "h100-sxm") == "h100-sxm"
    assert focus_device(ViewState(), 0) == ""


def test_live_screen_adapts_to_the_size_and_survives_a_fault(log, monkeypatch):
    live = LiveScreen(Console(file=io.StringIO(), force_terminal=True))
    for event in log[:3000]:
        live(event)
    for width, height in ((80, 24), (160, 45)):
        console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True)
        rendered = console.render_lines(live, console.options.update(height=height))
        assert len(rendered) == height
    monkeypatch.setattr("monas_core.ui.live.compose", lambda *_, **__: 1 / 0)
    console = Console(file=io.StringIO(), width=80, height=24)
    console.print(live)
    assert "ZeroDivisionError" in console.file.getvalue()  # pyright: ignore


def test_live_screen_keeps_stray_text_for_afterwards(log, capsys):
    live = LiveScreen(Console(file=io.StringIO(), force_terminal=True, width=80, height=24))
    with live.shown():
        for event in log[:50]:
            live(event)
        sys.stderr.write("a library has something to say\n")
        assert "library" not in capsys.readouterr().err
    assert "a library has something to say" in capsys.readouterr().err


def test_frames_stay_on_the_screen_while_output_is_led_elsewhere(short_log, monkeypatch):
    """As while plugins are loaded: what libraries print then must not be taken for a document."""
    terminal, errors = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr("sys.stderr", errors)
    live = LiveScreen(Console(force_terminal=True, width=80, height=24))
    with live.shown(), contextlib.redirect_stdout(sys.stderr):
        for event in short_log[:20]:
            live(event)
        live.console.print("drawn")
    assert "drawn" in terminal.getvalue()
    assert errors.getvalue() == ""


def test_clock_runs_between_events_and_stops_at_the_end(log):
    seconds = [0.0]
    live = LiveScreen(Console(file=io.StringIO()), clock=lambda: seconds[0])
    assert live.now == 0
    for event in log[:20]:
        live(event)
    before = live.now
    seconds[0] += 7
    assert live.now == pytest.approx(before + 7)
    for event in log[20:]:
        live(event)
    seconds[0] += 100
    assert live.now == log[-1].time


def test_keys_choose_the_device_and_leave(log):
    live = LiveScreen(Console(file=io.StringIO()), clock=lambda: 0.0, mode="watch")
    controls = live.controls
    live.press("right")
    assert controls.device is None, "before there is a front"
    for event in log:
        live(event)
    names = [n for n in (*live.state.devices, *live.state.held_out) if n in live.state.fronts]
    live.press("right")
    assert controls.device == names[1]
    live.press("left")
    live.press("left")
    assert controls.device == names[-1]
    live.press("2")
    assert controls.device == names[1]
    for key in ("z", "é", "²", "9" * 3):
        live.press(key)
    assert controls.device == names[1]
    live.press("0")
    assert controls.device is None
    live.press("q")
    assert controls.leaving
    running = LiveScreen(Console(file=io.StringIO()))
    running.press("q")
    assert not running.controls.leaving, "a run is stopped with Ctrl-C, not by a letter"


def test_a_held_picture_stays_while_the_run_goes_on(log):
    seconds = [0.0]
    live = LiveScreen(Console(file=io.StringIO()), clock=lambda: seconds[0])

    def drawn() -> str:
        console = Console(file=io.StringIO(), width=120, height=40, force_terminal=True)
        lines = console.render_lines(live, console.options.update(height=40))
        return "\n".join("".join(s.text for s in line) for line in lines[:-1])

    for event in log[:1000]:
        live(event)
    live.press(" ")
    held = drawn()
    for event in log[1000:1400]:
        live(event)
    seconds[0] += 9
    assert drawn() == held
    live.press(" ")
    assert drawn() != held


@pytest.mark.parametrize(
    ("typed", "found"),
    [(b"\x1b[D", ["left"]), (b"\x1bOC", ["right"]), (b"\x1b[15~", []), (b"q2", ["q", "2"]),
     (b"\xff\x01", []), ("é".encode(), ["é"])],
)  # fmt: skip
def test_keys_have_names(typed, found):
    assert named(typed) == found


def test_what_is_told_of_the_whole_never_falls(log):
    """An estimate under load may fall; a person is not told so, unless the run begins anew."""
    furthest, state = Furthest(), ViewState()
    told, guessed = [], []
    for event in log:
        state = fold(state, event)
        if isinstance(event, events.StepFinished):
            told.append(furthest(state, state.time).fraction)
            guessed.append(outlook(state, state.time + 5.0).fraction)
            furthest(state, state.time + 5.0)
    assert told == sorted(told)
    assert guessed != sorted(guessed), "or there was nothing to be held back"
    furthest.restart()
    begun = fold_all(log[:40])
    assert furthest(begun, begun.time).fraction < told[-1]
