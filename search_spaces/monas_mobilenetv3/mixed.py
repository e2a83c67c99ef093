"""The exactly mixed network: every group of a batch sees its own mixture of options.

At each choice point the output is the sum of all options' outputs, weighted.
For one-hot rows that is the selected subnet, at about twice the cost of the largest one.
An option is mixed after its own batch norm: a norm that came after the mixture would
divide a weight out again and leave the choice without a gradient from the task.
Resolutions meet in the logits only, as nothing else of them has one shape.
Shapes: A groups of N neighbouring samples, R resolutions.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from monas_core.values.relaxation import Relaxation
from monas_mobilenetv3.configure import middle_channels
from monas_mobilenetv3.model import Block, MobileNetV3, resized
from monas_mobilenetv3.norms import Norm
from monas_mobilenetv3.sizes import Sizes
from monas_mobilenetv3.sliced import (
    convolved,
    elastic_blocks,
    leading,
    narrowed,
    trailing,
    widened,
)

Pass = Callable[[Tensor, Relaxation, int], Tensor]
"""From images (A*N, C, H, W), A rows and a resolution to logits (A*N, V)."""


def over_resolutions(
    images: Tensor, relaxation: Relaxation, resolutions: tuple[int, ...], run: Pass
) -> Tensor:
    """Sum over the resolutions of weight times logits.

    Groups that give a resolution no weight pass it without a record for the backward pass,
    and only if the weight itself wants a gradient: all other derivatives there are 0.

    Args:
        images: (A*N, C, H, W).
        relaxation: A rows.
        resolutions: Options of ``resolution``.
        run: A pass at one of them.

    Returns:
        (A*N, V).

    Raises:
        ValueError: A does not divide the batch.
    """
    count = len(relaxation)
    if count == 0 or len(images) % count:
        raise ValueError(
            f"the number of architectures must divide the batch, got {count} architectures for "
            f"{len(images)} samples; choose a batch that is a multiple of {count}"
        )
    grouped = images.unflatten(0, (count, -1))  # (A, N, C, H, W)
    weights = relaxation.of("resolution").to(images.dtype)  # (A, R)
    wanted = torch.is_grad_enabled() and weights.requires_grad
    total = torch.zeros((), dtype=images.dtype, device=images.device)
    for option, resolution in enumerate(resolutions):
        used = weights[:, option] != 0
        for rows, recorded in ((used, True), (~used, False)):
            if not rows.any() or not (recorded or wanted):
                continue
            part = Relaxation(relaxation.choices, relaxation.weights[rows])
            with torch.set_grad_enabled(recorded and torch.is_grad_enabled()):
                logits = run(grouped[rows].flatten(0, 1), part, resolution)
            share = logits.unflatten(0, (len(part), -1)) * weights[rows, option, None, None]
            whole = share.new_zeros(*grouped.shape[:2], logits.shape[-1])  # (A, N, V)
            whole[rows] = share
            total = total + whole
    return total.flatten(0, 1)  # (A*N, V)


def mixed_logits(
    network: MobileNetV3,
    transforms: nn.ModuleList,
    images: Tensor,
    relaxation: Relaxation,
    resolution: int,
    sizes: Sizes,
    norm: Norm,
) -> Tensor:
    """Logits of the mixture at one resolution.

    Args:
        network: The largest network, whose weights all options share.
        transforms: Of kernels, by stage and block.
        images: (A*N, C, H, W).
        relaxation: A rows.
        resolution: Height and width that images are resized to.
        sizes: Option lists.
        norm: How activations of A groups are normalised.

    Returns:
        (A*N, V).
    """
    samples = len(images) // len(relaxation)

    def weights(name: str) -> Tensor:  # (options of this choice, A*N, 1, 1, 1)
        each = relaxation.of(name).to(images.dtype).repeat_interleave(samples, 0)
        return each.T[..., None, None, None]

    x = leading(network, resized(images, resolution), norm)
    for stage, block, name, shared, transform in elastic_blocks(network, transforms):
        hidden = widened(name, shared, x, shared.config.middle, norm)
        kernels = weights(f"kernel_{stage}_{block}")
        mixed = torch.zeros((), dtype=x.dtype, device=x.device)
        for size, weight in zip(sizes.kernels, kernels, strict=True):
            kernel = transform(shared.depthwise.conv.weight, size)
            mixed = mixed + weight * convolved(name, shared, hidden, kernel, norm, f"@{size}")
        out = _narrowed(name, shared, mixed, weights(f"expand_{stage}_{block}"), sizes, norm)
        # Also the blocks of every depth get the factor, which is 1: all depths contain them,
        # and each shall get the derivative of everything it does.
        deeper = [option for option, depth in enumerate(sizes.depths) if depth > block]
        out = out * weights(f"depth_{stage}")[deeper].sum(0)
        x = x + out if shared.config.residual else out
    return trailing(network, x, norm)


def _narrowed(
    name: str, block: Block, hidden: Tensor, weights: Tensor, sizes: Sizes, norm: Norm
) -> Tensor:
    """Mixture over expansions of what follows the depthwise convolution."""
    total = torch.zeros((), dtype=hidden.dtype, device=hidden.device)
    for expansion, weight in zip(sizes.expansions, weights, strict=True):
        middle = middle_channels(block.config.inputs, expansion)
        out = narrowed(name, block, hidden[:, :middle], norm, f"@{expansion}")
        total = total + weight * out
    return total
