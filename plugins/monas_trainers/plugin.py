"""What this package offers: trainers of supernets; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_trainers() -> list[Spec]:
    return [
        Spec(
            name="sandwich",
            summary="The largest, the smallest and random subnets in turn.",
            factory="monas_trainers.sandwich:Sandwich",
            needs={"supernet"},
            provides={"supernet", "training", "default-trainer"},
        ),
        Spec(
            name="fair",
            summary="Random subnets, every option of a choice once before any twice.",
            factory="monas_trainers.fair:Fair",
            needs={"supernet"},
            provides={
                "supernet",
                "training",
                "default-trainer:mobilenetv3",
                "default-trainer:nasbench201",
            },
        ),
        Spec(
            name="progressive",
            summary="The largest first, then smaller kernels, depths and widths, taught by it.",
            factory="monas_trainers.progressive:Progressive",
            needs={"supernet"},
            provides={"supernet", "training"},
            options="monas_trainers.progressive:Options",
        ),
        Spec(
            name="heal",
            summary="Subnets of a network that is trained already learn its answers, gently.",
            factory="monas_trainers.heal:Heal",
            needs={"supernet"},
            provides={"supernet", "training", "default-trainer:pretrained"},
        ),
        Spec(
            name="none",
            summary="No supernet at all: nothing is trained before the search.",
            factory="monas_trainers.untrained:Untrained",
            provides={"default-trainer:no-supernet"},
        ),
    ]
