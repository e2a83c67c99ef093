"""What this package offers: energy; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_objectives() -> list[Spec]:
    return [
        Spec(
            name="energy",
            summary="Energy of one inference on a device, in mJ.",
            factory="monas_energy.energy:Energy",
            provides={"default-objective"},
        )
    ]
