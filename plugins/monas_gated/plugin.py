"""What this package offers: an optimizer; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_optimizers() -> list[Spec]:
    return [
        Spec(
            name="gated",
            summary="Relaxed Bernoulli gates and weights in turn, with an entropy schedule.",
            factory="monas_gated.optimizer:Gated",
            needs={"supernet", "relaxed", "two-option", "dense-multitask"},
            options="monas_gated.options:GatedOptions",
        )
    ]
