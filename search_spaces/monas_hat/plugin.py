"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_spaces() -> list[Spec]:
    return [
        Spec(
            name="hat",
            summary="Encoder-decoder transformers as in HAT: widths, decoder depth, FFN, heads, "
            "what the decoder attends to.",
            factory="monas_hat.space:HATSpace",
            provides={"supernet", "relaxed"},
        )
    ]
