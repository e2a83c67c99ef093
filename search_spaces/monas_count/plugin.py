"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_spaces() -> list[Spec]:
    return [
        Spec(
            name="count",
            summary="Encoder-decoders for maps of density: operations of two cells, and the "
            "path through resolutions.",
            factory="monas_count.space:CountSpace",
            provides={"supernet", "relaxed"},
        )
    ]
