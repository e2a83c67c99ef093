"""A gated supernet from ``build`` and a table of masks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.func import functional_call

from monas_core.parts.cuts import Cut
from monas_core.parts.gated import GatedSupernet, Gates
from monas_core.parts.masks import Axes, Gate, Mask, counts, masked, remaining
from monas_core.parts.sliced import Builder, SlicedSupernet, Tensors
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture, Option


class PrunableSupernet(SlicedSupernet, GatedSupernet):
    """Runs the largest network with masks on its weights, and cuts out what they leave.

    Args:
        space: Whose networks.
        task: What they are for.
        groups: Gates by name; together they answer every choice that is not as in the largest.
        axes: Where their masks lie. Of batch norms the weight and the bias are masked, so that
            a channel that is gone is zero behind them.
        cuts: As of ``SlicedSupernet``.
        calibration: As there.
    """

    def __init__(
        self,
        space: Builder,
        task: Task,
        *,
        groups: Mapping[str, Gate],
        axes: Axes,
        cuts: Mapping[str, Cut] | None = None,
        calibration: int = 64,
    ) -> None:
        largest = space.ends().largest  # gates only ever take away: it has every weight
        super().__init__(space, task, cuts=cuts, architectures=(largest,), calibration=calibration)
        self.groups, self.axes = dict(groups), axes
        self.gates = {name: gate.length for name, gate in groups.items()}
        self._largest = largest

    def gated(self, inputs: Any, gates: Gates) -> Any:
        """As the interface says; batch norms in training take the statistics of the batch."""
        masks = self._masks(gates)
        skeleton = self._skeleton(self._largest)
        tensors = self._masked(masks)
        if not self.training:
            tensors |= self._seen(masks)
        return functional_call(skeleton.network.train(self.training), tensors, (inputs,))

    def sizes(self, gates: Gates) -> dict[str, torch.Tensor]:
        """As the interface says."""
        blank = self._skeleton(self._largest).network
        shapes = {name: weight.shape for name, weight in blank.named_parameters()}
        return counts(shapes, self.axes, self._masks(gates))

    def discretise(self, gates: Gates) -> Architecture:
        """The answers of all groups; what none answers is as in the largest network."""
        answers: dict[str, Option] = dict(self._largest.choices)
        for name, mask in self._masks(gates).items():
            answers |= self.groups[name].answers(mask)
        return self.choices.architecture(answers)

    def prune(self, gates: Gates) -> nn.Module:
        """As the interface says; norms get the statistics of the calibration samples."""
        masks, architecture = self._masks(gates), self.discretise(gates)
        network = self._fresh(architecture, self._skeleton(architecture))
        values = {**self._parts(self._skeleton(self._largest)), **self._seen(masks)}
        with torch.no_grad():
            for name, tensor in (*network.named_parameters(), *network.named_buffers()):
                if name in values:
                    # statistics of a norm lie along the channels, as its weight does
                    owner = re.sub(r"running_(mean|var)$", "weight", name)
                    dims = self.axes.dims.get(owner, {})
                    tensor.copy_(remaining(values[name], dims, masks))
                elif name.endswith("num_batches_tracked"):
                    tensor.zero_()
        return network.train(self.training)

    def _masks(self, gates: Gates) -> dict[str, Mask]:
        return {name: gate.mask(gates[name]) for name, gate in self.groups.items()}

    def _masked(self, masks: Mapping[str, Mask]) -> Tensors:
        return masked(self._parts(self._skeleton(self._largest)), self.axes, masks)

    def _seen(self, masks: Mapping[str, Mask]) -> Tensors:
        """Statistics of norms in the masked network."""
        key = ("gates", *((name, *mask.kept) for name, mask in sorted(masks.items())))
        return self._statistics(key, self._skeleton(self._largest), lambda: self._masked(masks))
