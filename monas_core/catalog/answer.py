"""One answer of a part, as it is handed to the check of the method that gave it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs


@attrs.frozen
class Answer:
    """What a method returned.

    Attributes:
        part: Whose method it is.
        who: The part and the method, for messages.
        found: What it returned.
        arguments: What it was given, in the order of its parameters.
    """

    part: Any
    who: str
    found: Any
    arguments: Sequence[Any]


Check = Callable[[Answer], Any]
"""From an answer to what is passed on. Raises PluginError."""
