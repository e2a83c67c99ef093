"""The predictor that a run borrows from another, and the one it leaves for others."""

from __future__ import annotations

from pathlib import Path

from monas_core.errors import UsageError
from monas_core.learning import shelf
from monas_core.learning.predictors import QualityPredictor
from monas_core.record.rundir import RunFolder
from monas_core.running.plan import Plan
from monas_core.running.session import Session


def borrowed(plan: Plan) -> QualityPredictor | None:
    """The predictor of the run that was named; ``None`` where none was.

    Raises:
        UsageError: The optimizer has no use for one; or there is none, or none that fits.
    """
    if plan.config.predictor is None:
        return None
    if not plan.optimizer.takes_predictor:
        raise UsageError(
            f'Optimizer "{plan.config.optimizer}", as it is set, goes by no predictor that is lent '
            "to it; choose --optimizer nsga2 with options.optimizer.quality=predictor, or leave "
            "out --predictor."
        )
    folder = RunFolder.open(Path(plan.config.predictor))
    return shelf.load(folder.path, plan.space, plan.objectives)


def leave(session: Session, folder: RunFolder) -> None:
    """Save what the search goes by in the end, if it fitted anything."""
    kept = session.problem.shelf.kept
    if kept is not None:
        plan = session.plan
        shelf.save(folder.path, kept, plan.space, plan.objectives, plan.config.task or "")
