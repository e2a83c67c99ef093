"""An exported model, asked: what ``predict.py`` beside it does, with what is installed here.

Of a stranger's folder only data are read, except where the format itself is code
(``model.py`` of a safetensors folder).
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.export import companion
from monas_core.export.bundle import owned
from monas_core.files import read_json

_REMEDY = "export the network again"


def ask(model: Path, given: Sequence[str], catalog: Catalog) -> list[dict[str, Any]]:
    """What a model answers to some words: paths, sentences, texts.

    Args:
        model: File or folder that ``monas export`` wrote.
        given: As its task takes them.
        catalog: Finds the format.

    Returns:
        One mapping for each word, with the key ``answer``.

    Raises:
        UsageError: No exported model lies there, it is damaged, its plugin or a package is
            missing, or a word cannot be used.
    """
    if not model.exists():
        raise UsageError(f"There is no file or folder {model}; give what monas export wrote.")
    model = companion.model_of(model)
    folder = companion.place(model)
    path = folder / companion.FACTS
    if not path.is_file():
        raise UsageError(
            f"{path} is missing, which says how {model} is used; keep {folder.name}/ beside the "
            "model, or export it again."
        )
    document = read_json(path, "description", _REMEDY)
    try:
        name, code, usage = (
            document["network"]["format"],
            [str(module) for module in document["code"]],
            dict(document["usage"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"Description {path} is damaged; {_REMEDY}.") from error
    format_ = catalog.create("format", str(name))
    try:
        predict = importlib.import_module(owned(code[-1])).predict
        loader = importlib.import_module(format_.loader)
    except (ImportError, AttributeError, IndexError) as error:
        raise UsageError(f"What {model} needs is not installed here: {error}.") from error
    try:
        network = loader.load(model)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{model} cannot be read as {name}: {reason:.300}") from error
    try:
        return predict(network, list(given), usage, folder)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{model} cannot answer: {reason:.300}") from error
