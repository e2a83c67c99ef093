"""What this package offers: parameters, FLOPs and memory; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_objectives() -> list[Spec]:
    return [
        Spec(
            name="params",
            aliases=("parameters",),
            summary="Number of weights, tied weights once.",
            factory="monas_cost.counts:Parameters",
        ),
        Spec(
            name="size",
            summary="Weights as they are stored, in MB: fewer bits where an architecture says so.",
            factory="monas_cost.counts:Size",
        ),
        Spec(
            name="flops",
            aliases=("FLOPs",),
            summary="Floating-point operations of one inference, 2 per multiply-accumulate.",
            factory="monas_cost.counts:Flops",
            options="monas_cost.options:FlopsOptions",
        ),
        Spec(
            name="memory",
            aliases=("mem",),
            summary="Weights and largest activation working set on a device, in MB.",
            factory="monas_cost.memory:Memory",
        ),
    ]
