"""Commands that make sense after a run, ready to copy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from monas_core.files import command
from monas_core.ui.text import number
from monas_core.ui.words import nearly_best
from monas_core.values.member import Front, ObjectiveView


def next_steps(run: str | Path, fronts: Sequence[Front]) -> list[str]:
    """The report, a pick with a limit, an export; none where no front has a member.

    Where no limit is met, a pick would only say so again.
    """
    front = next((front for front in fronts if front.members), None)
    if front is None:
        return []
    device, names = ("--device", front.device), front.names
    weights = zip(names, _weights(len(names)), strict=True)
    wish = ("--prefer", ",".join(f"{name}={weight}" for name, weight in weights))
    return [
        command("monas report", run, "--open"),
        command("monas pick", run, *device, *wish, *_limit(front)),
        command("monas export", run, *device, *wish, "--format", "onnx"),
    ]


def _weights(count: int) -> list[str]:
    """Example weights that sum to 1, falling."""
    known = {1: ["1"], 2: [".7", ".3"], 3: [".6", ".3", ".1"]}
    return known.get(count) or [f"{1 / count:.2g}"] * count


def _limit(front: Front) -> tuple[str, ...]:
    """A limit on the first cost that some members of the front meet, and not all."""
    if len(front.objectives) < 2:
        return ()
    cost = front.objectives[1]
    known = sorted(member.values[cost.name] for member in front.members)
    shown = nearly_best(front)
    value = shown.values[cost.name] if shown else known[len(known) // 2]
    return (
        f"--{'max' if cost.direction == 'min' else 'min'}",
        f"{cost.name}={_round(value, cost)}",
    )


def _round(value: float, cost: ObjectiveView) -> str:
    """Two digits on the side that the member meets, with its unit."""
    eased = value * (1.05 if (value > 0) == (cost.direction == "min") else 0.95)
    plain = cost.unit if cost.unit.isalpha() else ""
    return f"{number(eased, 2)}{plain}"
