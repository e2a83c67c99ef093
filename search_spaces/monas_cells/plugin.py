"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_spaces() -> list[Spec]:
    return [
        Spec(
            name="nasbench201",
            summary="Image classifiers of one repeated cell as in NAS-Bench-201: 5 operations "
            "on 6 edges.",
            factory="monas_cells.nasbench201.space:NASBench201Space",
            provides={"supernet", "relaxed", "taps"},
        ),
        Spec(
            name="darts",
            summary="Image classifiers of a normal and a reduction cell as in DARTS.",
            factory="monas_cells.darts.space:DartsSpace",
            provides={"supernet", "relaxed", "taps"},
            options="monas_cells.darts.options:Options",
        ),
    ]
