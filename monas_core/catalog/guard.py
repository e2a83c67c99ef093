"""What installed parts return is checked at their own door, so that blame goes to the right one.

A part made from a spec gets a subclass of its own class whose public methods look at what they
return. Everything else about it stays: ``isinstance``, attributes, copies, state.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from monas_core.catalog.answer import Answer, Check

MARK = "_monas_entry"
"""Attribute of a guarded class: the entry its instance was made from."""
KINDS = ("space", "task", "loss", "objective", "device", "embedding", "optimizer")
"""Kinds of parts that are watched."""


def guarded(part: Any, kind: str, who: str, entry: object) -> Any:
    """The part, its answers checked from now on.

    Args:
        part: As its factory made it.
        kind: Of plugin.
        who: Name and provider, for messages.
        entry: What it was made from, left on its class under ``MARK``.

    Raises:
        PluginError: It is not what its kind must be, or lacks what every such part has.
    """
    if kind not in KINDS or hasattr(type(part), MARK):
        return part
    from monas_core.catalog.cost_doors import COSTS

    if kind in COSTS:
        methods, check = COSTS[kind]
    else:
        from monas_core.catalog.doors import DOORS  # needs torch, and so does every such part

        methods, check = DOORS[kind]
    check(part, who)
    own: Any = type(part)
    doors = {n: _watched(getattr(own, n), c, f"{who}, {n}(),") for n, c in methods.items()}
    names = {"__module__": own.__module__, "__qualname__": own.__qualname__}
    body = {**names, "__doc__": own.__doc__, "__slots__": (), MARK: entry, **doors}
    try:
        object.__setattr__(part, "__class__", type(own)(own.__name__, (own,), body))
    except TypeError:  # a class that cannot be subclassed goes unwatched
        return part
    return part


def _watched(method: Callable[..., Any], check: Check, who: str) -> Callable[..., Any]:
    signature = inspect.signature(method)

    @functools.wraps(method)
    def door(self: Any, *arguments: Any, **named: Any) -> Any:
        found = method(self, *arguments, **named)
        if named:
            arguments = signature.bind(self, *arguments, **named).args[1:]
        return check(Answer(self, who, found, arguments))

    return door
