"""Options of objectives that need one batch."""

from __future__ import annotations

import attrs

from monas_core.values.bounds import positive, within


@attrs.frozen
class SimilarityOptions:
    """Options of ``similarity``; the defaults are RMI-NAS's but for the number of steps.

    Attributes:
        steps: Of the fit to the batch.
        batch: Its samples.
        learning_rate: Of the fit, by stochastic gradient descent with momentum 0.9.
        share: Of the loss that asks for similarity; the rest is the task's own.
    """

    steps: int = 20
    batch: int = 32
    learning_rate: float = 0.025
    share: float = 0.8

    def __attrs_post_init__(self) -> None:
        within("options.objective.similarity", 0, steps=self.steps)
        within("options.objective.similarity", 2, batch=self.batch)
        positive("options.objective.similarity", learning_rate=self.learning_rate)
        within("options.objective.similarity", 0, 1, share=self.share)


@attrs.frozen
class BatchOptions:
    """Options of ``nwot``.

    Attributes:
        batch: Samples that are told apart.
    """

    batch: int = 32

    def __attrs_post_init__(self) -> None:
        within("options.objective.nwot", 2, batch=self.batch)
