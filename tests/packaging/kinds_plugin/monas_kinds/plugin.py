"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_tasks() -> list[Spec]:
    return [
        Spec(
            name="waves",
            summary="How steep are these waves? One number per picture.",
            factory="monas_kinds.task:Waves",
            provides={"image-classification"},
        )
    ]


@hookimpl
def monas_objectives() -> list[Spec]:
    return [
        Spec(
            name="kernels",
            summary="Kernels that one inference launches.",
            factory="monas_kinds.objectives:Kernels",
        ),
        Spec(
            name="rent",
            summary="What a million inferences cost on a rented device.",
            factory="monas_kinds.objectives:Rent",
            options="monas_kinds.objectives:RentOptions",
        ),
    ]


@hookimpl
def monas_devices() -> list[Spec]:
    return [
        Spec(
            name="coop-phone",
            summary="A phone of which only a table of kernels is known.",
            factory="monas_kinds.device:CoopPhone",
        )
    ]


@hookimpl
def monas_embeddings() -> list[Spec]:
    return [
        Spec(
            name="two-numbers",
            summary="How dear a device is, and by how much large networks are dearer.",
            factory="monas_kinds.embedding:TwoNumbers",
        )
    ]


@hookimpl
def monas_optimizers() -> list[Spec]:
    return [
        Spec(
            name="annealing",
            summary="One walk per device through neighbours, ever less adventurous.",
            factory="monas_kinds.optimizer:Annealing",
        )
    ]


@hookimpl
def monas_trainers() -> list[Spec]:
    return [
        Spec(
            name="uniform",
            summary="Random subnets, all equally often.",
            factory="monas_kinds.trainer:Uniform",
            needs={"supernet"},
            provides={"supernet"},
        )
    ]


@hookimpl
def monas_observers() -> list[Spec]:
    return [
        Spec(name="tally", summary="Counts events.", factory="monas_kinds.extras:Tally"),
    ]


@hookimpl
def monas_presets() -> list[Spec]:
    return [
        Spec(
            name="sketch",
            summary="A run of seconds, to see whether it works.",
            factory="monas_kinds.extras:sketch",
        )
    ]
