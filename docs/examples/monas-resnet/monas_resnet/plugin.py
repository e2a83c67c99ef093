"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_spaces() -> list[Spec]:
    return [
        Spec(
            name="resnet",
            summary="Residual networks for small pictures: blocks, channels, kernels.",
            factory="monas_resnet.space:ResNetSpace",
            provides={"supernet"},
        )
    ]


@hookimpl
def monas_devices() -> list[Spec]:
    return [
        Spec(
            name="pico-2",
            summary="Raspberry Pi Pico 2 (RP2350), one core, int8: modelled.",
            factory="monas_resnet.board:Board",
        )
    ]


@hookimpl
def monas_objectives() -> list[Spec]:
    return [
        Spec(
            name="peak-activation",
            aliases=("peak",),
            summary="Most memory that activations take at once, skips included, in kB.",
            factory="monas_resnet.objective:PeakActivation",
            options="monas_resnet.objective:Options",
        )
    ]


@hookimpl
def monas_optimizers() -> list[Spec]:
    return [
        Spec(
            name="hill-climber",
            summary="Climbs from the best known of a random wish; keeps inside the limits.",
            factory="monas_resnet.optimizer:HillClimber",
            options="monas_resnet.optimizer:Options",
        )
    ]
