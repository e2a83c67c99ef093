"""Values as notebooks show them: a heading, a line of facts, a table; all text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape


def shown(
    title: str,
    facts: Mapping[str, str] | None = None,
    heads: Sequence[str] = (),
    rows: Iterable[Sequence[str]] = (),
) -> str:
    """One ``<div>`` of plain HTML that needs no style sheet; without ``heads`` no table."""
    told = " · ".join(f"{escape(name)} {escape(text)}" for name, text in (facts or {}).items())
    top = f"<div><strong>{escape(title)}</strong><br>{told}"
    if not heads:
        return f"{top}</div>"
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"{top}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
