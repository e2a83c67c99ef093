"""How a task is used, kept in the run folder: exports need no data."""

from __future__ import annotations

import json
from pathlib import Path

import cattrs
from cattrs.errors import BaseValidationError

from monas_core.errors import UsageError
from monas_core.files import inside, read_json, write_text
from monas_core.parts.usage import Usage

NAME = "usage.json"
"""In the run folder."""
_REMEDY = "restore it, or delete it to export without a worked example"


def keep(run: Path, usage: Usage | None) -> None:
    """Write what the task says; nothing where it says nothing."""
    if usage is not None:
        document = cattrs.unstructure(usage)
        write_text(inside(run, NAME), json.dumps(document, indent=1, allow_nan=False) + "\n")


def recall(run: Path) -> Usage | None:
    """What was kept; ``None`` where nothing was.

    Raises:
        UsageError: The file is damaged.
    """
    path = inside(run, NAME)
    if not path.is_file():
        return None
    try:
        return cattrs.structure(read_json(path, "usage file", _REMEDY), Usage)
    except (BaseValidationError, TypeError, ValueError, KeyError) as error:
        raise UsageError(f"Usage file {path} is damaged; {_REMEDY}.") from error
