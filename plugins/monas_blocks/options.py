"""Options of what works by blocks."""

from __future__ import annotations

import attrs

from monas_core.values.bounds import within


@attrs.frozen
class RatingOptions:
    """Options of ``rating``.

    Attributes:
        batches: Over which errors are averaged; 20 as published, 2 as digits are few.
        batch: Samples of each.
    """

    batches: int = 2
    batch: int = 64

    def __attrs_post_init__(self) -> None:
        within("options.objective.rating", 1, batches=self.batches)
        within("options.objective.rating", 2, batch=self.batch)


@attrs.frozen
class TraversalOptions:
    """Options of ``block-traversal``.

    Attributes:
        paths: Of a block that are judged at most, the rest left out at random; the search is
            exact where no block has more.
        settings: Answers to choices that belong to no block, at most so many, likewise.
        batch: Architectures judged per step.
    """

    paths: int = 1000
    settings: int = 64
    batch: int = 32

    def __attrs_post_init__(self) -> None:
        within("options.optimizer", 1, paths=self.paths, settings=self.settings, batch=self.batch)
