"""The exactly mixed network: every group of a batch sees its own mixture of options.

At each choice point the output is the sum of all options' outputs, weighted;
attention is computed for each number of heads and each span of encoder layers.
For one-hot rows that is the selected subnet, at the cost of the largest one.
Shapes: A groups of N neighbouring sentences, S source and T target tokens,
E widest stream, I inner width of attention.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monas_hat.masks import LayerMasks, MaskTables, StreamMasks
from monas_hat.model import (
    HAT,
    MLP,
    PAD,
    CrossAttention,
    DecoderLayer,
    EncoderLayer,
    SelfAttention,
    attend,
    check_length,
)


class Mixture:
    """Logits of the mixture.

    Args:
        network: The largest network, whose weights all options share.
        tables: Constant tables of its space.
        encoder, decoder: Factors for A architectures.
    """

    def __init__(
        self, network: HAT, tables: MaskTables, encoder: StreamMasks, decoder: StreamMasks
    ) -> None:
        self.network, self.sizes = network, tables.sizes
        self.encoder, self.decoder = encoder, decoder
        self.spans = tables.spans()

    def logits(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """(A*N, T, V) of ``source`` (A*N, S) and ``target`` (A*N, T).

        Raises:
            ValueError: A does not divide the batch, or a sentence is too long.
        """
        source, target = inputs["source"], inputs["target"]
        for tokens in (source, target):
            check_length(tokens.shape[1], self.network.config.block_size)
        batch, groups = len(source), len(self.encoder.widths)
        if groups == 0 or batch % groups:
            raise ValueError(
                f"the number of architectures must divide the batch, got {groups} architectures "
                f"for {batch} samples; choose a batch that is a multiple of {groups}"
            )
        outputs = self._encode(source)
        memory = torch.cat(outputs[: max(self.spans)], 2)  # (A, N, spans*S, E)
        mask = (source != PAD).repeat(1, max(self.spans))  # (A*N, spans*S)
        y = self._embed(target, self.decoder)
        for layer, masks in zip(self.network.decoder, self.decoder.layers, strict=True):
            y = self._decoder_layer(cast("DecoderLayer", layer), y, memory, mask, masks)
        y = self._norm(None, y, self.decoder)
        table = self.network.embedding.weight[:, : y.shape[-1]]
        return F.linear(y, table).flatten(0, 1)  # (A*N, T, V)

    def _encode(self, source: Tensor) -> list[Tensor]:
        """Normalised outputs of the encoder's layers, each (A, N, S, E), last one first."""
        x, outputs = self._embed(source, self.encoder), list[Tensor]()
        for module, masks in zip(self.network.encoder, self.encoder.layers, strict=True):
            layer, stream = cast("EncoderLayer", module), self.encoder
            normal = self._norm(layer.norm_1, x, stream)
            heads = self.sizes.encoder_heads
            branch = self._self_attention(layer.attention, normal, masks, heads, source != PAD)
            x = torch.addcmul(x, branch, masks.write)
            branch = _mlp(layer.mlp, self._norm(layer.norm_2, x, stream), masks)
            x = torch.addcmul(x, branch, masks.write)
            outputs.insert(0, self._norm(None, x, stream))
        return outputs

    def _decoder_layer(
        self, layer: DecoderLayer, y: Tensor, memory: Tensor, mask: Tensor, masks: LayerMasks
    ) -> Tensor:
        """(A, N, T, E) to (A, N, T, E)."""
        stream, heads = self.decoder, self.sizes.decoder_self_heads
        normal = self._norm(layer.norm_1, y, stream)
        branch = self._self_attention(layer.attention, normal, masks, heads, None)
        y = torch.addcmul(y, branch, masks.write)
        normal = self._norm(layer.norm_2, y, stream)
        branch = self._cross_attention(layer.cross, normal, memory, mask, masks)
        y = torch.addcmul(y, branch, masks.write)
        branch = _mlp(layer.mlp, self._norm(layer.norm_3, y, stream), masks)
        return torch.addcmul(y, branch, masks.write)

    def _embed(self, tokens: Tensor, stream: StreamMasks) -> Tensor:
        """(A*N, T) to (A, N, T, E)."""
        groups, width = len(stream.widths), stream.mask.shape[-1]
        table = self.network.embedding.weight[:, :width]
        x = F.embedding(tokens.unflatten(0, (groups, -1)), table)  # (A, N, T, E)
        positions = self.network.positions[: tokens.shape[1], :width]
        return x * stream.scale + positions * stream.mask

    def _self_attention(
        self,
        attention: SelfAttention,
        x: Tensor,
        masks: LayerMasks,
        options: Sequence[int],
        mask: Tensor | None,
    ) -> Tensor:
        """(A, N, T, E) to (A, N, T, E); causal where no mask says what there is."""
        query, key, value = attention.qkv(x).flatten(0, 1).chunk(3, -1)  # each (A*N, T, I)
        mixed = torch.zeros(())
        for option, heads in enumerate(options):
            found = attend(query, key, value, heads, mask, causal=mask is None)
            mixed = mixed + found.view(*x.shape[:3], -1) * masks.heads[:, option, None, None, None]
        return attention.proj(mixed)

    def _cross_attention(
        self, cross: CrossAttention, y: Tensor, memory: Tensor, mask: Tensor, masks: LayerMasks
    ) -> Tensor:
        """(A, N, T, E) to (A, N, T, E)."""
        assert masks.cross is not None
        query = cross.query(y).flatten(0, 1)  # (A*N, T, I)
        key, value = cross.kv(memory).flatten(0, 1).chunk(2, -1)  # each (A*N, spans*S, I)
        mixed = torch.zeros(())
        for place, span in enumerate(self.spans):
            seen = key.shape[1] * span // max(self.spans)
            for option, heads in enumerate(self.sizes.decoder_ende_heads):
                found = attend(query, key[:, :seen], value[:, :seen], heads, mask[:, :seen])
                weight = masks.cross[:, place, option, None, None, None]  # (A, 1, 1, 1)
                mixed = mixed + found.view(*y.shape[:3], -1) * weight
        return cross.proj(mixed)

    def _norm(self, norm: nn.LayerNorm | None, x: Tensor, stream: StreamMasks) -> Tensor:
        """Layer norms over the first channels, mixed with the weights of the widths.

        (A, N, T, E) to (A, N, T, E); statistics are over the channels a width has, and the
        norm of width w leaves the channels beyond w at 0.
        """
        full, mixed = x.shape[-1], torch.zeros(())
        for option, width in enumerate(stream.options):
            weight, bias = (norm.weight[:width], norm.bias[:width]) if norm else (None, None)
            normal = F.layer_norm(x[..., :width], (width,), weight, bias)
            normal = normal * stream.widths[:, option, None, None, None]  # (A, N, T, width)
            mixed = mixed + (normal if width == full else F.pad(normal, (0, full - width)))
        return mixed


def _mlp(mlp: MLP, x: Tensor, masks: LayerMasks) -> Tensor:
    """(A, N, T, E) to (A, N, T, E)."""
    return mlp.down(F.relu(mlp.up(x)) * masks.hidden)
