"""Options of the DARTS space."""

from __future__ import annotations

import attrs

from monas_core.errors import UsageError


@attrs.frozen
class Options:
    """How the networks that architectures are learnt on are made cheaper than those they stand for.

    Attributes:
        bottleneck: Cells are so many times narrower inside there, between the convolutions that
            lead into them and one that restores the width (DCA-NAS, arXiv 2307.04443).
        partial: Operations see one in so many channels there, the rest passes by (PC-DARTS, arXiv
            1907.05737).
    """

    bottleneck: int = 1
    partial: int = 1

    def __attrs_post_init__(self) -> None:
        for name, value in (("bottleneck", self.bottleneck), ("partial", self.partial)):
            if value < 1:
                raise UsageError(f"options.space.{name} must be at least 1, got {value}.")
