"""Colours that can be read on light and on dark terminals alike.

The eight colours of a terminal are whatever its theme says, and some of them (cyan, yellow, green)
can hardly be read on white. Screens name them all the same; ``readable`` gives each a tone of
medium lightness instead, whose contrast with black and with white is at least 3 to 1.
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color
from rich.style import Style

TONES = {
    "red": 160,
    "green": 28,
    "yellow": 130,
    "blue": 32,
    "magenta": 133,
    "cyan": 31,
    "bright_black": 244,
    "bright_cyan": 31,
}
"""Numbers in the table of 256 colours, by the name that screens use."""


@lru_cache(maxsize=1024)
def readable(style: Style) -> Style:
    """The style with its colour of text exchanged, unless it has a background of its own."""
    colour = style.color
    if colour is None or style.bgcolor is not None or colour.name not in TONES:
        return style
    return style + Style(color=Color.from_ansi(TONES[colour.name]))
