"""What this package offers: quality with inherited weights; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import NAMES_SCORES, TAKES_ARGUMENT, Spec


@hookimpl
def monas_objectives() -> list[Spec]:
    return [
        Spec(
            name="quality",
            aliases=("acc",),
            summary="The task's score, with weights inherited from the supernet.",
            factory="monas_quality.quality:Quality",
            needs={"supernet"},
            provides={"default-objective", NAMES_SCORES, TAKES_ARGUMENT},
        )
    ]
