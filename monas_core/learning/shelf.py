"""Predictors of quality that outlive a search: kept by its run, lent to others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from monas_core import state
from monas_core.errors import UsageError
from monas_core.learning.predictors import QualityPredictor
from monas_core.parts.description import Description
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace
from monas_core.seeding import seeded_construction
from monas_core.values.choices import ChoiceSet

FOLDER = "predictor"
"""Of a run folder."""


@attrs.define(eq=False)
class Shelf:
    """Where a search finds the predictor it is lent, and leaves the one it fitted.

    Attributes:
        lent: Fitted by another run to the queried objectives of this one, minimised and in
            their order; it is never fitted again.
        kept: What this search goes by in the end; the run saves it. ``None`` where a search
            fits none.
    """

    lent: QualityPredictor | None = None
    kept: QualityPredictor | None = None


def save(
    run: Path,
    predictor: QualityPredictor,
    space: SearchSpace,
    objectives: Sequence[Objective],
    task: str,
) -> None:
    """Write a predictor into a run folder, with what it predicts and for which networks.

    Args:
        run: The folder.
        predictor: Fitted.
        space: Whose networks.
        objectives: Of the run; the queried ones are what is predicted.
        task: What qualities were of.
    """
    facts = {**_facts(space.choices, objectives), "task": task}
    state.save(run / FOLDER, {"facts": facts, "predictor": predictor.state_dict()})


def load(run: Path, space: SearchSpace, objectives: Sequence[Objective]) -> QualityPredictor:
    """The predictor of a run, for a search of a space for objectives.

    Raises:
        UsageError: The run keeps none, its files are damaged, or it predicts something else.
    """
    folder = run / FOLDER
    if not folder.is_dir():
        raise UsageError(
            f"Run {run} keeps no predictor: its search fitted none; name one by modnas or with "
            "options.optimizer.quality=predictor, or leave out --predictor."
        )
    document = state.load(folder)
    wanted = _facts(space.choices, objectives)
    _compare(run, document["facts"], wanted)
    with seeded_construction(0):  # every number is replaced
        predictor = QualityPredictor(Description(space), len(wanted["objectives"]))
    try:
        predictor.load_state_dict(document["predictor"])
        predictor.process.settle()
    except Exception as error:
        raise UsageError(
            f"The predictor of run {run} does not fit what is installed "
            f"({' '.join(str(error).split())[:160]}); search with that version again."
        ) from error
    return predictor.requires_grad_(requires_grad=False)


def _facts(choices: ChoiceSet, objectives: Sequence[Objective]) -> dict[str, Any]:
    """What must be the same, as plain values."""
    queried = [o for o in objectives if o.query]
    return {
        "space": choices.space,
        "version": choices.version,
        "choices": [[choice.name, list(choice.options)] for choice in choices.choices],
        "objectives": [[o.name, o.unit, o.direction] for o in queried],
    }


def _compare(run: Path, kept: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise UsageError where a predictor is not of what is wanted."""
    names = [", ".join(o[0] for o in facts["objectives"]) or "nothing" for facts in (kept, wanted)]
    told = {
        "space": f'is of space "{kept["space"]}", not "{wanted["space"]}"',
        "version": f"is of version {kept['version']} of the space, not {wanted['version']}",
        "choices": f'knows other choices of space "{wanted["space"]}" (another preset or options)',
        "objectives": f"predicts {names[0]}, and this run asks for {names[1]}"
        + (" in another unit or direction" if names[0] == names[1] else ""),
    }
    for key, sentence in told.items():
        if kept[key] != wanted[key]:
            raise UsageError(
                f"The predictor of run {run} {sentence}; name another run with --predictor, or "
                "leave it out."
            )
