"""What this package offers: a task of two heads; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_tasks() -> list[Spec]:
    return [
        Spec(
            name="multitask",
            summary="Label maps and normals or depths at once: drawn, or as NYUv2: "
            "multitask:FOLDER.",
            factory="monas_multitask.loading:load",
            provides={"dense-multitask", "default-task:fusion", "reads-path"},
            options="monas_multitask.options:MultitaskOptions",
        )
    ]
