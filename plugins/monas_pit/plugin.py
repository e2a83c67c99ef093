"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_optimizers() -> list[Spec]:
    return [
        Spec(
            name="pit",
            summary="PIT: the largest network is pruned in training, once for each strength.",
            factory="monas_pit.pit:PIT",
            options="monas_pit.options:PITOptions",
            needs={"supernet", "gated"},
        )
    ]
