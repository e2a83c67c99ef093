"""What this package offers: losses; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import OWN_LOSS, Spec


@hookimpl
def monas_losses() -> list[Spec]:
    return [
        Spec(
            name="task",
            summary="The task's own loss.",
            factory="monas_losses.own:Own",
            provides={"default-loss", OWN_LOSS},
        ),
        Spec(
            name="mse",
            summary="Mean squared difference of outputs and targets of one shape.",
            factory="monas_losses.squared:Squared",
        ),
        Spec(
            name="spp",
            summary="Squared differences of maps and of their pools, weights of pools searched.",
            factory="monas_losses.pyramid:Pyramid",
            options="monas_losses.options:PyramidOptions",
            needs={"density-map"},
        ),
    ]
