"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec

EXTRAS: dict[str, str] = dict.fromkeys(("botorch", "gpytorch", "linear_operator"), "monas[bayes]")


@hookimpl
def monas_optimizers() -> list[Spec]:
    return [
        Spec(
            name="qnehvi",
            summary="Bayesian optimisation: noisy expected hypervolume improvement",
            factory="monas_bayes.optimizers:QNEHVI",
            options="monas_bayes.options:Options",
            extras=EXTRAS,
        ),
        Spec(
            name="qehvi",
            summary="Bayesian optimisation: expected hypervolume improvement",
            factory="monas_bayes.optimizers:QEHVI",
            options="monas_bayes.options:Options",
            extras=EXTRAS,
        ),
        Spec(
            name="qnparego",
            summary="Bayesian optimisation: expected improvement of random scalarisations",
            factory="monas_bayes.optimizers:QNParEGO",
            options="monas_bayes.options:Options",
            extras=EXTRAS,
        ),
    ]
