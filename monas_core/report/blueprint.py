"""How architectures of a space are drawn: their choices, gathered by block."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from monas_core.values.member import Member

Row = Mapping[str, Any]
"""A choice as plain values: ``name``, ``options``, ``ordered``, ``condition`` (``{"choice",
"options"}`` or ``None``), and ``group``, the block it belongs to (or ``None``)."""

WHOLE = "network"
"""Title of what belongs to no block."""

_NUMBERS = re.compile(r"(?:[._/-]\d+)+$")


def blueprint(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Blocks in the order of their first choice.

    Each is ``{"title", "choices": [{"name", "label", "options", "ordered", "condition"}]}``.
    Where the space does not name its blocks, running numbers tell them apart:
    ``heads_3`` belongs to block 3.
    """
    blocks: dict[str, list[Row]] = {}
    for row in rows:
        blocks.setdefault(row.get("group") or _title(row["name"]), []).append(row)
    return [{"title": title, "choices": _labelled(title, found)} for title, found in blocks.items()]


def _title(name: str) -> str:
    numbers = _NUMBERS.search(name)
    return f"block {'.'.join(re.findall(r'[0-9]+', numbers[0]))}" if numbers else WHOLE


def _labelled(title: str, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Without what the title says, running numbers above all, unless that tells choices apart."""
    short = [_NUMBERS.sub("", row["name"]).removeprefix(f"{title.split()[0]}_") for row in rows]
    times = Counter(short)
    drawn: list[dict[str, Any]] = []
    for row, stem in zip(rows, short, strict=True):
        label = stem if times[stem] == 1 else row["name"]
        kept = {key: row.get(key) for key in ("name", "options", "ordered", "condition")}
        drawn.append({**kept, "label": label.replace("_", " ")})
    return drawn


def observed(
    members: Sequence[Member], conditions: Mapping[str, Sequence[Any]]
) -> list[dict[str, Any]]:
    """Rows for a space that is not installed, with the options that some members have.

    ``conditions`` holds ``[parent, [options]]`` by conditional choice.
    """
    options: dict[str, list[Any]] = {}
    for member in members:
        for name, answer in member.choices.items():
            known = options.setdefault(name, [])
            if answer not in known:
                known.append(answer)
    return [
        {
            "name": name,
            "options": sorted(found, key=lambda a: (0, a) if _numeric(a) else (1, str(a))),
            "ordered": all(map(_numeric, found)),
            "condition": _condition(conditions.get(name)),
            "group": None,
        }
        for name, found in options.items()
    ]


def _numeric(answer: Any) -> bool:
    return isinstance(answer, int | float) and not isinstance(answer, bool)


def _condition(found: Sequence[Any] | None) -> dict[str, Any] | None:
    return None if found is None else {"choice": found[0], "options": list(found[1])}
