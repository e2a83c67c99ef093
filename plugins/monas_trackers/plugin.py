"""What this package offers: observers that are attached where a run asks for them; no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import ON_REQUEST, Spec


@hookimpl
def monas_observers() -> list[Spec]:
    return [
        Spec(
            name="tensorboard",
            summary="Losses, rates and fronts as event files of TensorBoard.",
            factory="monas_trackers.tensorboard:TensorBoard",
            provides={ON_REQUEST},
            extras={"tensorboard": "monas[tensorboard]"},
            options="monas_trackers.options:TensorBoardOptions",
        ),
        Spec(
            name="wandb",
            summary="A run of Weights & Biases, or of another package of its shape (trackio).",
            factory="monas_trackers.wandb:Wandb",
            provides={ON_REQUEST},
            options="monas_trackers.options:WandbOptions",
        ),
        Spec(
            name="mlflow",
            summary="A run of MLflow: configuration, numbers, the final fronts.",
            factory="monas_trackers.mlflow:MLflow",
            provides={ON_REQUEST},
            extras={"mlflow": "monas[mlflow]"},
            options="monas_trackers.options:MLflowOptions",
        ),
        Spec(
            name="notify",
            summary="Runs a command or calls a web hook when a run ends or warns.",
            factory="monas_trackers.notify:Notify",
            provides={ON_REQUEST},
            options="monas_trackers.options:NotifyOptions",
        ),
    ]
