"""The search space of temporal convolutional networks: choices, and networks from answers."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from monas_core.parts.prunable import PrunableSupernet
from monas_core.parts.space import SearchSpace, check_preset
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_tcn.gates import axes_of, groups_of
from monas_tcn.model import TCN, BlockPlan, StagePlan
from monas_tcn.sizes import MINIATURE, PRESETS, Filter, Sizes, Stage


class TCNSpace(SearchSpace):
    """Channels, taps and dilation of causal filters, as PIT prunes them (arXiv 2301.10281).

    Args:
        preset: One of ``presets``.
        sizes: Widths and filters of your own, in place of the preset's.
    """

    name: ClassVar[str] = "tcn"
    modalities: ClassVar[frozenset[str]] = frozenset({"series-classification", "series-regression"})
    presets: ClassVar[tuple[str, ...]] = tuple(PRESETS)

    def __init__(self, preset: str = "tiny", *, sizes: Sizes | None = None) -> None:
        self.preset = check_preset(type(self), preset)
        self.sizes = sizes or PRESETS[preset]
        self.choices: ChoiceSet = self.sizes.choices()
        self.warm_up = self.sizes.warm_up

    @classmethod
    def tiny(cls) -> TCNSpace:
        """114 architectures of an entry and a block."""
        return cls(sizes=MINIATURE)

    def supernet(self, task: Task) -> PrunableSupernet:
        """The largest network, sliced by architectures and pruned by gates."""
        largest = self.build(self.ends().largest, task)
        return PrunableSupernet(
            self,
            task,
            groups=groups_of(self.sizes),
            axes=axes_of(largest, task.example(1).shape[2]),
            cuts={"*.conv.weight": newest},
            calibration=self.sizes.calibration,
        )

    def build(self, architecture: Architecture, task: Task) -> TCN:
        """A freshly initialised network; works on the ``meta`` device."""
        self.choices.to_indices(architecture)  # refuses an architecture of another space
        plans = [
            _stage_plan(architecture, number, stage)
            for number, stage in enumerate(self.sizes.stages, start=1)
        ]
        return TCN(plans, task.example(1).shape[1], task.n_outputs)


def newest(whole: Tensor, part: Tensor, layer: nn.Module) -> Tensor:
    """Of kernels ``(O, I, K)`` first channels, and the newest taps at the layer's dilation."""
    dilation = int(layer.dilation[0])  # pyright: ignore[reportArgumentType,reportIndexIssue]
    outputs, inputs, taps = part.shape
    oldest = whole.shape[2] - 1 - (taps - 1) * dilation
    return whole[:outputs, :inputs, oldest::dilation]


def _stage_plan(architecture: Architecture, number: int, stage: Stage) -> StagePlan:
    def kind(name: str) -> Filter:
        return Filter.parse(str(architecture[name]))

    blocks: list[tuple[int, BlockPlan]] = []
    for block in range(1, stage.blocks + 1):
        inner, taps = f"inner_{number}_{block}", f"filter_{number}_{block}"
        if architecture[inner]:
            plan = BlockPlan(int(architecture[inner]), kind(f"{taps}a"), kind(f"{taps}b"))
            blocks.append((block, plan))
    width = int(architecture[f"channels_{number}"])
    return StagePlan(width, kind(f"filter_{number}"), stage.pool, tuple(blocks))
