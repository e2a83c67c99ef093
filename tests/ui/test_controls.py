"""What keys ask for, and the replay that obeys them."""

from __future__ import annotations

import io
import random

import pytest
from rich.console import Console

from monas_core.cli.replay import Player
from monas_core.ui.controls import Controls, Mode, explained, hint
from monas_core.ui.helping import help_page
from monas_core.ui.keys import named
from monas_core.ui.live import LiveScreen
from monas_core.ui.screen import compose
from monas_core.ui.view import fold_all

DEVICES = ["host", "t4", "h100"]


def pressed(keys: str, mode: Mode = "run", objectives: int = 3) -> Controls:
    controls = Controls(mode)
    for key in keys:
        controls.press(key, DEVICES, "host", objectives)
    return controls


def test_axes_turn_and_never_show_one_objective_twice():
    seen = set()
    controls = Controls()
    for key in "xyxxyyxyyx":
        controls.press(key, DEVICES, "host", 3)
        assert controls.axes[0] != controls.axes[1]
        seen.add(controls.axes)
    assert len(seen) > 3
    assert pressed("xxxy", objectives=1).axes == (1, 0)
    assert pressed("x", objectives=2).axes == (1, 0), "there is no third"


def test_help_opens_turns_and_closes():
    assert pressed("?").page == 1
    assert pressed("??").page == 2
    assert pressed("?q").page == 0
    assert not pressed("?q", "watch").leaving, "q closes the help first"
    assert pressed("?qq", "watch").leaving


def test_every_page_of_help_is_reached_and_then_the_screen_again(short_log):
    objectives = fold_all(short_log[:1]).objectives
    keys = explained("replay")
    pages = []
    while (page := help_page(len(pages) + 1, keys, objectives, 80, 17)) is not None:
        pages.append("\n".join(line.plain for line in page))
    assert help_page(0, keys, objectives, 80, 17) is None
    whole = "".join(pages)
    for wanted in (*keys, "hypervolume", "supernet", "held out", "quality, bits/byte (less"):
        assert wanted in whole
    assert {len(line) for page in pages for line in page.splitlines()} == {80}


@pytest.mark.parametrize("mode", ["run", "watch", "replay"])
def test_every_key_that_is_explained_does_something(mode):
    for names in explained(mode):
        for key in names.replace("…", " ").split():
            key = {"←": "left", "→": "right", "space": " "}.get(key, key.lower())
            if key in ("↓", "↑", "ctrl-c", "9"):
                continue
            one = Controls(mode, keyed=True, device="t4")
            one.press(key, DEVICES, "t4", 3)
            assert one != Controls(mode, keyed=True, device="t4"), key
    assert "?" in hint(Controls(mode, keyed=True))
    assert "Ctrl-C" in hint(Controls(mode))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (b"\x1b[D\x1b[C", ["left", "right"]),
        (b"a\x1b[Ab", ["a", "up", "b"]),
        (b"\x1b", ["escape"]),
        (b"\x1b[1;5Cx", ["x"]),
        (b"\x1b[200~paste\x1b[201~", list("paste")),
        (b"\x1bOF\x1b[4~", ["end", "end"]),
        (b"\x1bq?", ["?"]),
    ],
)
def test_keys_that_come_together_are_told_apart(typed, found):
    assert named(typed) == found


def test_no_bytes_stop_the_reading_of_keys():
    rng = random.Random(1)
    for _ in range(500):
        typed = bytes(
            rng.choice(b"\x1b[O~;19AqX?\xc3\xa9\x00\xff") for _ in range(rng.randint(0, 9))
        )
        assert all(name for name in named(typed))


def replayed(log, keys: dict[int, str], speed: float = 1e9) -> tuple[LiveScreen, list[float]]:
    """A replay at whose n-th rest a key is pressed; the times that were shown."""
    live = LiveScreen(Console(file=io.StringIO()), clock=lambda: 0.0, mode="replay")
    live.controls.keyed = True
    shown: list[float] = []

    def rest(_: float) -> None:
        shown.append(live.state.time)
        live.press(keys.get(len(shown), ""))
        assert len(shown) < 500

    Player(log, live, speed, sleep=rest).play()
    return live, shown


def test_a_replay_stays_at_its_end_until_it_is_left(short_log):
    live, shown = replayed(short_log, {3: "q"})
    assert live.state == fold_all(short_log)
    assert len(shown) == 3


def test_a_replay_goes_back_and_forth(short_log):
    live, shown = replayed(short_log, {1: " ", 2: "home", 4: "end", 6: ",", 8: ".", 10: "q"})
    assert shown[2] == short_log[0].time
    assert shown[4] == short_log[-1].time
    assert short_log[-1].time * 0.9 < shown[6] < short_log[-1].time
    earlier = fold_all(event for event in short_log if event.time <= shown[6])
    assert shown[6] < shown[8] <= short_log[-1].time
    assert earlier.status == "running"
    assert "held" in live.notice or "end" in live.notice


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (160, 50), (220, 60)])
def test_whatever_is_typed_the_screen_is_whole(moments, size):
    rng = random.Random(size[0])
    controls = Controls("replay", keyed=True)
    keys = [*"?hxyi 0123456789,.+-Hq", "left", "right", "escape", "home", "end", "up", "down"]
    for _ in range(30):
        state = rng.choice(moments)
        names = [*state.devices, *state.held_out] or [""]
        controls.press(rng.choice(keys), names, rng.choice(names), len(state.objectives))
        lines = compose(state, *size, now=state.time, focus=rng.choice(names), controls=controls)
        assert len(lines) == size[1]
        assert {line.cell_len for line in lines} == {size[0]}
