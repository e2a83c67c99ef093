"""The list of commands and the first help page; imports nothing but the standard library."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable
from typing import Any

PANELS: dict[str, dict[str, str]] = {
    "Search": {
        "run": "Search architectures: trains, searches, ends with one front per device",
        "watch": "Follow a run from another terminal, or replay a finished one",
        "bench": "Compare search algorithms on published measurements",
    },
    "Results": {
        "front": "Show the best trade-offs found for a device",
        "profile": "Measure a device the search has not seen, so that pick works for it",
        "pick": "Pick one architecture for what you care about",
        "cost": "Tell what a network of yours costs on every device",
        "train": "Train one architecture further, alone",
        "export": "Write one architecture as a model that runs without monas",
        "predict": "Ask an exported model: a picture, a text, a sentence",
        "compare": "Set the fronts of several runs side by side, on one scale",
        "report": "Write a run as one HTML page with interactive fronts",
    },
    "Plugins and machine": {
        "plugins": "List what is installed, and by whom",
        "data": "Say what is seen in a file or folder: parts, classes, copies, broken files",
        "info": "Explain a space, objective, device, ... or a word: monas info hypervolume",
        "new": "Start a plugin of your own: a package that installs and runs",
        "check": "Check a plugin of your own against the contracts of its kind",
        "doctor": "Check this machine and say what it can measure; or check a run",
        "repair": "Keep of a damaged run what is whole, and say what was dropped",
    },
}
"""Commands by panel of the help page, each a module of this package, with a summary."""

_INTRODUCTION = (
    "Searches neural network architectures for several objectives (quality, latency,\n"
    " energy, size, ...) and many hardware devices at once."
)
_EXAMPLES = (
    ("monas run --space gpt --objectives acc,lat,energy", "search, with a live screen"),
    ("monas front", "the fronts of the latest run"),
    ("monas pick --device host --prefer acc=.6,lat=.4", "one architecture for a wish"),
)
_OPTIONS = {
    "--help, -h": "Show this page; every command has its own: monas run --help",
    "--version": "Show the version",
    "--debug": "Show tracebacks of errors (with any command)",
    "--install-completion": "Complete commands, options and plugin names with Tab",
    "--show-completion": "Print the completion script of this shell",
}


def names() -> list[str]:
    """All commands of monas itself, in the order of the help page."""
    return [name for commands in PANELS.values() for name in commands]


def load(name: str) -> Callable[..., Any] | None:
    """The function of a command; plugins are asked only for names monas does not have."""
    if name in names():
        return importlib.import_module(f"monas_core.cli.{name}").command
    from monas_core.catalog.lookup import Catalog

    for entry in Catalog.installed().entries("command"):
        if name == entry.name or name in entry.spec.aliases:
            return entry.load()
    return None


def unknown(name: str) -> str:
    """One sentence for a command that does not exist."""
    from monas_core.catalog.lookup import Catalog
    from monas_core.errors import did_you_mean

    known = [*names(), *(entry.name for entry in Catalog.installed().entries("command"))]
    return f'No command "{name}". {did_you_mean(name, known)} Help: monas --help'


def page() -> str:
    """The help page, in boxes like those of the commands' own pages."""
    width = min(100, shutil.get_terminal_size((80, 24)).columns)
    lines = ["", f" {_INTRODUCTION}", "", f" {_bold('Usage:')} monas COMMAND [OPTIONS]", ""]
    reach = max(len(name) for name in names())
    for title, commands in PANELS.items():
        lines += _box(title, commands, width, reach)
    lines += _box("Options", _OPTIONS, width, max(len(name) for name in _OPTIONS))
    lines.append("")
    margin = max(len(line) for line, _ in _EXAMPLES)
    for line, meaning in _EXAMPLES:
        shown = f" $ {line.ljust(margin)}   {_dim(meaning)}"
        lines.append(shown if margin + len(meaning) + 6 <= width else f" $ {line}")
    lines.append(_dim(" Plugins may add commands: monas plugins --kind command"))
    return "\n".join(lines) + "\n"


def _box(title: str, rows: dict[str, str], width: int, reach: int) -> list[str]:
    inner = width - 4
    lines = [_dim("╭─ ") + _bold(title) + _dim(" " + "─" * (width - 5 - len(title)) + "╮")]
    for name, summary in rows.items():
        room = inner - reach - 2
        for index, part in enumerate(_wrap(summary, room)):
            head = _accent(name.ljust(reach)) if index == 0 else " " * reach
            lines.append(f"{_dim('│')} {head}  {part.ljust(room)} {_dim('│')}")
    lines.append(_dim("╰" + "─" * (width - 2) + "╯"))
    return lines


def _wrap(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _styled(text: str, code: str) -> str:
    """With colour where standard output shows it (https://no-color.org)."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    if plain or not sys.stdout.isatty():
        return text
    return f"\x1b[{code}m{text}\x1b[0m"


def _bold(text: str) -> str:
    return _styled(text, "1")


def _dim(text: str) -> str:
    return _styled(text, "2")


def _accent(text: str) -> str:
    return _styled(text, "1;38;5;31")  # that of ``ui.palette``, which would load rich
