"""Options of the MobileNetV3 space."""

from __future__ import annotations

import attrs

from monas_core.errors import UsageError

WIDTHS = (1.0, 1.2)
"""Multipliers that once-for-all published supernets for."""


@attrs.frozen
class Options:
    """What is fixed for a whole run instead of searched.

    Attributes:
        width: Multiplier of all channels: 1.0 or 1.2.
    """

    width: float = 1.0

    def __attrs_post_init__(self) -> None:
        if self.width not in WIDTHS:
            raise UsageError(f"options.space.width must be 1.0 or 1.2, got {self.width}.")
