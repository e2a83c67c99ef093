"""Fronts as a table for further analysis, in the library a person has."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any

from monas_core.errors import UsageError
from monas_core.extras import require_packages
from monas_core.values.member import Front

KINDS = ("auto", "pandas", "polars", "rows")
_LIBRARIES = ("pandas", "polars")


def rows(fronts: Sequence[Front]) -> list[dict[str, Any]]:
    """One row per member of a front.

    Columns: ``device``, ``held_out``, ``key``, ``exceeds_memory`` (of the device); for each
    objective its value under its name, and ``NAME.origin``; for each choice
    ``choice.NAME``, ``None`` where an architecture has no answer.
    """
    names = dict.fromkeys(c for front in fronts for m in front.members for c in m.choices)
    return [
        {
            "device": front.device,
            "held_out": front.held_out,
            "key": member.key,
            "exceeds_memory": bool(member.exceeds_memory),
            **{name: member.values[name] for name in front.names},
            **{f"{name}.origin": member.origin[name] for name in front.names},
            **{f"choice.{name}": member.choices.get(name) for name in names},
        }
        for front in fronts
        for member in front.members
    ]


def frame(fronts: Sequence[Front], kind: str) -> Any:
    """The rows as a data frame.

    Args:
        fronts: Whose members.
        kind: ``pandas``, ``polars``, ``rows`` for a list of dicts, or ``auto`` for the first of
            them that is installed.

    Raises:
        UsageError: Another kind, or a library that is not installed.
    """
    if kind not in KINDS:
        raise UsageError(f'No kind of table "{kind}"; choose {", ".join(KINDS)}.')
    if kind == "auto":
        there = (name for name in _LIBRARIES if importlib.util.find_spec(name) is not None)
        kind = next(there, "rows")
    found = rows(fronts)
    if kind == "rows":
        return found
    require_packages(f'Table of kind "{kind}"', {kind: kind})
    return importlib.import_module(kind).DataFrame(found)
