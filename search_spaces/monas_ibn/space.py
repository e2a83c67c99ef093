"""The search space of inverted bottlenecks: choices, and networks from answers to them."""

from __future__ import annotations

from typing import ClassVar

from monas_core.parts.cuts import grouped
from monas_core.parts.sliced import SlicedSupernet
from monas_core.parts.space import SearchSpace, check_preset
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture, Ends
from monas_core.values.choices import ChoiceSet
from monas_ibn.configure import configure, covering_answers, end_answers
from monas_ibn.model import IBNNetwork
from monas_ibn.published import TOPOLOGIES
from monas_ibn.sizes import MINIATURE, PRESETS, Sizes


class IBNSpace(SearchSpace):
    """Networks for mobile accelerators (Akin et al., 2022, arXiv 2204.14007).

    Inverted bottlenecks that look at neighbours with a depthwise, a grouped or a full
    convolution, before or after they widen; no squeeze-and-excitation, ReLU everywhere.

    Args:
        preset: One of ``presets``.
        sizes: Option lists of your own, in place of the preset's.
    """

    name: ClassVar[str] = "ibn"
    modalities: ClassVar[frozenset[str]] = frozenset({"image-classification"})
    presets: ClassVar[tuple[str, ...]] = tuple(PRESETS)

    def __init__(self, preset: str = "small", *, sizes: Sizes | None = None) -> None:
        self.preset = check_preset(type(self), preset)
        self.sizes = sizes or PRESETS[preset]
        self.choices: ChoiceSet = self.sizes.choices()
        self.warm_up = self.sizes.warm_up

    @classmethod
    def tiny(cls) -> IBNSpace:
        """1200 architectures of one or two narrow blocks."""
        return cls(sizes=MINIATURE)

    def ends(self) -> Ends:
        """By weights: of every block the operation that has the fewest and the most."""
        smallest, largest = (end_answers(self.sizes, largest=flag) for flag in (False, True))
        return Ends(self.choices.architecture(smallest), self.choices.architecture(largest))

    def references(self) -> list[Architecture]:
        """The published topologies where the space has them, then the usual ones."""
        usual = super().references()
        if self.sizes != PRESETS["published"]:
            return usual
        known = [self.choices.architecture(each.answers()) for each in TOPOLOGIES]
        return [*known, *usual[: len(usual) - len(known)]]

    def supernet(self, task: Task) -> SlicedSupernet:
        """Weights shared by place, spatial kernels by operation too; groups keep to channels."""
        return SlicedSupernet(
            self,
            task,
            cuts={"*grouped.conv.weight": grouped},
            architectures=map(self.choices.architecture, covering_answers(self.sizes)),
            calibration=self.sizes.calibration,
        )

    def build(self, architecture: Architecture, task: Task) -> IBNNetwork:
        """A freshly initialised network; works on the ``meta`` device."""
        self.choices.to_indices(architecture)  # refuses an architecture of another space
        channels = task.example(1).shape[1]
        return IBNNetwork(configure(architecture, self.sizes, channels, task.n_outputs))
