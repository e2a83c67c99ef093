"""The search space of MobileNetV2 layers: choices, and networks from answers to them."""

from __future__ import annotations

from typing import ClassVar

from monas_core.parts.sliced import SlicedSupernet
from monas_core.parts.space import SearchSpace, check_preset
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_mobilenetv2.model import MobileNetV2
from monas_mobilenetv2.sizes import MINIATURE, PRESETS, Sizes


class MobileNetV2Space(SearchSpace):
    """One of seven operations in each layer, as LightNAS searches (arXiv 2208.14446).

    Its supernet holds weights for every operation of every layer and runs one of them: a step
    costs what its subnet costs.

    Args:
        preset: One of ``presets``.
        sizes: Widths and operations of your own, in place of the preset's.
    """

    name: ClassVar[str] = "mobilenetv2"
    modalities: ClassVar[frozenset[str]] = frozenset({"image-classification"})
    presets: ClassVar[tuple[str, ...]] = tuple(PRESETS)

    def __init__(self, preset: str = "small", *, sizes: Sizes | None = None) -> None:
        self.preset = check_preset(type(self), preset)
        self.sizes = sizes or PRESETS[preset]
        self.choices: ChoiceSet = self.sizes.choices()
        self.warm_up = self.sizes.warm_up

    @classmethod
    def tiny(cls) -> MobileNetV2Space:
        """64 architectures of three narrow layers."""
        return cls(sizes=MINIATURE)

    def supernet(self, task: Task) -> SlicedSupernet:
        """Weights of every operation of every layer."""
        count, sizes = len(self.choices), self.choices.sizes
        rows = ([place] * count for place in range(sizes[0]))
        return SlicedSupernet(
            self,
            task,
            architectures=map(self.choices.from_indices, rows),
            calibration=self.sizes.calibration,
        )

    def build(self, architecture: Architecture, task: Task) -> MobileNetV2:
        """A freshly initialised network; works on the ``meta`` device."""
        self.choices.to_indices(architecture)  # refuses an architecture of another space
        operations = [str(answer) for answer in architecture.choices.values()]
        return MobileNetV2(self.sizes, operations, task.example(1).shape[1], task.n_outputs)
