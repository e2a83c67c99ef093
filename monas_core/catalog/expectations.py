"""Refusals of what a part is or returns, each naming the part, what came and what must come."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from monas_core.catalog.wording import NAME, shown
from monas_core.errors import MonasError, PluginError
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.value import number


def expect(good: bool, who: str, found: Any, expected: str) -> None:
    """Refuse an answer that is not what is expected. Raises PluginError."""
    if not good:
        raise PluginError(f"{who} returned {shown(found)}, expected {expected}.")


def expect_attributes(part: Any, who: str, wanted: Mapping[str, type | tuple[type, ...]]) -> None:
    """Refuse a part that lacks an attribute or has one of a wrong type. Raises PluginError."""
    for name, kind in wanted.items():
        try:
            value = getattr(part, name)
        except AttributeError as error:
            raise PluginError(f"{who} has no attribute {name}; its class must set it.") from error
        if not isinstance(value, kind):
            kinds = kind if isinstance(kind, tuple) else (kind,)
            allowed = " or ".join(k.__name__ for k in kinds)
            raise PluginError(f"{who} has {name} = {shown(value)}, which must be a {allowed}.")


def expect_a(part: Any, interface: type, who: str) -> None:
    """Refuse what is no instance of its interface. Raises PluginError."""
    if not isinstance(part, interface):
        raise PluginError(
            f"{who} is made as {shown(part)}; its factory must return a {interface.__name__}."
        )


def expect_name(text: Any, who: str, what: str) -> None:
    """Refuse a name that cannot be part of a file name. Raises PluginError."""
    if not isinstance(text, str) or re.fullmatch(NAME, text) is None:
        raise PluginError(
            f"{who} has {what} {shown(text)}, which cannot be part of a file name; it must "
            "consist of letters, digits and ._+-."
        )


def expect_architectures(choices: ChoiceSet | None, who: str, found: Sequence[Any]) -> None:
    """Refuse what is no architecture of a space (of any, without choices). Raises PluginError."""
    for architecture in found:
        expect(isinstance(architecture, Architecture), who, architecture, "an Architecture")
        if choices is None:
            continue
        try:
            choices.to_indices(architecture)
        except (MonasError, KeyError, ValueError) as error:
            raise PluginError(
                f"{who} returned an architecture that is not of this space: {error}"
            ) from error


def expect_samples(who: str, tree: Any, count: int) -> None:
    """Refuse tensors whose first dimension is not the samples. Raises PluginError."""
    from torch import Tensor
    from torch.utils._pytree import tree_leaves

    for leaf in tree_leaves(tree):
        expect(isinstance(leaf, Tensor), who, leaf, "tensors")
        expect(leaf.dim() > 0 and len(leaf) == count, who, tuple(leaf.shape),
                f"tensors whose first dimension is the {count} samples asked for")  # fmt: skip


def plain_numbers(who: str, found: Mapping[str, Any]) -> dict[str, float]:
    """The same mapping with plain floats. Raises PluginError where a value is no number."""
    try:
        return {name: number(value) for name, value in found.items()}
    except TypeError as error:
        raise PluginError(f"{who} returned {shown(found)}: {error}") from error


def expect_plain(who: str, tree: Any, path: str) -> None:
    """Refuse a state that no checkpoint can hold. Raises PluginError."""
    if tree is None or isinstance(tree, bool | int | float | str):
        return
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            expect_plain(who, value, f"{path}[{shown(key)}]")
    elif isinstance(tree, list | tuple):
        for index, value in enumerate(tree):
            expect_plain(who, value, f"{path}[{index}]")
    else:
        from torch import Tensor

        if not isinstance(tree, Tensor):
            raise PluginError(
                f"{who} has a {type(tree).__name__} at {path}; a checkpoint holds nested dicts "
                "and lists of plain values and tensors."
            )
