"""A run as a notebook shows it: a small table, made of its fronts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monas_core.values.markup import shown
from monas_core.values.member import Front


def run_html(title: str, facts: Mapping[str, str], fronts: Sequence[Front]) -> str:
    """A heading, facts, and one row per front: size, hypervolume, best value of each objective."""
    if not fronts:
        return shown(title, facts)
    best = [f"best {objective.headed}" for objective in fronts[0].objectives]
    return shown(title, facts, ["front of", "members", "hypervolume", *best], map(_cells, fronts))


def _cells(front: Front) -> list[str]:
    cells = [front.device, str(len(front.members)), f"{front.hypervolume:.3f}"]
    for objective in front.objectives:
        best = min if objective.direction == "min" else max
        values = [member.values[objective.name] for member in front.members]
        cells.append(f"{best(values):.4g}" if values else "–")
    return cells
