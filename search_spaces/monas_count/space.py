"""The search space: choices, and networks from answers to them."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from monas_core.parts.space import SearchSpace, check_preset
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation
from monas_count.model import CountNetwork, Ends
from monas_count.paths import best_path
from monas_count.sizes import MINIATURE, PRESETS, Sizes
from monas_count.supernet import CountSupernet, layers_of


class CountSpace(SearchSpace):
    """Encoder-decoders: operations of two cells (micro), a path through resolutions (macro).

    Args:
        preset: One of ``presets``.
        sizes: Sizes of your own, in place of the preset's.
    """

    name: ClassVar[str] = "count"
    modalities: ClassVar[frozenset[str]] = frozenset({"density-map"})
    presets: ClassVar[tuple[str, ...]] = tuple(PRESETS)

    def __init__(self, preset: str = "laptop", *, sizes: Sizes | None = None) -> None:
        self.preset = check_preset(type(self), preset)
        self.sizes = sizes or PRESETS[preset]
        self.choices: ChoiceSet = self.sizes.choices()
        self.warm_up = self.sizes.warm_up

    @classmethod
    def tiny(cls) -> CountSpace:
        """36 networks of two layers."""
        return cls(sizes=MINIATURE)

    def supernet(self, task: Task) -> CountSupernet:
        """A freshly initialised supernet."""
        inputs = task.example(1).shape[1]
        return CountSupernet(self.choices, self.sizes, inputs, _gain(task))

    def build(self, architecture: Architecture, task: Task) -> CountNetwork:
        """A freshly initialised network; works on the ``meta`` device."""
        layers = layers_of(architecture, self.choices, self.sizes)
        channels = self.sizes.channels
        ends = Ends(task.example(1).shape[1], channels, _gain(task))
        return CountNetwork(layers, ends, channels)

    def discretise(self, relaxation: Relaxation) -> Tensor:
        """The best operation of every position, and the path that is best as a whole, ``(A, C)``.

        Two levels, two ways: operations do not depend on each other, resolutions do.
        """
        rows = relaxation.to_population()
        first, scales = 2 * self.sizes.positions, self.sizes.scales
        weights = relaxation.weights[:, first:, : len(scales)].cpu()
        rows[:, first:] = best_path(weights, scales)
        return rows


def _gain(task: Task) -> float:
    """The unit that maps of a task are drawn in; 1 where it says nothing."""
    return float(getattr(task, "gain", 1.0))
