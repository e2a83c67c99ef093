"""The HAT search space: choices, and networks from answers to them."""

from __future__ import annotations

from typing import ClassVar

from monas_core.parts.space import SearchSpace, check_preset
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_hat.configure import configure
from monas_hat.model import HAT
from monas_hat.sizes import MINIATURE, PRESETS, Sizes
from monas_hat.supernet import HATSupernet


class HATSpace(SearchSpace):
    """Encoder-decoder transformers as HAT defines them (Wang et al., 2020, arXiv 2005.14187).

    Costs are those of one pass over a sentence and its translation of full length,
    as in training; writing a translation token by token costs more, in proportion to
    the decoder's share.

    Args:
        preset: One of ``presets``.
        sizes: Option lists of your own, in place of the preset's.
    """

    name: ClassVar[str] = "hat"
    modalities: ClassVar[frozenset[str]] = frozenset({"translation"})
    presets: ClassVar[tuple[str, ...]] = tuple(PRESETS)

    def __init__(self, preset: str = "small", *, sizes: Sizes | None = None) -> None:
        self.preset = check_preset(type(self), preset)
        self.sizes = sizes or PRESETS[preset]
        self.choices: ChoiceSet = self.sizes.choices()
        self.warm_up = self.sizes.warm_up

    @classmethod
    def tiny(cls) -> HATSpace:
        """Some thousand architectures of one or two narrow decoder layers."""
        return cls(sizes=MINIATURE)

    def supernet(self, task: Task) -> HATSupernet:
        """A freshly initialised supernet; vocabulary from the task."""
        return HATSupernet(self.choices, self.sizes, task.n_outputs)

    def build(self, architecture: Architecture, task: Task) -> HAT:
        """A freshly initialised network; works on the ``meta`` device."""
        self.choices.to_indices(architecture)  # refuses an architecture of another space
        return HAT(configure(architecture, self.sizes, task.n_outputs))
