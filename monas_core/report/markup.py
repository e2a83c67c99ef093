"""Pieces of HTML that several sections of the page are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from monas_core.values.member import Front


def device_cell(front: Front) -> str:
    """The name of a device, marked where it was held out of the search."""
    mark = ' <span class="tag">held out</span>' if front.held_out else ""
    return escape(front.device) + mark


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are HTML already; heads are not."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    head = f"<thead><tr>{head}</tr></thead>" if any(heads) else ""
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(map(_cell, row[1:]))}</tr>' for row in rows
    )
    return f'<div class="wide"><table>{head}<tbody>{body}</tbody></table></div>'


def _cell(text: str) -> str:
    """Long texts may break into lines."""
    return f'<td class="text">{text}</td>' if len(text) > 40 else f"<td>{text}</td>"
