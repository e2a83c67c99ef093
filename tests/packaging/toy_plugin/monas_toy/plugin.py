"""What this package offers; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_spaces() -> list[Spec]:
    return [
        Spec(
            name="toy",
            summary="Byte models that see two bytes back, with one or two hidden layers.",
            factory="monas_toy.space:ToySpace",
            provides=frozenset({"supernet"}),
        )
    ]


@hookimpl
def monas_objectives() -> list[Spec]:
    return [
        Spec(
            name="traffic",
            summary="Tensor elements moved per inference, in thousands.",
            factory="monas_toy.objective:Traffic",
        )
    ]


@hookimpl
def monas_devices() -> list[Spec]:
    return [
        Spec(
            name="toy-board",
            summary="A board that is slow at everything, modelled.",
            factory="monas_toy.device:ToyBoard",
        )
    ]


@hookimpl
def monas_optimizers() -> list[Spec]:
    return [
        Spec(
            name="toy-climb",
            summary="Evaluates neighbours of the best known architecture for random wishes.",
            factory="monas_toy.optimizer:Climb",
        )
    ]
