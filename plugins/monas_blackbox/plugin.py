"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec

_PYMOO = {"pymoo": "monas[blackbox]"}
_GENETIC = {
    "nsga2": "NSGA-II: survivors by non-dominated rank and crowding (pymoo)",
    "nsga3": "NSGA-III: survivors by rank and reference directions (pymoo)",
    "sms-emoa": "SMS-EMOA: survivors by hypervolume contribution (pymoo)",
}


@hookimpl
def monas_optimizers() -> list[Spec]:
    return [
        Spec(
            name="random",
            summary="Random search: evaluates random architectures, answers with the best known",
            factory="monas_blackbox.random_search:RandomSearch",
            options="monas_blackbox.random_search:Options",
        ),
        Spec(
            name="local-search",
            summary="Pareto local search: one changed choice of a non-dominated architecture",
            factory="monas_blackbox.local_search:LocalSearch",
            options="monas_blackbox.local_search:Options",
        ),
        Spec(
            name="evolution",
            summary="Regularised evolution with tournaments by rank and crowding",
            factory="monas_blackbox.evolution:Evolution",
            options="monas_blackbox.evolution:Options",
        ),
        *(
            Spec(
                name=name,
                summary=summary,
                factory="monas_blackbox.genetic:GeneticSearch",
                options="monas_blackbox.genetic:Options",
                extras=_PYMOO,
                settings={"algorithm": name},
            )
            for name, summary in _GENETIC.items()
        ),
    ]
