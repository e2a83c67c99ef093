"""A new package of one plugin, written by copier from the template beside this module."""

from __future__ import annotations

import keyword
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from monas_core.errors import UsageError, did_you_mean
from monas_core.extras import require_packages
from monas_core.scaffold.kinds import FIRST_RUN

TEMPLATE: Final = Path(__file__).parent / "template"
ANSWERS: Final = ".copier-answers.yml"
EXTRAS: Final = {"copier": "monas[new]"}
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 40


def create(kind: str, name: str, folder: Path) -> Path:
    """Write a package for one plugin; whole or not at all.

    Args:
        kind: A key of ``FIRST_RUN``.
        name: On the command line; lower-case words with hyphens between them.
        folder: To make; must not exist, or be empty.

    Raises:
        UsageError: For an unknown kind, a name that cannot be one, or a folder in the way.
    """
    require_packages("monas new", EXTRAS)
    if kind not in FIRST_RUN:
        raise UsageError(f'No kind "{kind}". {did_you_mean(kind, list(FIRST_RUN))}')
    check_name(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f'"{folder}" already exists; name another with --out.')
    from copier import run_copy

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".monas-new-", dir=folder.parent) as scratch:
        made = Path(scratch) / "package"
        run_copy(str(TEMPLATE), made, data=_answers(kind, name), **_HOW)
        made.replace(folder)
    return folder


def update(folder: Path) -> Path:
    """Write anew what this version of monas starts such a package with.

    The module that holds the plugin itself is its author's and stays; everything else is written
    over, so that ``git diff`` tells what changed.

    Raises:
        UsageError: The folder was not made by ``create``, or holds what no commit has.
    """
    require_packages("monas new", EXTRAS)
    answers = _read(folder)
    if not _committed(folder):
        raise UsageError(
            f'"{folder}" holds what is committed to no git repository, and would be lost where it '
            "is renewed; commit it first."
        )
    from copier import run_copy

    run_copy(str(TEMPLATE), folder, data=answers, **_HOW)
    return folder


def check_name(name: str) -> None:
    """Refuse what cannot be a name on the command line and of a package. Raises UsageError."""
    module = name.replace("-", "_")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST or keyword.iskeyword(module):
        raise UsageError(
            f'"{name[:60]}" cannot be the name of a plugin; give lower-case words with hyphens '
            f"between them, {_LONGEST} letters at most, as in my-board."
        )


_HOW: Final[Mapping[str, Any]] = {
    "defaults": True,
    "overwrite": True,
    "quiet": True,
    "unsafe": False,
    "skip_tasks": True,
}


def _answers(kind: str, name: str) -> dict[str, str]:
    return {"kind": kind, "name": name, "first_run": FIRST_RUN[kind].format(name=name)}


def _read(folder: Path) -> dict[str, str]:
    """Kind and name of a package that was made here. Raises UsageError."""
    path = folder / ANSWERS
    try:
        given = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        given = None
    if not isinstance(given, dict) or given.get("kind") not in FIRST_RUN:
        raise UsageError(f'"{folder}" was not made by monas new: it has no {ANSWERS} of its own.')
    check_name(str(given.get("name")))
    return _answers(str(given["kind"]), str(given["name"]))


def _committed(folder: Path) -> bool:
    """Whether git knows the folder just as it is."""
    command = ["git", "-C", str(folder), "status", "--porcelain", "--", "."]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and not done.stdout.strip()
