"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_optimizers() -> list[Spec]:
    return [
        Spec(
            name="random",
            summary="Random search: evaluates random architectures, answers with the best known",
            factory="monas_blackbox.random_search:RandomSearch",
            options="monas_blackbox.random_search:Options",
        )
    ]
