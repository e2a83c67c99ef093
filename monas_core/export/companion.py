"""What lies beside an exported network: how to use it, a worked example, a model card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monas_core.export.bundle import bundle
from monas_core.export.card import card
from monas_core.export.format import Format
from monas_core.export.subject import Subject
from monas_core.parts.usage import Usage

FOLDER = ".use"
"""Suffix of the folder beside a model that is a single file."""
FACTS, CODE, LOADER, EXAMPLE, CARD = (
    "task.json",
    "using.py",
    "loading.py",
    "predict.py",
    "README.md",
)
"""Names of the files beside an exported model; ``FACTS`` holds what its task says of itself."""
ARRAYS = Usage(code=("monas_core.export.arrays",), facts={}, given="ARRAYS", example="inputs.npy")
"""Where a task says nothing."""

_EXAMPLE = '''"""Ask this network: python predict.py {example}

Needs {packages}; nothing else.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from loading import load
from using import predict

HERE = Path(__file__).resolve().parent
MODEL = HERE{model}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\\n")[0])
    parser.add_argument("given", nargs="+", metavar="{given}")
    parser.add_argument("--json", action="store_true", help="print everything that is known")
    words = parser.parse_args()
    usage = json.loads((HERE / "task.json").read_text(encoding="utf-8"))["usage"]
    for answer in predict(load(MODEL), words.given, usage, HERE):
        print(json.dumps(answer, ensure_ascii=False) if words.json else answer["answer"])


if __name__ == "__main__":
    main()
'''


def place(model: Path) -> Path:
    """The folder with what belongs to a model: the model itself where it is a folder."""
    return model if model.is_dir() else model.with_name(model.name + FOLDER)


def model_of(path: Path) -> Path:
    """The model a person means who names it, or the folder beside it."""
    model = path.with_name(path.name.removesuffix(FOLDER))
    return model if path.name.endswith(FOLDER) and path.is_dir() and model.is_file() else path


def facts(subject: Subject, format_: str) -> dict[str, Any]:
    """The document ``task.json``: what the network is, and what its task says of its use."""
    usage = subject.usage or ARRAYS
    return {
        "schema": 1,
        "network": {**subject.facts, "parameters": subject.parameters, "format": format_},
        "code": list(usage.code),
        "usage": dict(usage.facts),
    }


def write(
    subject: Subject,
    format_: Format,
    name: str,
    model: Path,
    report: Mapping[str, Any],
) -> None:
    """Put the files beside a model that was just written.

    Args:
        subject: What was written.
        format_: How.
        name: Of the format.
        model: Where; the final name in a draft folder.
        report: What the format says of it.
    """
    usage = subject.usage or ARRAYS
    folder = place(model)
    folder.mkdir(exist_ok=True)
    packages = list(dict.fromkeys([*format_.packages, *usage.packages]))
    beside = "" if folder == model else f'.with_name("{model.name}")'
    texts = {
        **usage.files,
        FACTS: json.dumps(facts(subject, name), indent=1, allow_nan=False) + "\n",
        CODE: bundle(usage.code, "How the network's task is used; see predict.py."),
        LOADER: bundle((format_.loader,), "How the network is read; see predict.py."),
        EXAMPLE: _EXAMPLE.format(
            example=usage.example.replace("\\", "/").replace('"', "'"),
            packages=", ".join(packages),
            model=beside,
            given=usage.given,
        ),
        CARD: card(subject, name, usage, packages, report),
    }
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
