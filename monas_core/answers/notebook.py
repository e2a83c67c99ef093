"""A run as a notebook shows it: a small table of HTML, made of fronts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from monas_core.values.member import Front


def run_html(title: str, facts: Mapping[str, str], fronts: Sequence[Front]) -> str:
    """A heading, facts, and one row per front: size, hypervolume, best value of each objective."""
    told = " · ".join(f"{escape(name)} {escape(value)}" for name, value in facts.items())
    if not fronts:
        return f"<div><strong>{escape(title)}</strong><br>{told}</div>"
    objectives = fronts[0].objectives
    heads = ["front of", "members", "hypervolume"]
    heads += [f"best {o.name} {'[' + o.unit + ']' if o.unit else ''}" for o in objectives]
    rows = [_cells(front) for front in fronts]
    head = "".join(f"<th>{escape(text.strip())}</th>" for text in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f"<div><strong>{escape(title)}</strong><br>{told}"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(front: Front) -> list[str]:
    cells = [front.device, str(len(front.members)), f"{front.hypervolume:.3f}"]
    for objective in front.objectives:
        best = min if objective.direction == "min" else max
        values = [member.values[objective.name] for member in front.members]
        cells.append(f"{best(values):.4g}" if values else "–")
    return cells
