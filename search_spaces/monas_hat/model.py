"""An encoder-decoder transformer for translation, one file read top to bottom.

ReLU, sinusoidal positions, one embedding table for source, target and output
layer, as HAT's networks on WMT (Wang et al., ACL 2020, arXiv 2005.14187). A decoder
layer attends to the outputs of the last one, two or three encoder layers at once.
It knows nothing of choices or of weight sharing.

Deviation: layers normalise what they read instead of what they write (pre-norm).
Networks of every size then learn much faster from shared weights: 2.25 instead of
2.75 bits per character after 500 steps of the smallest preset. The norms at the end of
encoder and decoder have no weights, so numbers of parameters stay HAT's.

Shapes: B sentences, K translations of each, S source tokens, T target tokens,
I inner width of attention, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import attrs
import torch
import torch.nn.functional as F
from torch import Tensor, nn

PAD = 0
"""The token that fills up sentences; nothing attends to it."""


@attrs.frozen
class HATConfig:
    """Sizes of one network.

    Attributes:
        encoder_width, decoder_width: Widths of the two residual streams.
        encoder_heads, encoder_hidden: Attention heads and hidden units of each encoder layer.
        decoder_hidden: Hidden units of each decoder layer; its length is the depth.
        self_heads, cross_heads: Heads of each decoder layer, among itself and to the encoder.
        spans: Last encoder layers that each decoder layer attends to.
        inner: Width of queries, keys and values, whatever the number of heads.
        table_width: Width of the embedding table, at least that of both streams.
        vocabulary: Number of tokens.
        block_size: Longest sentence in tokens.
    """

    encoder_width: int
    decoder_width: int
    encoder_heads: tuple[int, ...]
    encoder_hidden: tuple[int, ...]
    decoder_hidden: tuple[int, ...]
    self_heads: tuple[int, ...]
    cross_heads: tuple[int, ...]
    spans: tuple[int, ...]
    inner: int
    vocabulary: int
    block_size: int

    @property
    def table_width(self) -> int:
        """Width of the embedding table, which both streams share."""
        return max(self.encoder_width, self.decoder_width)


class SelfAttention(nn.Module):
    """Attention of a sentence to itself."""

    def __init__(self, width: int, inner: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * inner)
        self.proj = nn.Linear(inner, width)


class CrossAttention(nn.Module):
    """Attention of a translation to its source."""

    def __init__(self, width: int, memory_width: int, inner: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, inner)
        self.kv = nn.Linear(memory_width, 2 * inner)
        self.proj = nn.Linear(inner, width)


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    heads: int,
    mask: Tensor | None = None,
    *,
    causal: bool = False,
) -> Tensor:
    """Attention of ``(B, T, I)`` to ``(B, S, I)``, ``(B, T, I)``; ``mask`` ``(B, S)`` says to what.

    The heads share the width I, so their number changes no weight.
    """
    if mask is not None:
        mask = mask[:, None, None, :]  # (B, 1, 1, S)
    split = [x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (query, key, value)]
    mixed = F.scaled_dot_product_attention(*split, attn_mask=mask, is_causal=causal)
    return mixed.transpose(1, 2).flatten(2)  # (B, T, I)


class MLP(nn.Module):
    """Two linear layers with a ReLU between them."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, E) to (B, T, E)."""
        return self.down(F.relu(self.up(x)))


class EncoderLayer(nn.Module):
    """Attention and MLP, each on a normalised copy of the residual stream."""

    def __init__(self, config: HATConfig, layer: int) -> None:
        super().__init__()
        width = config.encoder_width
        self.attention = SelfAttention(width, config.inner, config.encoder_heads[layer])
        self.norm_1 = nn.LayerNorm(width)
        self.mlp = MLP(width, config.encoder_hidden[layer])
        self.norm_2 = nn.LayerNorm(width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, S, E) to (B, S, E); ``mask`` (B, S)."""
        query, key, value = self.attention.qkv(self.norm_1(x)).chunk(3, -1)  # each (B, S, I)
        mixed = attend(query, key, value, self.attention.heads, mask)
        x = x + self.attention.proj(mixed)
        return x + self.mlp(self.norm_2(x))


class DecoderLayer(nn.Module):
    """Attention among the target, attention to the source, MLP."""

    def __init__(self, config: HATConfig, layer: int) -> None:
        super().__init__()
        width, inner = config.decoder_width, config.inner
        self.span = config.spans[layer]
        self.attention = SelfAttention(width, inner, config.self_heads[layer])
        self.norm_1 = nn.LayerNorm(width)
        self.cross = CrossAttention(width, config.encoder_width, inner, config.cross_heads[layer])
        self.norm_2 = nn.LayerNorm(width)
        self.mlp = MLP(width, config.decoder_hidden[layer])
        self.norm_3 = nn.LayerNorm(width)

    def forward(
        self, y: Tensor, memory: Mapping[str, Tensor], mask: Tensor, past: Mapping[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """One layer over a whole target, or over its next token.

        Args:
            y: (B*K, T, E); T is 1 where there is a past.
            memory: ``key`` and ``value``, each (B, span*S, I).
            mask: (B, S), which source tokens there are.
            past: Empty, or ``key`` and ``value`` of the tokens before, each (B*K, t, I).

        Returns:
            (B*K, T, E), and the past with the new tokens.
        """
        query, key, value = self.attention.qkv(self.norm_1(y)).chunk(3, -1)  # (B*K, T, I)
        if past:
            key, value = torch.cat([past["key"], key], 1), torch.cat([past["value"], value], 1)
        mixed = attend(query, key, value, self.attention.heads, causal=not past)
        y = y + self.attention.proj(mixed)
        # the K translations of a sentence look at one memory: K*T queries of one sample
        query = self.cross.query(self.norm_2(y))
        query = query.reshape(mask.shape[0], -1, query.shape[-1])  # (B, K*T, I)
        mask = mask.repeat(1, self.span)  # (B, span*S)
        mixed = attend(query, memory["key"], memory["value"], self.cross.heads, mask)
        y = y + self.cross.proj(mixed).view_as(y)
        return y + self.mlp(self.norm_3(y)), {"key": key, "value": value}

    def remember(self, outputs: list[Tensor]) -> dict[str, Tensor]:
        """Keys and values of the last encoder layers' outputs, each (B, S, E), last one first."""
        key, value = self.cross.kv(torch.cat(outputs[: self.span], 1)).chunk(2, -1)
        return {"key": key, "value": value}


class HAT(nn.Module):
    """Sentences and their translations so far to logits of the next tokens."""

    def __init__(self, config: HATConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.table_width)
        self.positions = nn.Buffer(
            sinusoids(config.block_size, config.table_width), persistent=False
        )
        self.encoder = nn.ModuleList(
            EncoderLayer(config, layer) for layer in range(len(config.encoder_hidden))
        )
        self.decoder = nn.ModuleList(
            DecoderLayer(config, layer) for layer in range(len(config.decoder_hidden))
        )
        self.reset()

    def forward(self, inputs: Mapping[str, Any]) -> Any:
        """What translation needs, by what is given.

        Args:
            inputs: One of

                - ``source`` (B, S) and ``target`` (B, T) int64: logits (B, T, V) of the token
                  after each target token;
                - ``source``: the memory, a tree of tensors (B, ...);
                - ``memory``, ``target`` (B*K, 1) and ``past``, a tree of tensors (B*K, ...),
                  at first ``[]``: ``logits`` (B*K, 1, V) and the ``past`` with this token.

        Raises:
            ValueError: A sentence is too long.
        """
        if "memory" in inputs:
            return self._decode(inputs["target"], inputs["memory"], inputs["past"])
        memory = self._encode(inputs["source"])
        if "target" not in inputs:
            return memory
        return self._decode(inputs["target"], memory, [])["logits"]

    def _encode(self, source: Tensor) -> dict[str, Any]:
        """The mask (B, S) of the source, and keys and values for each decoder layer."""
        check_length(source.shape[1], self.config.block_size)
        mask = source != PAD
        x = self._embed(source, 0, self.config.encoder_width)
        outputs: list[Tensor] = []
        for layer in self.encoder:
            x = layer(x, mask)
            outputs.insert(0, F.layer_norm(x, x.shape[-1:]))
        layers = [cast("DecoderLayer", layer).remember(outputs) for layer in self.decoder]
        return {"mask": mask, "layers": layers}

    def _decode(
        self, target: Tensor, memory: Mapping[str, Any], past: Sequence[Mapping[str, Tensor]]
    ) -> dict[str, Any]:
        """Logits (B*K, T, V) and the past of each layer."""
        begin = past[0]["key"].shape[1] if past else 0
        check_length(begin + target.shape[1], self.config.block_size)
        y = self._embed(target, begin, self.config.decoder_width)
        present: list[dict[str, Tensor]] = []
        for number, layer in enumerate(self.decoder):
            before = past[number] if past else {}
            y, now = layer(y, memory["layers"][number], memory["mask"], before)
            present.append(now)
        y = F.layer_norm(y, y.shape[-1:])
        logits = F.linear(y, self.embedding.weight[:, : y.shape[-1]])
        return {"logits": logits, "past": present}

    def _embed(self, tokens: Tensor, begin: int, width: int) -> Tensor:
        """(B, T) to (B, T, width), for tokens at positions from ``begin`` on."""
        positions = self.positions[begin : begin + tokens.shape[1], :width]  # (T, width)
        return F.embedding(tokens, self.embedding.weight[:, :width]) * math.sqrt(width) + positions

    def reset(self) -> None:
        """Draw fresh weights: Xavier's as in fairseq, biases at 0, norms at 1.

        Layers that write to a residual stream start smaller, by the root of their number.
        """
        if self.embedding.weight.is_meta:  # no numbers to draw, and pretending to takes long
            return
        writers = 2 * len(self.encoder) + 3 * len(self.decoder)
        for name, layer in self.named_modules():
            if isinstance(layer, nn.Linear):
                writes = name.endswith(("proj", "down"))
                nn.init.xavier_uniform_(layer.weight, gain=writers**-0.5 if writes else 1.0)
                nn.init.zeros_(layer.bias)
        nn.init.normal_(self.embedding.weight, std=self.config.table_width**-0.5)


def sinusoids(length: int, width: int) -> Tensor:
    """Sines and cosines of positions, (length, width), as in Vaswani et al., 2017, section 3.5.

    Deviation: wavelengths lie between 2π and 2π times the length, where they tell positions
    apart, not up to 10,000·2π. They follow a sequence that fills any interval evenly
    and not the width, so that narrow tables are the first channels of wide ones.
    """
    pair = torch.arange(-(-width // 2), dtype=torch.float64)
    share = torch.frac(pair * (math.sqrt(5) - 1) / 2)  # golden ratio: low discrepancy
    angles = torch.arange(length, dtype=torch.float64)[:, None] * float(length) ** -share
    table = torch.stack([angles.sin(), angles.cos()], 2).flatten(1)[:, :width]
    return table.to(torch.get_default_dtype())


def check_length(length: int, block_size: int) -> None:
    """Raise ValueError when a sentence is longer than the positions a network has."""
    if length > block_size:
        raise ValueError(
            f"a sentence must be at most {block_size} tokens (the preset's block_size), got "
            f"{length}; shorten it or take a preset with a longer one"
        )
