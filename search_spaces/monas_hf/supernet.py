"""The checkpoint as the network that holds all its sub-networks."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.func import functional_call

from monas_core.errors import UsageError
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Task
from monas_core.seeding import derived_generator
from monas_core.tracing.workload import Tracer
from monas_core.values.architecture import Architecture
from monas_hf.importance import arrange, measured, sizes_of
from monas_hf.loading import emptied
from monas_hf.network import LanguageModel
from monas_hf.roles import leading
from monas_hf.shapes import Shape

_KEPT = 64
"""Networks without weights that are kept for their next call."""


class HFSupernet(Supernet):
    """Sub-networks are the most important layers, heads and channels of one network.

    Args:
        network: The whole checkpoint, weights loaded, in its own order.
        shape_of: From an architecture to its sizes.
        make: A network of given sizes, for ``meta``.
    """

    tags: Mapping[str, str] = {
        "network.transformer.wte": "embedding",
        "network.transformer.wpe": "embedding",
        "network.model.embed_tokens": "embedding",
        "network.lm_head": "head",
    }

    def __init__(
        self,
        network: LanguageModel,
        shape_of: Callable[[Architecture], Shape],
        make: Callable[[Shape], LanguageModel],
    ) -> None:
        super().__init__()
        self.network = network
        self._shape_of, self._make = shape_of, make
        self._tracer = Tracer()
        self._skeletons: OrderedDict[Architecture, LanguageModel] = OrderedDict()

    def calibrate(self, task: Task, samples: int, *, hidden: bool) -> None:
        """Put what matters most on training samples of a task first.

        Args:
            task: Gives the samples.
            samples: How many.
            hidden: Whether channels of the residual stream are sorted too.
        """
        inputs = task.batch("train", samples, derived_generator(0, "importance")).inputs
        network = self.network.eval()
        arrange(network, measured(network, inputs), hidden=hidden)
        network.train()

    def forward(self, inputs: Tensor, architectures: Architecture) -> Tensor:
        """Logits ``(B, T, V)`` of a sub-network for tokens ``(B, T)``.

        Raises:
            UsageError: The architecture is of another space, or no single one.
        """
        if not isinstance(architectures, Architecture):
            raise UsageError(
                'The supernet of space "hf" runs one architecture at a time, got '
                f'{type(architectures).__name__}; mixtures need a space that provides "relaxed".'
            )
        skeleton = self._skeleton(architectures)
        if skeleton.shape == self.network.shape:
            return self.network(inputs)
        return functional_call(
            skeleton.train(self.training), self._parts(skeleton), (inputs,), strict=False
        )

    def extract(self, architecture: Architecture) -> LanguageModel:
        """A network of its own with copies of the weights this architecture uses."""
        shape = self._shape_of(architecture)
        like = next(self.network.parameters())
        network = emptied(self._blank(shape), like.device, like.dtype)
        if network.family.rotary:
            network.rotary = copy.deepcopy(self.network.rotary)
        with torch.no_grad():
            weights = dict(network.named_parameters())
            for name, part in self._parts(network).items():
                weights[name].copy_(part)
        network.put_in_order(self._places(shape))
        return network.train(self.training)

    def _places(self, shape: Shape) -> list[int]:
        """Where the layers that a shape keeps lie in the checkpoint."""
        whole = self.network.in_order  # ranks by place
        return [whole.index(rank) for rank in range(len(shape.layers))]

    def _parts(self, network: LanguageModel) -> dict[str, Tensor]:
        """The weights of a sub-network, as parts of the shared ones."""
        found: dict[str, Tensor] = {}
        layers = f"{network.family.body}.{network.family.parts[1]}."
        for name, weight in self.network.named_parameters():
            rank = None
            if name.startswith(layers):
                rank = int(name.removeprefix(layers).partition(".")[0])
                if rank >= len(network.shape.layers):
                    continue
            part, whole = sizes_of(network, rank), sizes_of(self.network, rank)
            found[name] = leading(weight, network.family.roles_of(name), part, whole)
        return found

    def _skeleton(self, architecture: Architecture) -> LanguageModel:
        known = self._skeletons.get(architecture)
        if known is None:
            shape = self._shape_of(architecture)
            known = self._skeletons[architecture] = self._blank(shape)
            if len(self._skeletons) > _KEPT:
                self._skeletons.popitem(last=False)
        self._skeletons.move_to_end(architecture)
        known.in_order = sorted(
            range(len(known.shape.layers)), key=self._places(known.shape).__getitem__
        )
        if known.family.rotary:
            known.rotary = self.network.rotary  # constants, wherever the weights are
        return known

    def _blank(self, shape: Shape) -> LanguageModel:
        network = self._tracer.build(lambda: self._make(shape))
        assert isinstance(network, LanguageModel)
        return network
