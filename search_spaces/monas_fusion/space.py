"""The search space: an edge each, closed or open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import attrs

from monas_core.errors import UsageError
from monas_core.parts.heads import Head, heads_of
from monas_core.parts.space import SearchSpace, WarmUp, check_preset
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture, Choice
from monas_core.values.choices import ChoiceSet
from monas_fusion.backbones import Backbone, candidates, convolutions, features
from monas_fusion.model import FusionNetwork
from monas_fusion.supernet import FusionSupernet


@attrs.frozen
class Sizes:
    """Of one preset.

    Attributes:
        channels: Of the layers of both backbones, by resolution.
        warm_up: Recommended training of the supernet.
        reach: Edges lead over fewer layers than this.
    """

    channels: tuple[tuple[int, ...], ...]
    warm_up: WarmUp
    reach: int = 3


PRESETS: Mapping[str, Sizes] = {
    "laptop": Sizes(((12, 12), (16, 16)), WarmUp(300, 24, 4e-3)),
    "vgg16": Sizes(
        ((64, 64), (128, 128), (256,) * 3, (512,) * 3, (512,) * 3), WarmUp(4000, 8, 1e-3)
    ),
}
MINIATURE = Sizes(((4, 4),), WarmUp(8, 4, 4e-3))


class FusionSpace(SearchSpace):
    """Which layers of two backbones exchange features (MTL-NAS, Gao et al., CVPR 2020).

    The backbones stay as they are, whatever the tasks; a choice is one edge from a layer of one
    to a layer of the other.

    Args:
        preset: One of ``presets``.
        sizes: Sizes of your own, in place of the preset's.
        backbones: Functions of a number of input channels that give layers, one for each head,
            in place of the preset's convolutions.
    """

    name: ClassVar[str] = "fusion"
    modalities: ClassVar[frozenset[str]] = frozenset({"dense-multitask"})
    presets: ClassVar[tuple[str, ...]] = tuple(PRESETS)

    def __init__(
        self,
        preset: str = "laptop",
        *,
        sizes: Sizes | None = None,
        backbones: tuple[Backbone, Backbone] | None = None,
    ) -> None:
        self.preset = check_preset(type(self), preset)
        self.sizes = sizes or PRESETS[preset]
        usual = convolutions(self.sizes.channels)
        self._backbones = backbones or (usual, usual)
        first, second = (features(backbone) for backbone in self._backbones)
        self._known = (first, second)
        self.edges = candidates(self._known, self.sizes.reach)
        if not self.edges:
            raise UsageError(
                "The two backbones have no layers of one resolution, so nothing can be exchanged."
            )
        choices = [Choice(edge.name, (False, True)) for edge in self.edges]
        self.choices = ChoiceSet("fusion", 1, tuple(choices))
        self.warm_up = self.sizes.warm_up

    @classmethod
    def tiny(cls) -> FusionSpace:
        """64 networks of two layers each."""
        return cls(sizes=MINIATURE)

    def supernet(self, task: Task) -> FusionSupernet:
        """A freshly initialised supernet."""
        heads = _heads(task)
        return FusionSupernet(
            self.choices, lambda architecture: self._made(architecture, heads), self.ends().largest
        )

    def build(self, architecture: Architecture, task: Task) -> FusionNetwork:
        """A freshly initialised network; works on the ``meta`` device."""
        return self._made(architecture, _heads(task))

    def _made(self, architecture: Architecture, heads: tuple[Head, Head]) -> FusionNetwork:
        opened = self.choices.to_indices(architecture)
        edges = [edge for edge, index in zip(self.edges, opened, strict=True) if index]
        return FusionNetwork(self._backbones, self._known, heads, edges, self.edges)


def _heads(task: Task) -> tuple[Head, Head]:
    """The two heads of a task. Raises UsageError where it has other ones."""
    found = heads_of(task)
    if len(found) != 2:
        raise UsageError(
            f'Space "fusion" joins two backbones, one for each head, and task "{task.name}" has '
            f"{len(found)} heads; choose a task of two."
        )
    return found[0], found[1]
