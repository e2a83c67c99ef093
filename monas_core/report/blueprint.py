"""How architectures of a space are drawn: their choices, gathered by block."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Answer = bool | int | float | str
Row = Mapping[str, Any]
"""A choice as a row: ``name``, ``options``, ``ordered``, ``condition`` (``[parent, [options]]`` or
``None``), and ``group`` where the space names its blocks."""

WHOLE = "network"
"""Title of what belongs to no block."""

_Place = tuple[str, tuple[int, ...]]
"""Section (``encoder``) and numbers (``(2,)``, or ``(1, 0)`` where blocks are nested)."""


def observed(
    members: Sequence[Mapping[str, Any]], conditions: Mapping[str, Sequence[Any]]
) -> list[dict[str, Any]]:
    """Rows of choices for a space that is not installed: the options that members have."""
    options: dict[str, list[Answer]] = {}
    for member in members:
        for name, answer in member["architecture"]["choices"].items():
            known = options.setdefault(name, [])
            if answer not in known:
                known.append(answer)
    rows: list[dict[str, Any]] = []
    for name, found in options.items():
        numeric = all(isinstance(answer, int | float) for answer in found)
        rows.append(
            {
                "name": name,
                "options": sorted(found) if numeric else sorted(found, key=str),
                "ordered": numeric and not any(isinstance(answer, bool) for answer in found),
                "condition": conditions.get(name),
            }
        )
    return rows


def blueprint(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Blocks in the order of their first choice.

    Each is ``{"title", "choices": [{"name", "label", "options", "ordered", "condition"}]}``.
    Names tell the blocks apart where the space does not: ``heads_3`` belongs to block
    3, ``kernel_1_0`` to block 0 of stage 1, ``encoder_ffn_0`` to block 0 of the encoder.
    """
    names = [str(row["name"]) for row in rows]
    sections = _sections(names)
    single = len({_parts(name)[0] for name in names if _parts(name)[1]}) == 1
    nested = {numbers[:-1] for name in names if len(numbers := _parts(name)[1]) > 1}
    blocks: dict[str, list[dict[str, Any]]] = {}
    for row, name in zip(rows, names, strict=True):
        stem, numbers = _parts(name)
        section = next((s for s in sections if stem.startswith(f"{s}_")), "") if numbers else ""
        label = stem.removeprefix(f"{section}_") if section else stem
        if row.get("group"):
            title, label = str(row["group"]), stem
        elif single and numbers:  # blocks of one choice each say less than one list of them
            title, label = stem, " → ".join(map(str, numbers))
        else:
            title = _title((section, numbers), numbers in nested)
        drawn = {key: row.get(key) for key in ("name", "options", "ordered", "condition")}
        blocks.setdefault(title, []).append({**drawn, "label": label.replace("_", " ")})
    return [{"title": title, "choices": choices} for title, choices in blocks.items()]


def _title(place: _Place, has_parts: bool) -> str:
    section, numbers = place
    if not numbers:
        return WHOLE
    kind = "stage" if has_parts else "block"
    return f"{section} {kind} {'.'.join(map(str, numbers))}".strip()


def _parts(name: str) -> tuple[str, tuple[int, ...]]:
    """``kernel_1_0`` as ``("kernel", (1, 0))``, ``layer3.heads`` as ``("heads", (3,))``."""
    inner = [int(number) for number in re.findall(r"[A-Za-z](\d+)[._/-]", name)]
    rest = re.sub(r"(?:^|(?<=[._/-]))[A-Za-z]+\d+[._/-]", "", name)
    tail = re.search(r"(?:[._/-]\d+)+$", rest)
    if tail is None:
        return (rest, tuple(inner)) if rest != name else (name, ())
    numbers = [int(number) for number in re.findall(r"\d+", tail[0])]
    return rest[: tail.start()] or name, (*inner, *numbers)


def _sections(names: Sequence[str]) -> list[str]:
    """First words that several kinds of numbered choices share, e.g. encoder and decoder."""
    stems: dict[str, set[str]] = {}
    for stem, numbers in map(_parts, names):
        word, between, _ = stem.partition("_")
        if numbers and between:
            stems.setdefault(word, set()).add(stem)
    return [word for word, found in stems.items() if len(found) > 1]
