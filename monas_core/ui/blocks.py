"""Pieces of a screen: lists of lines of known width, put beside and below each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rich.text import Text

Block = list[Text]

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_CONTROL = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], " ")
"""Would move the cursor and tear the screen."""
FRAME = "bright_black"
ACCENT = "cyan"


def exact(line: Text, width: int) -> Text:
    """The line cut (with an ellipsis) or padded to a width, in place; no control characters."""
    if width <= 0:
        return Text(end="")
    if not line.plain.isprintable():
        line.plain = line.plain.translate(_CONTROL)
    line.no_wrap = True
    line.end = ""
    line.truncate(width, overflow="ellipsis", pad=True)
    return line


def fit(lines: Sequence[Text], width: int, height: int) -> Block:
    """Exactly ``height`` lines of ``width`` cells."""
    kept = [exact(line.copy(), width) for line in lines[:height]]
    return kept + [Text(" " * width, end="") for _ in range(height - len(kept))]


def boxed(title: Text | str, lines: Sequence[Text], width: int, height: int) -> Block:
    """Lines in a rounded frame with a title in its upper edge."""
    inner = width - 4
    head = title.copy() if isinstance(title, Text) else Text(title, style="bold")
    head.truncate(max(0, inner - 2), overflow="ellipsis")
    top = Text("╭─ ", style=FRAME, end="", no_wrap=True)
    plain = Text("", end="").append_text(top).append_text(head)
    plain.append(" " + "─" * (width - 5 - head.cell_len) + "╮", FRAME)
    block = [exact(plain, width)]
    for line in fit(lines, inner, height - 2):
        row = Text("", end="", no_wrap=True)
        row.append("│ ", FRAME)
        row.append_text(line)
        row.append(" │", FRAME)
        block.append(row)
    block.append(Text("╰" + "─" * (width - 2) + "╯", style=FRAME, end=""))
    return block


def beside(*blocks: Block) -> Block:
    """Blocks of equal height next to each other."""
    joined: Block = []
    for rows in zip(*blocks, strict=True):
        line = Text("", end="", no_wrap=True)
        for row in rows:
            line.append_text(row)
        joined.append(line)
    return joined


def between(left: Text, right: Text, width: int) -> Text:
    """One line with text at both ends; the left gives way first."""
    right = right.copy()
    right.truncate(width, overflow="ellipsis")
    line = exact(left.copy(), width - right.cell_len)
    return line.append_text(right)


def bar(share: float, width: int, style: str = ACCENT) -> Text:
    """A progress bar with half-cell resolution."""
    halves = round(min(1.0, max(0.0, share)) * width * 2)
    full, half = divmod(halves, 2)
    text = Text("━" * full, style=style, end="")
    rest = width - full
    if half and rest:
        text.append("╸", style)
        rest -= 1
    return text.append("─" * rest, FRAME)


def sparkline(values: Sequence[float], width: int, style: str = ACCENT) -> Text:
    """A history as a row of small bars, scaled to its own range, newest at the right."""
    if width <= 0 or not values:
        return Text(" " * max(0, width), end="")
    shown = _resample(values, width)
    low, high = min(shown), max(shown)
    span = high - low
    levels = [1 + round((value - low) / span * 7) if span > 0 else 4 for value in shown]
    return Text("".join(_EIGHTHS[level] for level in levels).rjust(width), style=style, end="")


def _resample(values: Sequence[float], width: int) -> list[float]:
    """At most ``width`` values; neighbours are averaged."""
    if len(values) <= width:
        return list(values)
    edges = [round(i * len(values) / width) for i in range(width + 1)]
    return [sum(values[a:b]) / (b - a) for a, b in pairwise(edges) if b > a]
