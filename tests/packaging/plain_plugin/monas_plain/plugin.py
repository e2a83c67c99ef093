"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_spaces() -> list[Spec]:
    return [
        Spec(
            name="plain",
            summary="Stacks of convolutions: how many, how wide, how far they see.",
            factory="monas_plain.space:PlainSpace",
            provides=frozenset({"supernet"}),
        )
    ]
