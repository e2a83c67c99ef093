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
        ),
        Spec(
            name="darts",
            summary="DARTS: weights and one mixture learn in turn; PC-DARTS by options",
            factory="monas_lagrange.darts:DARTS",
            options="monas_lagrange.gradient_options:DARTSOptions",
            needs={"supernet", "relaxed"},
        ),
        Spec(
            name="dca",
            summary="DCA-NAS: as DARTS, each mixture held under a limit by a multiplier",
            factory="monas_lagrange.dca:DCA",
            options="monas_lagrange.gradient_options:DCAOptions",
            needs={"supernet", "relaxed"},
        ),
    ]
