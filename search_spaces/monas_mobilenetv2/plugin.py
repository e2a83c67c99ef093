"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_spaces() -> list[Spec]:
    return [
        Spec(
            name="mobilenetv2",
            summary="MobileNetV2 layers of one operation each: kernel, expansion, or skipped.",
            factory="monas_mobilenetv2.space:MobileNetV2Space",
            provides={"supernet"},
        )
    ]
