"""What several commands share: the catalog, output, comma lists, wishes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monas_core.cli import streams
from monas_core.files import finite

if TYPE_CHECKING:
    from rich.console import Console

    from monas_core.catalog.lookup import Catalog
    from monas_core.problem.wording import Vocabulary
    from monas_core.run import Run
    from monas_core.values.preference import Preference

_WIDTH_WITHOUT_TERMINAL = 1000


def catalog() -> Catalog:
    """Everything installed."""
    from monas_core.catalog.lookup import Catalog

    return Catalog.installed()


def console(*, stderr: bool = False) -> Console:
    """Where a command writes tables; wide enough for any of them when it is no terminal.

    What is piped is searched and cut by other programs: a name that is wrapped or ends in dots
    is lost to them. ``COLUMNS`` says otherwise.
    """
    from monas_core.ui.console import SafeConsole

    made = SafeConsole(stderr=stderr, highlight=False, emoji=False)
    if not made.is_terminal:
        asked = os.environ.get("COLUMNS", "")
        made.width = int(asked) if asked.isdecimal() and int(asked) else _WIDTH_WITHOUT_TERMINAL
    return made


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    plain = not streams.writes(sys.stdout.encoding)  # a name must not lose letters
    text = json.dumps(finite(document), indent=2, ensure_ascii=plain, allow_nan=False)
    steering = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}  # JSON escapes the others
    sys.stdout.write(text.translate(steering) + "\n")
    sys.stdout.flush()


def comma_list(text: str | None) -> list[str] | None:
    """``"a, b"`` as names; ``None`` stays ``None`` and an empty text is an empty list."""
    if text is None:
        return None
    return [part.strip() for part in text.split(",") if part.strip()]


def tell_without_data(run: Run) -> None:
    """Say on standard error where a run answers without its data or parts of its own."""
    if run.missing:
        sys.stderr.write(
            f"note: without the {run.missing} of the program that started this run: picked from "
            "its fronts\n"
        )
        return
    if run.without_data:
        sys.stderr.write(
            f"note: without the data of this run ({run.without_data}): picked from its fronts\n"
        )


def run_folder(path: Path | None) -> Path:
    """The run that was named, or the latest one. Raises UsageError when there is none."""
    from monas_core.record.rundir import RunFolder, latest_run

    return RunFolder.open(path).path if path is not None else latest_run()


def preference(words: Vocabulary, text: str | None) -> Preference:
    """What ``--prefer`` says; without it all objectives matter equally. Raises UsageError."""
    from monas_core.problem.wording import weights

    return words.preference(weights(text, "--prefer") if text is not None else words.evenly)
