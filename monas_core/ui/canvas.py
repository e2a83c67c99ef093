"""A grid of braille dots and glyphs; plots with scales are in ``plot``."""

from __future__ import annotations

from rich.text import Text

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bit of each dot of a braille cell, by row and column (Unicode block 2800)."""


class Canvas:
    """``width`` x ``height`` cells of 2 x 4 dots; (0, 0) is the lower left dot."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.dots_wide, self.dots_high = 2 * width, 4 * height
        self._bits = [[0] * width for _ in range(height)]
        self._glyphs: list[list[str]] = [[""] * width for _ in range(height)]
        self._styles: list[list[str]] = [[""] * width for _ in range(height)]

    def dot(self, x: int, y: int, style: str) -> None:
        """Set one dot; dots outside are left out."""
        if 0 <= x < self.dots_wide and 0 <= y < self.dots_high:
            row, column = self.height - 1 - y // 4, x // 2
            self._bits[row][column] |= _DOTS[3 - y % 4][x % 2]
            self._styles[row][column] = style

    def line(self, start: tuple[int, int], end: tuple[int, int], style: str) -> None:
        """Set the dots of a straight line."""
        steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
        for step in range(steps + 1):
            x = start[0] + (end[0] - start[0]) * step / steps
            y = start[1] + (end[1] - start[1]) * step / steps
            self.dot(round(x), round(y), style)

    def glyph(self, x: int, y: int, glyph: str, style: str) -> None:
        """Put a character into the cell of a dot; it hides dots."""
        if 0 <= x < self.dots_wide and 0 <= y < self.dots_high:
            row, column = self.height - 1 - y // 4, x // 2
            self._glyphs[row][column], self._styles[row][column] = glyph, style

    def write_at_top(self, text: str, style: str) -> None:
        """Write a label into the first row, at the end where it hides least."""
        text = text[: self.width - 1]
        right, left = self.width - len(text) - 1, 1
        column = min(right, left, key=lambda start: self._drawn(start, len(text)))
        for offset, glyph in enumerate(text):
            self._glyphs[0][column + offset] = glyph
            self._styles[0][column + offset] = style

    def _drawn(self, start: int, length: int) -> int:
        """How many of these cells of the first row are in use."""
        cells = range(max(0, start), min(self.width, start + length))
        return sum(bool(self._bits[0][c] or self._glyphs[0][c]) for c in cells)

    def lines(self) -> list[Text]:
        """The drawing, one text per row of cells."""
        drawn: list[Text] = []
        for bits, glyphs, styles in zip(self._bits, self._glyphs, self._styles, strict=True):
            text = Text(no_wrap=True, end="")
            run, run_style = "", ""
            for bit, glyph, style in zip(bits, glyphs, styles, strict=True):
                if style != run_style and run:
                    text.append(run, run_style)
                    run = ""
                run_style = style
                run += glyph or (chr(0x2800 + bit) if bit else " ")
            text.append(run, run_style)
            drawn.append(text)
        return drawn
