"""The supernet: every layer holds a cell for every resolution, every position all operations."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from monas_core.parts.supernet import RelaxedSupernet
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation
from monas_count.model import Cell, CountNetwork, Ends, Layer, resampled, single_path
from monas_count.sizes import Sizes, scale_name


def layers_of(architecture: Architecture, choices: ChoiceSet, sizes: Sizes) -> tuple[Layer, ...]:
    """The layers an architecture stands for. Raises UsageError for another space."""
    choices.to_indices(architecture)
    answers = architecture.choices
    return tuple(
        Layer(
            int(answers[scale_name(layer)]),
            tuple(
                str(answers[f"{sizes.cell(layer)}.{position}"])
                for position in range(1, sizes.positions + 1)
            ),
        )
        for layer in range(sizes.layers)
    )


class CountSupernet(RelaxedSupernet):
    """Weights of every network of a space; norms look at one sample, so nothing is calibrated.

    Args:
        choices: Of the space.
        sizes: Of the space.
        inputs: Channels of pictures.
        gain: Of the task.
    """

    tags: Mapping[str, str] = {"ends.head": "head"}

    def __init__(self, choices: ChoiceSet, sizes: Sizes, inputs: int, gain: float) -> None:
        super().__init__()
        self.choices, self.sizes, self._inputs = choices, sizes, inputs
        self.ends = Ends(inputs, sizes.channels, gain)
        every = [sizes.operations] * sizes.positions
        self.cells = nn.ModuleList(
            nn.ModuleDict({str(scale): Cell(every, sizes.channels) for scale in sizes.scales})
            for _ in range(sizes.layers)
        )

    def forward(self, inputs: Tensor, architectures: Architecture | Relaxation) -> Tensor:
        """Maps ``(B, 1, H, W)`` of pictures ``(B, C, H, W)``.

        Raises:
            ValueError: The number of rows does not divide the batch.
            UsageError: The architecture is of another space.
        """
        if isinstance(architectures, Relaxation):
            return self._mixed(inputs, architectures)
        layers = layers_of(architectures, self.choices, self.sizes)
        return single_path(inputs, layers, self.ends, self.cells)

    def extract(self, architecture: Architecture) -> CountNetwork:
        """A standalone network with copies of the weights this architecture uses."""
        layers = layers_of(architecture, self.choices, self.sizes)
        like = self.ends.head.weight
        with torch.device("meta"):
            ends = Ends(self._inputs, self.sizes.channels, self.ends.gain)
            network = CountNetwork(layers, ends, self.sizes.channels)
        network = network.to_empty(device=like.device).to(like.dtype)
        shared = dict(self.named_parameters())
        with torch.no_grad():
            for name, weight in network.named_parameters():
                weight.copy_(shared[name])
        return network.train(self.training)

    def _mixed(self, inputs: Tensor, relaxation: Relaxation) -> Tensor:
        """The mixture: every layer at every resolution, each with the weight it has.

        What a layer hands on at one resolution is its cell's output times the weight of that
        resolution, so one-hot weights leave the one path there is.
        """
        each = self._per_sample(inputs, relaxation)
        stem = self.ends.begin(inputs)
        handed: dict[int, Tensor] = {1: stem}
        for layer, cells in enumerate(self.cells):
            cell = self.sizes.cell(layer)
            micro = [each[f"{cell}.{p}"] for p in range(1, self.sizes.positions + 1)]
            shares = each[scale_name(layer)]
            handed = {
                scale: shares[str(scale)][:, None, None, None]
                * cells[str(scale)](  # pyright: ignore[reportIndexIssue]
                    _gathered(handed, scale, inputs), micro, ()
                )
                for scale in self.sizes.scales
            }
        return self.ends.finish(stem + _gathered(handed, 1, inputs))

    def _per_sample(self, inputs: Tensor, relaxation: Relaxation) -> dict[str, dict[str, Tensor]]:
        """Weights ``(B,)`` of every option of every choice, by their names."""
        if relaxation.choices != self.choices:
            raise ValueError("the relaxation belongs to other choices than this supernet's")
        groups = len(relaxation)
        if groups == 0 or len(inputs) % groups:
            raise ValueError(
                f"the number of architectures must divide the batch, got {groups} architectures "
                f"for {len(inputs)} pictures; choose a batch that is a multiple of {groups}"
            )
        share = len(inputs) // groups
        found: dict[str, dict[str, Tensor]] = {}
        for choice in self.choices.choices:
            weights = relaxation.of(choice.name).to(self.ends.head.weight)
            columns = weights.repeat_interleave(share, 0).unbind(1)
            found[choice.name] = {
                str(option): column for option, column in zip(choice.options, columns, strict=True)
            }
        return found


def _gathered(handed: Mapping[int, Tensor], scale: int, picture: Tensor) -> Tensor:
    """The sum of what comes from all resolutions, at one."""
    return torch.stack([resampled(x, s, scale, picture) for s, x in handed.items()]).sum(0)
