"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_spaces() -> list[Spec]:
    return [
        Spec(
            name="fusion",
            summary="Two backbones, one for each head of a task, and which of their layers "
            "exchange features.",
            factory="monas_fusion.space:FusionSpace",
            provides={"supernet", "relaxed", "two-option", "edges"},
        )
    ]


@hookimpl
def monas_objectives() -> list[Spec]:
    return [
        Spec(
            name="edges",
            summary="Number of connections between backbones.",
            factory="monas_fusion.edges:Edges",
            needs={"edges"},
        )
    ]
