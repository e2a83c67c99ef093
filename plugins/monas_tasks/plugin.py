"""What this package offers: language-modelling tasks; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_tasks() -> list[Spec]:
    return [
        Spec(
            name="pystdlib",
            summary="Predict the next byte of the Python standard library's source files.",
            factory="monas_tasks.pystdlib:load",
            provides=frozenset({"language-model", "default-task"}),
            options="monas_tasks.options:TokenOptions",
        ),
        Spec(
            name="text",
            summary="Predict the next byte of your own file or folder, given as text:PATH.",
            factory="monas_tasks.text:load",
            provides=frozenset({"language-model", "reads-path"}),
            options="monas_tasks.options:TextOptions",
        ),
        Spec(
            name="module",
            summary="Your own data, loss and score, written in one file: module:FILE.py:NAME.",
            factory="monas_tasks.own_file:load",
            provides=frozenset({"image-classification", "language-model", "translation"}),
        ),
    ]
