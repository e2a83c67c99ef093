"""Weights in 8 or 4 bits: rounded in blocks, packed into codes and scales, used as a layer.

The blocks are those of ggml, Q8_0 and Q4_0: 32 neighbours of a row share a scale of 16 bits, codes
are symmetric. So what is searched with is what a GGUF file stores, number by number.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monas_core.tracing.storage import BLOCK

Codes = tuple[Tensor, Tensor]
"""Codes ``(O, blocks, 32)`` int8 and scales ``(O, blocks, 1)`` float16."""


def codes(weight: Tensor, bits: int) -> Codes:
    """Codes and scales of a weight ``(O, I)``; the last block is filled up with zeros.

    Args:
        weight: Rows are what one output reads.
        bits: 8 or 4.
    """
    rows, length = weight.shape
    blocks = F.pad(weight.float(), (0, -length % BLOCK)).view(rows, -1, BLOCK)
    if bits == 8:
        scale = blocks.abs().amax(-1, keepdim=True) / 127
    else:  # the largest of a block gets the code -8, of which there is no opposite
        scale = blocks.gather(-1, blocks.abs().argmax(-1, keepdim=True)) / -8
    inverse = torch.where(scale == 0, 0.0, 1 / scale)
    if bits == 8:
        found = (blocks * inverse).round()
    else:
        found = (blocks * inverse + 8.5).floor().clamp(0, 15) - 8
    return found.to(torch.int8), scale.half()


def values(found: Codes, length: int) -> Tensor:
    """The weight ``(O, I)`` float32 that codes and scales stand for."""
    return (found[0].float() * found[1].float()).flatten(1)[:, :length]


def rounded(weight: Tensor, bits: int, inputs: int = 1) -> Tensor:
    """A weight as it is after packing; gradients pass as if it were not rounded.

    Args:
        weight: A matrix.
        bits: 8 or 4.
        inputs: Its dimension of inputs.
    """
    rows = weight.detach() if inputs == 1 else weight.detach().T
    new = values(codes(rows, bits), rows.shape[1])
    new = (new if inputs == 1 else new.T).to(weight.dtype)
    return weight + (new - weight).detach() if weight.requires_grad else new


class PackedLinear(nn.Module):
    """A linear layer whose weight is codes and scales; two codes of 4 bits share a byte.

    Args:
        weight: ``(O, I)``.
        bias: ``(O,)`` or none.
        bits: 8 or 4.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, bits: int) -> None:
        super().__init__()
        self.inputs, self.bits = weight.shape[1], bits
        found, scales = codes(weight.detach(), bits)
        if bits == 4:
            found = (found + 8).to(torch.uint8)
            found = found[..., : BLOCK // 2] | (found[..., BLOCK // 2 :] << 4)
        self.codes: Tensor
        self.scales: Tensor
        self.register_buffer("codes", found)
        self.register_buffer("scales", scales)
        self.bias = None if bias is None else nn.Parameter(bias.detach().clone())

    def forward(self, inputs: Tensor) -> Tensor:
        """``(..., I)`` to ``(..., O)``."""
        found = self.codes
        if self.bits == 4:
            both = found.float()  # arithmetic of bytes differs between runtimes
            high = (both / 16).floor()
            found = torch.cat([both - 16 * high, high], dim=-1) - 8
        return F.linear(inputs, values((found, self.scales), self.inputs), self.bias)
