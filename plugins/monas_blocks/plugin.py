"""What this package offers: a trainer, an objective and a search by blocks; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_trainers() -> list[Spec]:
    return [
        Spec(
            name="blockwise",
            summary="Each block alone learns a teacher's features; outputs are not trained (DNA).",
            factory="monas_blocks.trainer:BlockwiseTrainer",
            needs={"supernet", "blocks", "taps", "teacher"},
            provides={"supernet", "headless"},
        )
    ]


@hookimpl
def monas_objectives() -> list[Spec]:
    return [
        Spec(
            name="rating",
            summary="Distance of each block's features from a teacher's, summed over blocks (DNA).",
            factory="monas_blocks.rating:Rating",
            needs={"supernet", "blocks", "taps", "teacher"},
            options="monas_blocks.options:RatingOptions",
        )
    ]


@hookimpl
def monas_optimizers() -> list[Spec]:
    return [
        Spec(
            name="block-traversal",
            summary="Judges every path of every block, then joins the best: exact for sums.",
            factory="monas_blocks.traversal:BlockTraversal",
            needs={"blocks"},
            options="monas_blocks.options:TraversalOptions",
        )
    ]
