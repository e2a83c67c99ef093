"""The ordered choices of a search space and the plain arithmetic on them.

Batched, random operations on whole populations are in ``population``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import attrs

from monas_core.errors import UsageError
from monas_core.values.architecture import Architecture, Choice, Option


@attrs.frozen
class ChoiceSet:
    """All choices of one space, parents before the choices they switch on.

    Attributes:
        space: Name of the space.
        version: Raised whenever the meaning of the choices changes.
        choices: The choices in order.
    """

    space: str
    version: int
    choices: tuple[Choice, ...] = attrs.field(converter=tuple)

    def __attrs_post_init__(self) -> None:
        seen: dict[str, Choice] = {}
        for choice in self.choices:
            if choice.name in seen:
                raise UsageError(f'Space "{self.space}" declares choice "{choice.name}" twice.')
            if choice.condition is not None:
                parent = seen.get(choice.condition.choice)
                if parent is None:
                    raise UsageError(
                        f'Choice "{choice.name}" depends on "{choice.condition.choice}", '
                        "which is not declared before it."
                    )
                for option in choice.condition.options:
                    parent.index(option)
            seen[choice.name] = choice

    def __len__(self) -> int:
        return len(self.choices)

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Index of each choice by name."""
        return {choice.name: index for index, choice in enumerate(self.choices)}

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of options of each choice."""
        return tuple(len(choice.options) for choice in self.choices)

    @cached_property
    def max_options(self) -> int:
        """K, the largest number of options of any choice."""
        return max(self.sizes)

    @cached_property
    def parents(self) -> tuple[tuple[int, tuple[int, ...]] | None, ...]:
        """For each choice its parent's index and the parent's options that switch it on."""
        links: list[tuple[int, tuple[int, ...]] | None] = []
        for choice in self.choices:
            if choice.condition is None:
                links.append(None)
                continue
            parent = self.position[choice.condition.choice]
            on = tuple(self.choices[parent].index(option) for option in choice.condition.options)
            links.append((parent, on))
        return tuple(links)

    @cached_property
    def conditions(self) -> dict[str, list[Any]]:
        """``[parent, [options]]`` by conditional choice, as logs and tables hold them."""
        return {
            choice.name: [choice.condition.choice, list(choice.condition.options)]
            for choice in self.choices
            if choice.condition is not None
        }

    def block(self, name: str) -> tuple[int, ...]:
        """Indices of the choices whose group is a block or lies in it.

        ``stage 1 layer 0`` lies in ``stage 1``; ``stage 10`` does not.
        """
        inside = f"{name} "
        return tuple(
            index
            for index, choice in enumerate(self.choices)
            if choice.group is not None and f"{choice.group} ".startswith(inside)
        )

    def active(self, indices: Sequence[int]) -> tuple[bool, ...]:
        """Which choices count, given one option index per choice."""
        return tuple(self.active_upto(indices))

    @cached_property
    def _pairs(self) -> tuple[tuple[tuple[str, Option], ...], ...]:
        """Every possible answer of each choice."""
        return tuple(tuple((c.name, option) for option in c.options) for c in self.choices)

    @cached_property
    def _conditional(self) -> tuple[tuple[int, int, frozenset[int]], ...]:
        """Each conditional choice, its parent, and the parent's options that switch it on."""
        links = enumerate(self.parents)
        return tuple((i, link[0], frozenset(link[1])) for i, link in links if link is not None)

    @cached_property
    def _written(self) -> tuple[tuple[str, ...], tuple[type, ...], tuple[dict[Option, int], ...]]:
        """Names, types of options where a choice has one, and the place of each option."""
        return (
            tuple(choice.name for choice in self.choices),
            tuple(type(choice.options[0]) for choice in self.choices),
            tuple(
                {o: i for i, o in enumerate(c.options) if type(o) is type(c.options[0])}
                for c in self.choices
            ),
        )

    def from_indices(self, indices: Sequence[int]) -> Architecture:
        """The canonical architecture with these option indices (one per choice)."""
        if self._conditional:
            inactive: set[int] = set()
            for place, parent, on in self._conditional:
                if parent in inactive or indices[parent] not in on:
                    inactive.add(place)
            indices = [0 if i in inactive else index for i, index in enumerate(indices)]
        return self.from_canonical(indices)

    def from_canonical(self, indices: Sequence[int]) -> Architecture:
        """As ``from_indices``, of indices that are 0 wherever a choice is inactive."""
        answers = [own[index] for own, index in zip(self._pairs, indices, strict=True)]
        return Architecture(self.space, self.version, tuple(answers))

    def to_indices(self, architecture: Architecture) -> tuple[int, ...]:
        """Option index per choice. Raises UsageError for an architecture of another space."""
        if (architecture.space, architecture.version) != (self.space, self.version):
            raise UsageError(
                f'Architecture belongs to space "{architecture.space}" version '
                f'{architecture.version}, not to "{self.space}" version {self.version}.'
            )
        answers = architecture.choices
        return tuple(choice.index(answers[choice.name]) for choice in self.choices)

    def architecture(self, answers: Mapping[str, Option]) -> Architecture:
        """The canonical architecture with these answers; inactive choices may be left out.

        Raises:
            UsageError: An unknown choice, an unknown option, or an active choice without answer.
        """
        names, kinds, places = self._written
        options = answers.values()
        if tuple(answers) == names and tuple(map(type, options)) == kinds:  # as they are written
            with contextlib.suppress(KeyError):
                return self.from_indices([place[o] for place, o in zip(places, options)])  # noqa: B905
        unknown = [name for name in answers if name not in self.position]
        if unknown:
            raise UsageError(
                f'Space "{self.space}" has no choice "{unknown[0]}"; it has: '
                + ", ".join(self.position)
                + "."
            )
        indices: list[int] = []
        for number, choice in enumerate(self.choices):
            indices.append(choice.index(answers[choice.name]) if choice.name in answers else 0)
            if choice.name not in answers and self.active_upto(indices)[number]:
                raise UsageError(
                    f'Architecture of space "{self.space}" lacks an answer to "{choice.name}".'
                )
        return self.from_indices(indices)

    def active_upto(self, indices: Sequence[int]) -> list[bool]:
        """Activity of the first ``len(indices)`` choices."""
        flags: list[bool] = []
        for link in self.parents[: len(indices)]:
            flags.append(link is None or (flags[link[0]] and indices[link[0]] in link[1]))
        return flags

    def from_json(self, document: Any) -> Architecture:
        """Read ``{"space", "version", "choices"}``. Raises UsageError with the reason."""
        if not isinstance(document, dict) or set(document) != {"space", "version", "choices"}:
            raise UsageError(
                'An architecture is written {"space", "version", "choices"}; received '
                f"{document!r:.120}."
            )
        if (document["space"], document["version"]) != (self.space, self.version):
            raise UsageError(
                f'Architecture is of space "{document["space"]}" version {document["version"]}; '
                f'this is "{self.space}" version {self.version}.'
            )
        answers = document["choices"]
        if not isinstance(answers, dict):
            raise UsageError(f"The choices of an architecture are a mapping, not {answers!r:.60}.")
        return self.architecture(answers)

    def cardinality(self) -> int:
        """Exact number of distinct architectures, counting each inactive choice once."""

        def ways(index: int) -> int:
            total = 0
            for option in range(self.sizes[index]):
                product = 1
                for child, link in enumerate(self.parents):
                    if link is not None and link[0] == index and option in link[1]:
                        product *= ways(child)
                total += product
            return total

        product = 1
        for index, link in enumerate(self.parents):
            if link is None:
                product *= ways(index)
        return product

    def enumerate(self) -> Iterator[Architecture]:
        """Every architecture once, in lexicographic order of option indices."""

        def extend(prefix: list[int]) -> Iterator[list[int]]:
            if len(prefix) == len(self.choices):
                yield prefix
                return
            active = self.active_upto([*prefix, 0])[-1]
            for option in range(self.sizes[len(prefix)] if active else 1):
                yield from extend([*prefix, option])

        for indices in extend([]):
            yield self.from_indices(indices)


def families(choices: ChoiceSet) -> list[list[int]]:
    """Indices of the choices that have the same options, family by family."""
    found: dict[tuple[object, ...], list[int]] = {}
    for index, choice in enumerate(choices.choices):
        kind = tuple((type(option), option) for option in choice.options)  # True is not 1
        found.setdefault(kind, []).append(index)
    return list(found.values())


def active_choices(
    choices: Mapping[str, Any], conditions: Mapping[str, Sequence[Any]]
) -> dict[str, Any]:
    """The answers that count; ``conditions`` holds ``[parent, [options]]`` by choice."""
    kept: dict[str, Any] = {}
    for name, option in choices.items():
        condition = conditions.get(name)
        if condition is None or kept.get(condition[0]) in condition[1]:
            kept[name] = option
    return kept
