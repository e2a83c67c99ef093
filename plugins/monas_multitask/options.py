"""Options of the task; imports no torch."""

from __future__ import annotations

from typing import Literal

import attrs

from monas_core.values.bounds import positive, within

SMALLEST = 8


@attrs.frozen
class MultitaskOptions:
    """How pictures are shown and what is asked of them.

    Attributes:
        size: Height and width that pictures and maps of a folder are brought to, in pixels.
        second: The map beside the labels, where a folder holds both.
        weight: Of its loss, where that of the labels has 1.
        pictures: Drawn pictures to train on, where no folder is given.
    """

    size: int = 96
    second: Literal["auto", "normal", "depth"] = "auto"
    weight: float = 5.0
    pictures: int = 256

    def __attrs_post_init__(self) -> None:
        within("options.task", SMALLEST, size=self.size)
        within("options.task", 1, pictures=self.pictures)
        positive("options.task", weight=self.weight)
