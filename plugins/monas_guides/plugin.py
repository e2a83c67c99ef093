"""What this package offers: guides of a selection; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_guides() -> list[Spec]:
    return [
        Spec(
            name="diversity",
            summary="Keeps members whose costs are far from those of the others.",
            factory="monas_guides.diversity:Diversity",
            needs={"guided"},
        )
    ]
