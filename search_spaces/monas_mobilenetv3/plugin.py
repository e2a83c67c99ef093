"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_spaces() -> list[Spec]:
    return [
        Spec(
            name="mobilenetv3",
            summary="Once-for-all MobileNetV3: depth, kernel, expansion, resolution.",
            factory="monas_mobilenetv3.space:MobileNetV3Space",
            provides={"supernet", "relaxed", "taps", "blocks"},
            options="monas_mobilenetv3.options:Options",
        )
    ]
