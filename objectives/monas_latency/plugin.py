"""What this package offers: latency; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_objectives() -> list[Spec]:
    return [
        Spec(
            name="latency",
            aliases=("lat",),
            summary="Time of one inference on a device, in ms.",
            factory="monas_latency.latency:Latency",
            provides={"default-objective"},
        )
    ]
