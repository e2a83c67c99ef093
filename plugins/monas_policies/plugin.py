"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_optimizers() -> list[Spec]:
    return [
        Spec(
            name="pfnag",
            summary="PFNAG: a generator that maps a budget and a device to an architecture",
            factory="monas_policies.pfnag:Pfnag",
            options="monas_policies.options:PfnagOptions",
        ),
        Spec(
            name="tunas",
            summary="TuNAS: policy gradient towards targets of cost, one policy per target",
            factory="monas_policies.tunas:Tunas",
            options="monas_policies.options:TunasOptions",
        ),
    ]
