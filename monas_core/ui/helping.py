"""The help page of the screen: the keys, then the words, as many as fit."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from rich.text import Text

from monas_core.ui.blocks import ACCENT, Block, boxed
from monas_core.ui.glossary import TERMS
from monas_core.ui.telling import in_words
from monas_core.values.member import ObjectiveView


def help_page(
    page: int,
    keys: Mapping[str, str],
    objectives: Sequence[ObjectiveView],
    width: int,
    height: int,
) -> Block | None:
    """Page ``page`` counted from 1, and ``None`` after the last one and before the first."""
    rows = [*_rows(keys, width - 4), Text()]
    rows += _rows({o.name: in_words(o) for o in objectives}, width - 4)
    rows += [Text()] if objectives else []
    rows += _rows({term.name: term.meaning for term in TERMS}, width - 4)
    room = max(1, height - 2)
    pages = [rows[start : start + room] for start in range(0, len(rows), room)]
    index = page % (len(pages) + 1)
    if index == 0:
        return None
    title = Text.assemble(("help", "bold"), f"  {index} of {len(pages)}  ? goes on")
    return boxed(title, pages[index - 1], width, height)


def _rows(lines: Mapping[str, str], width: int) -> Block:
    """Words at the left, their meaning beside them, wrapped."""
    margin = min(max((len(name) for name in lines), default=0), max(8, width // 3))
    rows: Block = []
    for name, text in lines.items():
        parts = textwrap.wrap(text, max(8, width - margin - 2)) or [""]
        for index, part in enumerate(parts):
            head = name if index == 0 else ""
            rows.append(Text.assemble((head[:margin].ljust(margin), f"bold {ACCENT}"), "  ", part))
    return rows
