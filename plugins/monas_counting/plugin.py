"""What this package offers: a task of counting; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_tasks() -> list[Spec]:
    return [
        Spec(
            name="counting",
            summary="Count by maps of density: drawn scenes, or your own: counting:FOLDER.",
            factory="monas_counting.loading:load",
            provides={"density-map", "default-task:count", "reads-path"},
            options="monas_counting.options:CountingOptions",
        )
    ]
