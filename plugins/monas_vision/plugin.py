"""What this package offers: image classification tasks; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_tasks() -> list[Spec]:
    return [
        Spec(
            name="digits",
            summary="Classify scanned digits, distorted; the images come with scikit-learn.",
            factory="monas_vision.digits:load",
            extras={"sklearn": "monas[vision]"},
            provides={
                "image-classification",
                "default-task:mobilenetv3",
                "default-task:nasbench201",
                "default-task:darts",
                "default-task:ibn",
                "default-task:mobilenetv2",
                "default-task:module",
            },
        ),
        Spec(
            name="glyphs",
            summary="Classify printed letters, distorted; the fonts come with matplotlib.",
            factory="monas_vision.glyphs:load",
            extras={"PIL": "monas[vision]"},
            provides={"image-classification"},
        ),
        Spec(
            name="cifar10",
            summary="Classify CIFAR-10, from its published binary files, given as cifar10:PATH.",
            factory="monas_vision.cifar10:load",
            provides={"image-classification"},
        ),
        Spec(
            name="imagefolder",
            summary="Classify your own images or ImageNet, a folder per class: imagefolder:PATH.",
            factory="monas_vision.imagefolder:load",
            provides={"image-classification", "reads-path"},
            extras={"PIL": "monas[vision]"},
            options="monas_vision.options:FolderOptions",
        ),
    ]
