"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_optimizers() -> list[Spec]:
    return [
        Spec(
            name="lightnas",
            summary="LightNAS: gates that land on targets of cost by a learnt multiplier",
            factory="monas_lagrange.lightnas:LightNAS",
            options="monas_lagrange.options:LightNASOptions",
        )
    ]
