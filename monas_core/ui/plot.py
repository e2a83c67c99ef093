"""Plots with labelled scales, as lines of exactly the size asked for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import attrs
from rich.text import Text

from monas_core.ui.blocks import exact
from monas_core.ui.canvas import Canvas
from monas_core.ui.text import number

_LARGEST = 1e100


@attrs.frozen
class Axis:
    """A range of values on a line, linear or logarithmic."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def around(cls, values: Iterable[float], *, may_log: bool = False) -> Axis:
        """A little more than the range of the values; logarithmic if it spans decades.

        Values that are not finite, or too large to draw, are left out.
        """
        known = [value for value in values if abs(value) < _LARGEST]
        if not known:
            return cls(0.0, 1.0)
        low, high = min(known), max(known)
        if may_log and low > 0 and 30 * low < high < 1e12 * low:
            reach = (high / low) ** 0.06
            return cls(low / reach, high * reach, log=True)
        size = max(abs(low), abs(high))
        if size < 1 / _LARGEST:
            return cls(-1.0, 1.0)
        span = high - low
        margin = 0.06 * span if span > 1e-9 * size else 0.1 * size
        return cls(low - margin, high + margin)

    def share(self, value: float) -> float:
        """Position of a value, 0 at ``low`` and 1 at ``high``; cut off well outside."""
        if self.log:
            position = (
                math.log(value / self.low) / math.log(self.high / self.low) if value > 0 else -1.0
            )
        else:
            position = (value - self.low) / (self.high - self.low)
        return -1.0 if math.isnan(position) else min(2.0, max(-1.0, position))

    def ticks(self, at_most: int) -> list[float]:
        """Round values within the range, at most this many."""
        if self.log:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            powers = [10.0**power for power in range(first, last + 1)]
            if len(powers) >= 2:
                return powers[:: max(1, math.ceil(len(powers) / max(1, at_most)))]
        for step in _round_steps((self.high - self.low) / max(1, at_most)):
            start = math.ceil(self.low / step)
            found = [start * step + step * i for i in range(at_most + 2)]
            found = [0.0 if abs(tick) < step / 1e6 else tick for tick in found if tick <= self.high]
            if len(found) <= at_most:
                return found
        return []


def _round_steps(at_least: float) -> list[float]:
    power = 10.0 ** math.floor(math.log10(at_least))
    return [power * factor for factor in (1, 2, 2.5, 5, 10, 20, 50)]


@attrs.define
class Plot:
    """A canvas with a scale on the left and one below.

    Attributes:
        width: In cells, axes included.
        height: In lines, axes included.
    """

    width: int
    height: int
    x: Axis
    y: Axis
    x_label: str = ""
    y_label: str = ""
    canvas: Canvas = attrs.field(init=False)
    _left: list[str] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        rows = max(1, self.height - 2)
        ticks = self.y.ticks(max(2, rows // 2))
        rows_of = [self._row(tick, rows) for tick in ticks]
        labels = dict(zip(rows_of, tick_labels(ticks), strict=True))
        margin = max((len(text) for text in labels.values()), default=0)
        self._left = [labels.get(row, "").rjust(margin) for row in range(rows)]
        self.canvas = Canvas(max(4, self.width - margin - 1), rows)

    def _row(self, value: float, rows: int) -> int:
        return rows - 1 - min(rows - 1, max(0, int(self.y.share(value) * rows)))

    def place(self, x: float, y: float) -> tuple[int, int]:
        """The dot of a point."""
        across = self.x.share(x) * (self.canvas.dots_wide - 1)
        up = self.y.share(y) * (self.canvas.dots_high - 1)
        return round(across), round(up)

    def curve(self, points: Sequence[tuple[float, float]], style: str) -> None:
        """Draw straight lines from point to point."""
        dots = [self.place(*point) for point in points]
        for start, end in pairwise(dots):
            self.canvas.line(start, end, style)
        if len(dots) == 1:
            self.canvas.dot(*dots[0], style)

    def lines(self) -> list[Text]:
        """The plot, exactly ``height`` lines of ``width`` cells."""
        self.canvas.write_at_top(self.y_label, "dim")
        drawn: list[Text] = []
        for left, row in zip(self._left, self.canvas.lines(), strict=True):
            line = Text(end="", no_wrap=True)
            line.append(left + ("┤" if left.strip() else "│"), "dim")
            drawn.append(line.append_text(row))
        drawn.extend(self._below())
        return [exact(line, self.width) for line in drawn[: self.height]]

    def _below(self) -> list[Text]:
        """The horizontal scale: a rule with ticks, and their labels with the axis label."""
        margin, cells = len(self._left[0]) + 1, self.canvas.width
        room = cells - len(self.x_label) - 1
        ticks = self.x.ticks(max(2, min(7, room // 9)))
        rule, labels = ["─"] * cells, [" "] * (margin + cells)
        for tick, text in zip(ticks, tick_labels(ticks), strict=True):
            place = min(cells - 1, max(0, int(self.x.share(tick) * cells)))
            start = max(0, margin + place - len(text) // 2)
            if start + len(text) > margin + room:
                continue
            rule[place] = "┬"
            labels[start : start + len(text)] = text
        corner = Text(" " * (margin - 1) + "└" + "".join(rule), style="dim", end="")
        below = Text("".join(labels)[: margin + room + 1].ljust(margin + room + 1), style="dim")
        return [corner, below.append(self.x_label, "dim")]


def tick_labels(ticks: Sequence[float]) -> list[str]:
    """Ticks as text, with just the decimals that tell them apart."""
    largest = max((abs(tick) for tick in ticks), default=0.0)
    smallest = min((abs(tick) for tick in ticks if tick), default=0.0)
    decades = largest > 1e3 * smallest > 0
    if largest >= 1e5 or (largest and largest < 1e-3) or decades:
        for digits in range(1 if decades else 3, 9):
            shown = [number(tick, digits) for tick in ticks]
            if len(set(shown)) == len(ticks):
                return shown
    for places in range(7):
        shown = [f"{tick:.{places}f}" for tick in ticks]
        exact = all(
            abs(float(text) - tick) <= 1e-6 * largest
            for text, tick in zip(shown, ticks, strict=True)
        )
        if exact:
            return shown
    return [number(tick) for tick in ticks]
