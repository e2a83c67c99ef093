"""Tables whose rows are keyed by answers to choices, block by block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import attrs

from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.values.architecture import Architecture, Option
from monas_core.values.choices import ChoiceSet
from monas_core.values.reading import finite_number

FORMAT = "monas-table-1"
_KEYS = frozenset(
    "format name processor runtime precision batch kind date space metric blocks".split()
)


@attrs.frozen
class Block:
    """One addend: a cost for every combination of answers to some choices.

    Attributes:
        name: For messages.
        choices: Names, may be none.
        rows: Cost by answers, in the order of ``choices``.
    """

    name: str
    choices: tuple[str, ...]
    rows: Mapping[tuple[Option, ...], float]


class Blocks:
    """A table of one space.

    Args:
        document: As ``docs/devices.md`` describes.
        where: Named in messages.

    Raises:
        UsageError: The first fault found.
    """

    def __init__(self, document: Mapping[str, Any], where: str) -> None:
        if document.get("format") != FORMAT:
            raise UsageError(f"{where} must have format: {FORMAT}, got {document.get('format')!r}.")
        unknown = set(document) - _KEYS
        if unknown:
            allowed = ", ".join(sorted(_KEYS))
            raise UsageError(f'{where} has an unknown key "{min(unknown)}"; allowed: {allowed}.')
        for key in ("space", "metric"):
            if not isinstance(document.get(key), str):
                raise UsageError(f"{where} must name its {key}, got {document.get(key)!r:.40}.")
        self.metric: str = document["metric"]
        self._space: str = document["space"]
        self._where = where
        blocks = document["blocks"]
        if not isinstance(blocks, list) or not blocks:
            raise UsageError(f"{where}: blocks must be a list of at least one block.")
        self.blocks = [_block(f"{where}, block {n}", b) for n, b in enumerate(blocks, start=1)]
        self._checked: ChoiceSet | None = None

    def cost(self, architecture: Architecture, context: Context) -> float:
        """Sum over the blocks whose choices all count for this architecture.

        Raises:
            UsageError: The table does not fit the space.
        """
        choices = context.space.choices
        if self._checked != choices:
            self._check(choices)
            self._checked = choices
        indices = choices.to_indices(architecture)
        active = dict(zip(choices.position, choices.active(indices), strict=True))
        answers = architecture.choices
        return sum(
            block.rows[tuple(answers[name] for name in block.choices)]
            for block in self.blocks
            if all(active[name] for name in block.choices)
        )

    def _check(self, choices: ChoiceSet) -> None:
        """Every choice and option exists, every combination has one row."""
        if self._space != choices.space:
            raise UsageError(
                f'{self._where} is of space "{self._space}", not of "{choices.space}"; a table '
                "fits one space."
            )
        for block in self.blocks:
            where = f'{self._where}, block "{block.name}"'
            strange = [name for name in block.choices if name not in choices.position]
            if strange:
                raise UsageError(
                    f'{where}: the space has no choice "{strange[0]}"; it has: '
                    f"{', '.join(choices.position)}."
                )
            options = [choices.choices[choices.position[n]].options for n in block.choices]
            wanted = set(product(*options))
            missing = sorted(wanted - set(block.rows), key=repr)
            if missing:
                told = _told(block.choices, missing[0])
                raise UsageError(
                    f"{where}: {len(missing)} of {len(wanted)} combinations have no row, "
                    f"{told} among them; add them, or choose the preset the table is of."
                )


def _told(names: Sequence[str], answers: Sequence[Option]) -> str:
    return ", ".join(f"{n}={a}" for n, a in zip(names, answers, strict=True)) or "the only one"


def _block(where: str, document: Any) -> Block:
    if not isinstance(document, dict) or set(document) - {"name", "choices", "rows"}:
        raise UsageError(f"{where} must have name, choices and rows, got {document!r:.60}.")
    name, names = str(document.get("name", "")), document.get("choices", [])
    label = f'{where} "{name}"' if name else where
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise UsageError(f"{label}: choices must list names of choices, got {names!r:.60}.")
    rows = document.get("rows")
    if not isinstance(rows, list) or not rows:
        raise UsageError(f"{label}: rows must list [ANSWER, ..., COST], got {rows!r:.60}.")
    found: dict[tuple[Option, ...], float] = {}
    for row in rows:
        if not isinstance(row, list) or len(row) != len(names) + 1:
            raise UsageError(
                f"{label}: a row has {len(names)} answers and a cost, got {row!r:.60}."
            )
        *answers, cost = row
        if tuple(answers) in found:
            raise UsageError(f"{label} has two rows for {_told(names, answers)}; keep one.")
        found[tuple(answers)] = cost_of(f"{label}: the cost of {_told(names, answers)}", cost)
    return Block(name or where, tuple(names), found)


def cost_of(what: str, value: Any) -> float:
    """A cost that can be added. Raises UsageError for anything but a number of at least 0."""
    if not finite_number(value) or value < 0:
        raise UsageError(f"{what} must be a finite number of at least 0, got {value!r:.40}.")
    return float(value)
