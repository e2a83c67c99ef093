"""Plain values that describe one architecture: choices and the answers to them.

Nothing here knows tensors; the batched tensor form is in ``relaxation``.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import attrs

from monas_core.errors import UsageError

Option = bool | int | float | str
"""An answer to a choice."""


@attrs.frozen
class Condition:
    """A choice counts only while an earlier choice has one of these answers."""

    choice: str
    options: tuple[Option, ...] = attrs.field(converter=tuple)


@attrs.frozen
class Choice:
    """One decision of a search space.

    Attributes:
        name: Unique within the space.
        options: The answers, in order; the first is the canonical answer of an inactive choice.
        condition: When the choice is active; ``None`` means always.
        ordered: Whether neighbouring options are neighbours in meaning (widths, depths).
        group: Name of the block the choice belongs to, for block-wise methods.
    """

    name: str
    options: tuple[Option, ...] = attrs.field(converter=tuple)
    condition: Condition | None = None
    ordered: bool = False
    group: str | None = None

    def __attrs_post_init__(self) -> None:
        if not self.options:
            raise UsageError(f'Choice "{self.name}" has no options; give it at least one.')
        for position, option in enumerate(self.options):
            finite = not isinstance(option, float) or math.isfinite(option)
            if not isinstance(option, Option) or not finite:
                raise UsageError(
                    f'Choice "{self.name}" has the option {option!r}; an option is a truth value, '
                    "a finite number or a text."
                )
            # equal values make equal architectures, whatever their types: 1 == 1.0 == True
            twin = self.options.index(option)
            if twin != position:
                raise UsageError(
                    f'Choice "{self.name}" lists an option twice: {self.options[twin]!r} equals '
                    f"{option!r} in {list(self.options)}; write one of them otherwise."
                )

    def index(self, option: Option) -> int:
        """Position of an option. Raises UsageError when it is not one of ours."""
        try:
            position = self._positions.get((isinstance(option, bool), option))
        except TypeError:  # nothing that could be an option
            position = None
        if position is None:
            raise UsageError(
                f'Choice "{self.name}" has no option {option!r}; allowed: {list(self.options)}.'
            )
        return position

    @cached_property
    def _positions(self) -> Mapping[tuple[bool, Option], int]:
        """Of the options; True is not 1."""
        return {(isinstance(o, bool), o): i for i, o in enumerate(self.options)}


@attrs.frozen(cache_hash=True)
class Architecture:
    """Immutable, canonical answers to all choices of one space.

    Build it with ``ChoiceSet.architecture``, which fills inactive choices with
    their first option, so that equal networks are equal values.
    """

    space: str
    version: int
    answers: tuple[tuple[str, Option], ...]

    def __getitem__(self, name: str) -> Option:
        return self.choices[name]

    @cached_property
    def choices(self) -> Mapping[str, Option]:
        """The answers by name of choice."""
        return dict(self.answers)

    @cached_property
    def key(self) -> str:
        """Short stable name, derived from the content (12 hexadecimal digits)."""
        text = json.dumps(self.to_json(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def to_json(self) -> dict[str, Any]:
        """Versioned JSON form: ``{"space", "version", "choices"}``."""
        return {"space": self.space, "version": self.version, "choices": dict(self.answers)}


@attrs.frozen
class Ends:
    """The two ends of a space: of the fewest and of the most weights or operations."""

    smallest: Architecture
    largest: Architecture
