"""A language model of any size between the checkpoint and its smallest sub-network.

Layers, norms and rotary positions are the modules of the package transformers; this module only
runs them one after the other. Names of weights are those of the checkpoint, except that layers
are numbered by importance.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from monas_core.parts.rounding import rounded
from monas_core.tracing.storage import FULL
from monas_hf.families import Family
from monas_hf.packing import pack
from monas_hf.shapes import Shape

PLACES = "places"
"""Buffer with the place of each layer in the checkpoint, in order of importance."""


class LanguageModel(nn.Module):
    """From tokens ``(B, T)`` to logits ``(B, T, V)``.

    Args:
        family: Whose modules it consists of.
        config: Of the checkpoint, without dropout.
        shape: Its sizes.
        head: Width of a head.
        places: Of its layers in the checkpoint, the most important first; by default that is
            the order of the layers.
    """

    def __init__(
        self,
        family: Family,
        config: Any,
        shape: Shape,
        head: int,
        places: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.family, self.config, self.shape, self.head = family, config, shape, head
        self.longest = int(config.max_position_embeddings)
        embedding, layers, norm = family.parts
        body = nn.Module()
        body.add_module(embedding, nn.Embedding(config.vocab_size, shape.hidden))
        if not family.rotary:
            body.add_module("wpe", nn.Embedding(self.longest, shape.hidden))
        count = len(shape.layers)
        own = [family.layer(config, shape, rank, head) for rank in range(count)]
        body.add_module(layers, nn.ModuleList(own))
        if family.rotary:
            last = family.module("RMSNorm")(shape.hidden, eps=config.rms_norm_eps)
            # on meta nothing can be computed, and the frequencies are the same in every network
            self.rotary = family.module("RotaryEmbedding")(config=config)
        else:
            last = nn.LayerNorm(shape.hidden, eps=config.layer_norm_epsilon)
        body.add_module(norm, last)
        self.add_module(family.body, body)
        self.tied = bool(config.tie_word_embeddings)
        if not self.tied:
            self.lm_head = nn.Linear(shape.hidden, config.vocab_size, bias=False)
        self.places: Tensor
        self.register_buffer(PLACES, torch.zeros(count, dtype=torch.int64, device="cpu"))
        self.put_in_order(list(range(count)) if places is None else places)
        self._known: dict[int, Any] = {}
        """Rounded weights of layers, and of which weights they are."""

    @property
    def body(self) -> nn.Module:
        """Everything but the output layer."""
        return self.get_submodule(self.family.body)

    @property
    def layers(self) -> Sequence[nn.Module]:
        """The most important first."""
        return cast("nn.ModuleList", self.body.get_submodule(self.family.parts[1]))  # pyright: ignore[reportReturnType]

    def put_in_order(self, places: Sequence[int]) -> None:
        """Say where in the checkpoint the layers lie, the most important first."""
        if not self.places.is_meta:
            self.places.copy_(torch.tensor(list(places), device="cpu"))
        self.in_order = sorted(range(len(places)), key=lambda rank: places[rank])
        """Layers as data pass them."""

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any, **named: Any) -> None:
        super()._load_from_state_dict(state_dict, prefix, *args, **named)
        found = state_dict.get(f"{prefix}{PLACES}")
        if isinstance(found, Tensor) and len(found) == len(self.in_order):
            self.put_in_order(found.tolist())

    def stored_bits(self) -> Mapping[str, int]:
        """Bits of the codes of weights that are kept in few, by name."""
        start = f"{self.family.body}.{self.family.parts[1]}."
        few = {r: size.bits for r, size in enumerate(self.shape.layers) if size.bits != FULL}
        return {
            f"{start}{rank}.{name}": bits
            for rank, bits in few.items()
            for name, weight in self.layers[rank].named_parameters()
            if weight.dim() == 2
        }

    def weights(self) -> dict[str, Tensor]:
        """Every weight by name, with the values it is used with."""
        bits, side = self.stored_bits(), self.family.inputs
        return {
            name: rounded(weight.detach(), bits[name], side) if name in bits else weight.detach()
            for name, weight in self.named_parameters()
        }

    def packed(self) -> nn.Module:
        """A copy for inference with codes and scales; itself where all weights are full."""
        if not self.stored_bits():
            return self
        network = copy.deepcopy(self)
        for rank, size in enumerate(self.shape.layers):
            if size.bits != FULL:
                pack(network.layers[rank], size.bits, self.family.inputs)
        return network

    def _layer(self, rank: int, x: Tensor, given: dict[str, Any]) -> Tensor:
        """One layer, with its weights as they are after packing."""
        layer, bits = self.layers[rank], self.shape.layers[rank].bits
        matrices = {n: w for n, w in layer.named_parameters() if w.dim() == 2}
        if bits == FULL or not matrices or x.is_meta:  # packed already, or nothing to round
            return layer(x, **given)
        key = [(id(w), w.data_ptr(), w._version) for w in matrices.values()]
        own = all(isinstance(w, nn.Parameter) for w in matrices.values())
        if own and not torch.is_grad_enabled() and self._known.get(rank, ([],))[0] == key:
            return functional_call(layer, self._known[rank][1], (x,), given)
        found = {n: rounded(w, bits, self.family.inputs) for n, w in matrices.items()}
        if own and not torch.is_grad_enabled():
            self._known[rank] = (key, found)
        return functional_call(layer, found, (x,), given)

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits ``(B, T, V)`` of tokens ``(B, T)`` int64.

        Raises:
            ValueError: The text is longer than the checkpoint's longest.
        """
        length = inputs.shape[1]
        if length > self.longest:
            raise ValueError(f"{length} tokens are more than the {self.longest} it was made for")
        embedding, _, norm = self.family.parts
        body = self.body
        table = cast("nn.Embedding", body.get_submodule(embedding)).weight
        x = F.embedding(inputs, table)  # (B, T, D)
        positions = torch.arange(length, device=inputs.device)[None]  # (1, T)
        extra: dict[str, Any] = {}
        if self.family.rotary:
            extra["position_embeddings"] = self.rotary(x, position_ids=positions)
        else:
            x = x + body.get_submodule("wpe")(positions)
        for rank in self.in_order:
            # without a mask, attention is causal
            x = self._layer(rank, x, {"attention_mask": None, **extra})
        x = body.get_submodule(norm)(x)
        return F.linear(x, table if self.tied else self.lm_head.weight)
