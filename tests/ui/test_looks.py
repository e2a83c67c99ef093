"""Light and dark terminals, and none of either's colours."""

from __future__ import annotations

import io
import re

import pytest
from rich.color import Color
from rich.style import Style
from rich.text import Text

from monas_core.ui.console import SafeConsole
from monas_core.ui.live import LiveScreen
from monas_core.ui.palette import TONES, readable
from monas_core.ui.screen import compose


def luminance(colour: tuple[int, int, int]) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [c / 255 for c in colour]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("background", [0.0, 1.0], ids=["dark", "light"])
@pytest.mark.parametrize("name", TONES)
def test_every_colour_can_be_read(name, background):
    colour = readable(Style.parse(f"bold {name}")).color
    assert colour is not None
    triplet = colour.get_truecolor()
    own = luminance((triplet.red, triplet.green, triplet.blue))
    light, dark = max(own, background), min(own, background)
    assert (light + 0.05) / (dark + 0.05) >= 3.0


def drawn(state, width, height, **settings) -> str:
    stream = io.StringIO()
    console = SafeConsole(file=stream, width=width, height=height, force_terminal=True, **settings)
    for line in compose(state, width, height, now=state.time, focus="host"):
        console.print(line)
    return stream.getvalue()


@pytest.mark.parametrize("width", [80, 100, 120, 160, 220])
def test_only_readable_colours_reach_the_terminal(moments, width):
    for state in moments[2:]:
        shown = drawn(state, width, 45, color_system="256")
        assert "38;5;" in shown
        runs = re.findall(r"\x1b\[([\d;]+)m", shown)
        label = "1;30;46"  # black on cyan
        codes = {c for run in runs if run != label
                 for c in re.sub(r"38;5;\d+", "", run).split(";")}  # fmt: skip
        assert codes <= {"", "0", "1", "2", "3", "39"}, "a colour of the terminal's own theme"


def test_without_colours_no_two_things_look_alike(searching, monkeypatch):
    """NO_COLOR: highlights differ by their signs, curves by a letter."""
    monkeypatch.setenv("NO_COLOR", "1")
    shown = drawn(searching, 120, 40)
    assert not re.search(r"\x1b\[[\d;]*(3[0-7]|38|9\d)[\d;]*m", shown)
    table = shown[shown.index("best so far") :]
    signs = [
        line[2] for line in re.sub(r"\x1b\[[\d;]*m", "", table).splitlines()[2:] if "│" in line
    ]
    signs = [sign for sign in signs if sign.strip()]
    assert len(signs) >= 3
    assert len(set(signs)) == len(signs)


def test_a_style_with_a_background_of_its_own_is_left_alone():
    style = Style.parse("bold black on cyan")
    assert readable(style) is style
    assert readable(Style.parse("bold")) == Style.parse("bold")
    assert readable(Style.parse("cyan")).color == Color.from_ansi(31)


def test_the_live_screen_is_drawn_through_it(short_log):
    live = LiveScreen(SafeConsole(file=io.StringIO(), force_terminal=True))
    for event in short_log[:200]:
        live(event)
    stream = io.StringIO()
    console = SafeConsole(
        file=stream, width=120, height=40, force_terminal=True, color_system="256"
    )
    console.print(live)
    console.print(Text("x", style="cyan"))
    assert "\x1b[36m" not in stream.getvalue()
    assert "38;5;31" in stream.getvalue()
