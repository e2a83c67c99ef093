"""What this package offers: language-modelling tasks; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_tasks() -> list[Spec]:
    return [
        Spec(
            name="pystdlib",
            summary="Predict the next byte or token of the Python standard library's source files.",
            factory="monas_tasks.pystdlib:load",
            provides=frozenset({"language-model", "default-task"}),
            options="monas_tasks.options:TokenOptions",
        ),
        Spec(
            name="text",
            summary="Predict the next byte or token of your own file or folder: text:PATH.",
            factory="monas_tasks.text:load",
            provides=frozenset({"language-model", "reads-path"}),
            options="monas_tasks.options:TextOptions",
        ),
        Spec(
            name="hf",
            summary="Predict a text data set of the Hugging Face hub that lies in the local cache.",
            factory="monas_tasks.hub:load",
            provides=frozenset({"language-model"}),
            options="monas_tasks.options:HubOptions",
            extras={"datasets": "monas[datasets]"},
        ),
        Spec(
            name="module",
            summary="Your own data, loss and score, written in one file: module:FILE.py:NAME.",
            factory="monas_tasks.own_file:load",
            provides=frozenset({"image-classification", "language-model", "translation"}),
        ),
    ]
