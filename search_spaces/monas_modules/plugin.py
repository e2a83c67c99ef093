"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import PRETRAINED, TAKES_ARGUMENT, Spec


@hookimpl
def monas_spaces() -> list[Spec]:
    return [
        Spec(
            name="module",
            summary="Narrower and shallower forms of a network you have: module:FILE.py:FUNCTION.",
            factory="monas_modules.space:ModuleSpace",
            provides={"supernet", TAKES_ARGUMENT, PRETRAINED},
            extras={"torch_pruning": "monas[modules]"},
        )
    ]
