"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec

_PYMOO = {"pymoo": "monas[blackbox]"}
_GENETIC = {
    "nsga2": "NSGA-II: survival by non-dominated rank and crowding (pymoo)",
    "nsga3": "NSGA-III: survival along reference directions (pymoo)",
    "sms-emoa": "SMS-EMOA: survival by contribution to the hypervolume (pymoo)",
    "spea2": "SPEA2: survival by strength, then by distance to the nearest (pymoo)",
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
            summary="Pareto local search: neighbours of non-dominated architectures",
            factory="monas_blackbox.local_search:LocalSearch",
            options="monas_blackbox.local_search:Options",
        ),
        Spec(
            name="evolution",
            summary="Regularised evolution for several objectives: ageing and tournaments",
            factory="monas_blackbox.evolution:Evolution",
            options="monas_blackbox.evolution:Options",
        ),
        *(
            Spec(
                name=name,
                summary=summary,
                factory="monas_blackbox.genetic:GeneticSearch",
                options="monas_blackbox.genetic:Options",
                settings={"algorithm": name},
                provides={"guided"},
                extras=_PYMOO,
            )
            for name, summary in _GENETIC.items()
        ),
        Spec(
            name="constrained-ea",
            summary="One evolutionary search for quality per limit, as Once-for-All searches",
            factory="monas_blackbox.constrained:ConstrainedSearch",
            options="monas_blackbox.constrained:Options",
        ),
        Spec(
            name="mo-asha",
            summary="Successive halving: a few samples for many, all of them for the best",
            factory="monas_blackbox.halving:SuccessiveHalving",
            options="monas_blackbox.halving:Options",
            needs={"supernet"},
        ),
    ]
