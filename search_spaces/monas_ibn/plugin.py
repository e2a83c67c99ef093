"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_spaces() -> list[Spec]:
    return [
        Spec(
            name="ibn",
            summary="Inverted bottlenecks for mobile accelerators: depthwise, grouped, fused.",
            factory="monas_ibn.space:IBNSpace",
            provides={"supernet"},
        )
    ]
