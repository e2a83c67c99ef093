"""How a task is used, kept in the run folder: exports need no data."""

from __future__ import annotations

from pathlib import Path

import cattrs
from cattrs.errors import BaseValidationError

from monas_core import seals
from monas_core.errors import UsageError
from monas_core.files import inside
from monas_core.parts.usage import Usage

NAME = "usage.json"
"""In the run folder."""
_REMEDY = "restore it, or delete it to export without a worked example"


def keep(run: Path, usage: Usage | None) -> None:
    """Write what the task says; nothing where it says nothing."""
    if usage is not None:
        document = cattrs.unstructure(usage)
        seals.write(inside(run, NAME), document, seals.identity(run))


def recall(run: Path) -> Usage | None:
    """What was kept; ``None`` where nothing was.

    Raises:
        UsageError: The file is damaged.
    """
    path = inside(run, NAME)
    if not path.exists():
        return None
    try:
        return cattrs.structure(seals.read(path, seals.identity(run)), Usage)
    except (BaseValidationError, OSError, TypeError, ValueError, KeyError) as error:
        raise UsageError(f"Usage file {path} is damaged; {_REMEDY}.") from error
