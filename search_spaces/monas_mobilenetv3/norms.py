"""Batch norms of a supernet, whose statistics belong to a subnet and never to the supernet.

Every subnet has statistics of its own, so shared running averages would be those of none
(Yu and Huang, arXiv 1903.05134, section 3.4). While training, each group of samples
that shares an architecture is normalised by itself. Otherwise the statistics are those that
calibration images have in the very same subnet or mixture.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
import torch
import torch.nn.functional as F
from torch import Tensor, nn


@attrs.frozen(eq=False)
class Moments:
    """Mean and variance (biased) of each channel in each of A groups, both (A, C)."""

    mean: Tensor
    variance: Tensor


Statistics = dict[str, Moments]
"""Moments by name of the norm, and of the option where options are mixed after it."""

Norm = Callable[[str, nn.BatchNorm2d, Tensor], Tensor]
"""From a name, a norm of which the first channels are used, and activations (A*N, C, H, W)."""


@attrs.frozen(eq=False)
class GroupNorms:
    """Norms by the samples at hand, each of A groups on its own.

    Attributes:
        groups: A, equally long runs of samples.
        noted: Where moments are kept, if they shall be.
    """

    groups: int = 1
    noted: Statistics | None = None

    def __call__(self, name: str, norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
        """(A*N, C, H, W) to (A*N, C, H, W)."""
        if self.groups == 1 and self.noted is None:
            weight, bias = _affine(norm, x)
            return F.batch_norm(x, None, None, weight, bias, training=True, eps=norm.eps)
        grouped = x.unflatten(0, (self.groups, -1))  # (A, N, C, H, W)
        variance, mean = torch.var_mean(grouped, (1, 3, 4), correction=0)  # (A, C)
        moments = Moments(mean, variance)
        if self.noted is not None:
            self.noted[name] = moments
        return _normalised(norm, x, moments)


@attrs.frozen(eq=False)
class KnownNorms:
    """Norms by moments known beforehand.

    Attributes:
        known: Moments of A groups.
    """

    known: Statistics

    def __call__(self, name: str, norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
        """(A*N, C, H, W) to (A*N, C, H, W)."""
        return _normalised(norm, x, self.known[name])


def noted(run: Callable[[Tensor, Norm], Tensor]) -> Callable[[Tensor], Statistics]:
    """From images to the moments that norms see in a forward pass of theirs, as one group."""

    def moments(images: Tensor) -> Statistics:
        found: Statistics = {}
        run(images, GroupNorms(noted=found))
        return found

    return moments


def stacked(statistics: list[Statistics]) -> Statistics:
    """Statistics of single groups as those of all of them."""
    return {
        name: Moments(
            torch.cat([each[name].mean for each in statistics]),
            torch.cat([each[name].variance for each in statistics]),
        )
        for name in statistics[0]
    }


def _normalised(norm: nn.BatchNorm2d, x: Tensor, moments: Moments) -> Tensor:
    weight, bias = _affine(norm, x)
    if len(moments.mean) == 1 and not moments.mean.requires_grad:
        mean, variance = moments.mean[0], moments.variance[0]
        return F.batch_norm(x, mean, variance, weight, bias, eps=norm.eps)
    scale = weight * torch.rsqrt(moments.variance + norm.eps)  # (A, C)
    shift = bias - moments.mean * scale
    grouped = x.unflatten(0, (len(scale), -1))  # (A, N, C, H, W)
    scaled = torch.addcmul(_wide(shift), grouped, _wide(scale))
    return scaled.flatten(0, 1)  # (A*N, C, H, W)


def _wide(values: Tensor) -> Tensor:
    """(A, C) to (A, 1, C, 1, 1)."""
    return values[:, None, :, None, None]


def _affine(norm: nn.BatchNorm2d, x: Tensor) -> tuple[Tensor, Tensor]:
    return norm.weight[: x.shape[1]], norm.bias[: x.shape[1]]
