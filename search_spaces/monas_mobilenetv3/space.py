"""The MobileNetV3 search space: choices, and networks from answers to them."""

from __future__ import annotations

from typing import ClassVar

import attrs

from monas_core.parts.space import SearchSpace, Tapped, check_preset
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_mobilenetv3.configure import channels_of, configure
from monas_mobilenetv3.model import MobileNetV3
from monas_mobilenetv3.options import Options
from monas_mobilenetv3.sizes import MINIATURE, PRESETS, Sizes
from monas_mobilenetv3.supernet import MobileNetV3Supernet


class MobileNetV3Space(SearchSpace, Tapped):
    """MobileNetV3 as once-for-all searches it (Cai et al., ICLR 2020, arXiv 1908.09791).

    Args:
        preset: One of ``presets``.
        options: The width of all networks.
        sizes: Option lists of your own, in place of the preset's.
    """

    name: ClassVar[str] = "mobilenetv3"
    modalities: ClassVar[frozenset[str]] = frozenset({"image-classification"})
    presets: ClassVar[tuple[str, ...]] = tuple(PRESETS)

    def __init__(
        self,
        preset: str = "small",
        *,
        options: Options | None = None,
        sizes: Sizes | None = None,
    ) -> None:
        self.preset = check_preset(type(self), preset)
        self.sizes = attrs.evolve(sizes or PRESETS[preset], width=(options or Options()).width)
        self.choices: ChoiceSet = self.sizes.choices()
        self.warm_up = self.sizes.warm_up

    @classmethod
    def tiny(cls) -> MobileNetV3Space:
        """800 architectures of two stages of one or two narrow blocks."""
        return cls(sizes=MINIATURE)

    def supernet(self, task: Task) -> MobileNetV3Supernet:
        """A freshly initialised supernet; image channels and classes from the task."""
        return MobileNetV3Supernet(self.choices, self.sizes, task)

    def build(self, architecture: Architecture, task: Task) -> MobileNetV3:
        """A freshly initialised network; works on the ``meta`` device."""
        self.choices.to_indices(architecture)  # refuses an architecture of another space
        config = configure(architecture, self.sizes, channels_of(task), task.n_outputs)
        return MobileNetV3(config)

    def taps(self, architecture: Architecture) -> tuple[str, ...]:
        """The last block of each stage."""
        depths = [int(architecture[f"depth_{stage}"]) for stage in range(len(self.sizes.stages))]
        return tuple(f"stages.{stage}.{depth - 1}" for stage, depth in enumerate(depths))
