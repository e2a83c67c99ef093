"""The weight-entangled supernet: one largest network, of which all others are corners."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from monas_core.parts.blockwise import Blockwise
from monas_core.parts.supernet import RelaxedSupernet
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation
from monas_gpt.configure import configure, largest
from monas_gpt.masks import MaskTables
from monas_gpt.mixed import mixed_logits
from monas_gpt.model import GPT, GPTConfig
from monas_gpt.sizes import Sizes
from monas_gpt.sliced import sliced_head, sliced_layer, sliced_logits


class GPTSupernet(RelaxedSupernet, Blockwise):
    """Weights of every GPT of a space.

    Args:
        choices: The choices of the space.
        sizes: Its option lists.
        vocabulary: Number of tokens.
    """

    tags: Mapping[str, str] = {
        "network.token_embedding": "embedding",
        "network.position_embedding": "embedding",
    }

    def __init__(self, choices: ChoiceSet, sizes: Sizes, vocabulary: int) -> None:
        super().__init__()
        self.choices = choices
        self.sizes = sizes
        self.network = GPT(largest(sizes, vocabulary))
        self.tables = MaskTables(sizes)
        self.blocks = tuple(f"layer {layer}" for layer in range(max(sizes.n_layer)))

    def forward(self, inputs: Tensor, architectures: Architecture | Relaxation) -> Tensor:
        """Logits (B, T, V) of tokens (B, T); sliced for one architecture, mixed for a relaxation.

        Raises:
            ValueError: The number of rows does not divide the batch, or T exceeds the block size.
            UsageError: The architecture is of another space.
        """
        if isinstance(architectures, Relaxation):
            if architectures.choices != self.choices:
                raise ValueError("the relaxation belongs to other choices than this supernet's")
            masks = self.tables(architectures)
            return mixed_logits(self.network, inputs, masks, self.sizes.embed_dim)
        return sliced_logits(self.network, inputs, self._config(architectures))

    def run_block(self, name: str, inputs: Tensor, architecture: Architecture) -> Tensor:
        """(B, T, e) of a layer; the first takes tokens (B, T)."""
        layer = self.blocks.index(name)
        return sliced_layer(self.network, inputs, self._config(architecture), layer)

    def run_head(self, features: Tensor, architecture: Architecture) -> Tensor:
        """Logits (B, T, V)."""
        return sliced_head(self.network, features, self._config(architecture))

    def extract(self, architecture: Architecture) -> GPT:
        """A standalone network with copies of the weights this architecture uses."""
        config = self._config(architecture)
        shared = dict(self.network.named_parameters())
        like = self.network.token_embedding.weight
        with torch.device("meta"):
            network = GPT(config)
        network = network.to_empty(device=like.device).to(like.dtype)
        with torch.no_grad():
            for name, weight in network.named_parameters():
                corner = tuple(slice(size) for size in weight.shape)
                weight.copy_(shared[name][corner])
        return network.train(self.training)

    def _config(self, architecture: Architecture) -> GPTConfig:
        self.choices.to_indices(architecture)  # refuses an architecture of another space
        return configure(architecture, self.sizes, self.network.config.vocabulary)
