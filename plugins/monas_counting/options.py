"""Options of the task; imports no torch."""

from __future__ import annotations

import attrs

from monas_core.values.bounds import positive, within

SMALLEST = 8


@attrs.frozen
class CountingOptions:
    """How pictures are shown and points become maps.

    Attributes:
        size: Height and width that pictures of a folder are brought to, in pixels.
        spread: Standard deviation of the blob that stands for a point, in pixels of the map.
        scenes: Drawn scenes to train on, where no folder is given.
    """

    size: int = 128
    spread: float = 1.5
    scenes: int = 320

    def __attrs_post_init__(self) -> None:
        within("options.task", SMALLEST, size=self.size)
        positive("options.task", spread=self.spread)
        within("options.task", 1, scenes=self.scenes)
