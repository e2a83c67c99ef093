"""``monas predict``: an exported model, asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monas_core.cli.options import Json

Model = Annotated[
    Path, typer.Argument(metavar="MODEL", help="File or folder that monas export wrote.")
]
Given = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT...", help="Pictures, texts, sentences, rows: what the task takes."
    ),
]


def command(model: Model, given: Given, json: Json = False) -> None:
    """Ask an exported model: name a picture, continue a text, translate a sentence.

    Example: monas predict small.onnx cat.png dog.png
    """
    from monas_core.cli.common import catalog, console, print_json
    from monas_core.export.asking import ask

    answers = ask(model, given, catalog())
    if json:
        print_json([{"given": word, **answer} for word, answer in zip(given, answers, strict=True)])
        return
    screen = console()
    for word, answer in zip(given, answers, strict=True):
        if len(given) > 1:
            screen.print(f"{word}: ", end="", markup=False, highlight=False)
        screen.print(str(answer["answer"]), markup=False, highlight=False, soft_wrap=True)
