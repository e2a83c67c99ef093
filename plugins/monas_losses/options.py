"""Options of losses; imports no torch."""

from __future__ import annotations

import attrs

from monas_core.values.bounds import positive, within


@attrs.frozen
class PyramidOptions:
    """The pyramid.

    Attributes:
        levels: Number of pools; their kernels are 2, 4, 8, ... pixels.
        weight: Of all pools together; the map itself has 1.
        search: Whether the run searches the shares of the pools, which are equal otherwise.
    """

    levels: int = 4
    weight: float = 1.0
    search: bool = True

    def __attrs_post_init__(self) -> None:
        within("options.loss", 1, levels=self.levels)
        positive("options.loss", weight=self.weight)
