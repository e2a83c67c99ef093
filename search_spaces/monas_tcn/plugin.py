"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_spaces() -> list[Spec]:
    return [
        Spec(
            name="tcn",
            summary="Temporal convolutions: channels, taps and dilation of every filter.",
            factory="monas_tcn.space:TCNSpace",
            provides={"supernet", "gated"},
        )
    ]
