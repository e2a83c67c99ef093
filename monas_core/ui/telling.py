"""What a newcomer is told in sentences: how a run begins, and why its end looks different.

Pure functions of the view state, shared by the live screen and the plain lines.
"""

from __future__ import annotations

import re

from monas_core.ui import glossary
from monas_core.ui.progress import phase_left
from monas_core.ui.text import count, number
from monas_core.ui.view import ViewState
from monas_core.values.member import ObjectiveView

_BETTER = {"min": "less is better", "max": "more is better"}
_UNITS = {"s": "s", "steps": " steps", "evals": " evaluations"}
_EARLY_STEPS = 8
"""Steps of training after which its pace tells something: the first ones are slow."""


def in_words(objective: ObjectiveView) -> str:
    """An objective as a newcomer understands it: ``quality, bit/byte (less is better)``."""
    term = glossary.find(objective.name)
    word = "quality" if objective.score else term.name if term else objective.name
    unit = f", {objective.unit}" if objective.unit not in ("", objective.name) else ""
    return f"{word}{unit} ({_BETTER.get(objective.direction, 'as told')})"


def introduced(objective: ObjectiveView) -> str:
    """The same behind the name that is typed: ``acc: quality, bit/byte (less is better)``."""
    worded = in_words(objective)
    said = worded.startswith((f"{objective.name},", f"{objective.name} "))
    return worded if said else f"{objective.name}: {worded}"


def opening(state: ViewState, now: float) -> str:
    """What is about to happen: ``One network contains all 34,944: training it ...``.

    Empty where no network is trained for the search, or the number of networks is not told.
    """
    number_of = state.facts.get("architectures")
    if not isinstance(number_of, int | float) or state.facts.get("trainer") == "none":
        return ""
    shown = f"{number_of:,}" if number_of < 1e12 else count(number_of)
    length = _training(state, now)
    return (
        f"One network contains all {shown}: training it {length}then searching"
        f"{_budget(state.facts.get('budget'))}."
    )


def _training(state: ViewState, now: float) -> str:
    """How long the warm-up takes: seconds once they can be told, else its length."""
    phase = state.phase
    if phase is None or phase.name != "warm-up":
        return ""
    left = phase_left(phase, now)
    if left is not None and len(phase.recent) >= _EARLY_STEPS:
        return f"for about {_rounded(now - phase.started + left)} s, "
    return f"for {phase.total:.0f} {phase.unit}, " if phase.total > 0 else ""


def timed(state: ViewState, now: float) -> bool:
    """Whether ``opening`` knows how long the training takes."""
    return " s, then" in opening(state, now)


def _rounded(seconds: float) -> int:
    """Seconds as one says them: no estimate is good to the second."""
    grain = 1 if seconds < 10 else 5 if seconds < 120 else 30
    return max(1, round(seconds / grain) * grain)


def _budget(budget: object) -> str:
    match = re.fullmatch(r"([\d.]+)\s*(s|steps|evals)", str(budget or ""))
    return (
        f" {match[1]} s"
        if match and match[2] == "s"
        else (f" for {match[1]}{_UNITS[match[2]]}" if match else "")
    )


def unseen(state: ViewState, device: str) -> str:
    """Why the values of a device changed at the end; empty before, or where nothing did.

    ``acc 2.423 on unseen data, 2.288 on the data of the search: the same networks, ...``
    """
    final, before = state.fronts.get(device), state.sought.get(device)
    if final is None or before is None or final.split == before.split:
        return ""
    for objective in state.objectives:
        if not objective.score:
            continue
        pick = min if objective.direction == "min" else max
        now, then = (
            [m.values[objective.name] for m in front.members if objective.name in m.values]
            for front in (final, before)
        )
        if now and then:
            name = objective.name
            return (
                f"best {name} {number(pick(now))} on unseen data, {number(pick(then))} on search "
                "data: judged on other data, not worse networks"
            )
    return ""
