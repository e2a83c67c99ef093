"""The weight-entangled supernet: one largest network, of which all others are corners.

Of every weight a subnet uses the leading corner: first channels, hidden units and
layers. The number of heads divides the same inner width and changes no weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

import torch
from torch import Tensor
from torch.func import functional_call

from monas_core.parts.supernet import RelaxedSupernet
from monas_core.tracing.workload import Tracer
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation
from monas_hat.configure import configure, largest
from monas_hat.masks import MaskTables
from monas_hat.mixed import Mixture
from monas_hat.model import HAT, HATConfig
from monas_hat.sizes import Sizes

Places = Mapping[str, tuple[slice, ...]]


class HATSupernet(RelaxedSupernet):
    """Weights of every network of a space.

    Args:
        choices: The choices of the space.
        sizes: Its option lists.
        vocabulary: Number of tokens.
    """

    tags: Mapping[str, str] = {"network.embedding": "embedding"}

    def __init__(self, choices: ChoiceSet, sizes: Sizes, vocabulary: int) -> None:
        super().__init__()
        self.choices = choices
        self.sizes = sizes
        self.network = HAT(largest(sizes, vocabulary))
        self.tables = MaskTables(sizes)

    def forward(self, inputs: Mapping[str, Any], architectures: Architecture | Relaxation) -> Any:
        """As ``HAT.forward``; sliced for one architecture, mixed for a relaxation.

        A relaxation works on ``source`` and ``target`` only.

        Raises:
            ValueError: The number of rows does not divide the batch, or a sentence is too long.
            UsageError: The architecture is of another space.
        """
        if isinstance(architectures, Relaxation):
            if architectures.choices != self.choices:
                raise ValueError("the relaxation belongs to other choices than this supernet's")
            encoder, decoder = self.tables(architectures)
            return Mixture(self.network, self.tables, encoder, decoder).logits(inputs)
        network, places = _skeleton(self._config(architectures))
        # no weight has two names, so none are looked for
        return functional_call(network, self._corner(places), (inputs,), tie_weights=False)

    def extract(self, architecture: Architecture) -> HAT:
        """A standalone network with copies of the weights this architecture uses."""
        config, like = self._config(architecture), self.network.embedding.weight
        with torch.device("meta"):
            network = HAT(config)
        corner = self._corner(_places(network))
        network = network.to_empty(device=like.device).to(like.dtype)
        with torch.no_grad():
            for name, weight in _tensors(network).items():
                weight.copy_(corner[name])
        return network.train(self.training)

    def _config(self, architecture: Architecture) -> HATConfig:
        self.choices.to_indices(architecture)  # refuses an architecture of another space
        return configure(architecture, self.sizes, self.network.config.vocabulary)

    def _corner(self, places: Places) -> dict[str, Tensor]:
        """Views of the weights and tables that a network uses, by their names."""
        shared = _tensors(self.network)
        return {name: shared[name][place] for name, place in places.items()}


def _tensors(network: HAT) -> dict[str, Tensor]:
    """Weights and constant tables by name."""
    return {**dict(network.named_parameters()), **dict(network.named_buffers())}


def _places(network: HAT) -> Places:
    """Which corner of each tensor of the largest network a smaller one has."""
    tensors = _tensors(network).items()
    return {name: tuple(slice(size) for size in tensor.shape) for name, tensor in tensors}


@lru_cache(maxsize=16)
def _skeleton(config: HATConfig) -> tuple[HAT, Places]:
    """A network without weights, to be called with those of the supernet."""
    network = cast("HAT", Tracer().build(lambda: HAT(config)))
    return network, _places(network)
