"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_optimizers() -> list[Spec]:
    return [
        Spec(
            name="modnas",
            summary="MODNAS: one hypernetwork answers every preference on every device",
            factory="monas_modnas.optimizer:MODNAS",
            options="monas_modnas.options:Options",
            provides=frozenset({"default-optimizer", "zero-shot"}),
        )
    ]
