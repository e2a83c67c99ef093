"""What this package offers: objectives that need one batch and no training; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_objectives() -> list[Spec]:
    return [
        Spec(
            name="similarity",
            aliases=("cka",),
            summary="How alike features are to a teacher's after a fit to one batch (RMI).",
            factory="monas_similarity.similarity:Similarity",
            needs={"teacher", "taps"},
            options="monas_similarity.options:SimilarityOptions",
        ),
        Spec(
            name="synflow",
            summary="Synaptic flow of an untrained network, as a logarithm.",
            factory="monas_similarity.synflow:SynapticFlow",
        ),
        Spec(
            name="nwot",
            aliases=("naswot",),
            summary="How differently an untrained network treats the samples of a batch.",
            factory="monas_similarity.nwot:Distinctness",
            options="monas_similarity.options:BatchOptions",
        ),
    ]
