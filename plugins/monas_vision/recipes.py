"""RandAugment and mixup, through torchvision, with randomness from a seed of each picture or batch.

torchvision draws from torch's global generator, which is put back afterwards.
"""

from __future__ import annotations

import importlib
from typing import Any

import torch
from torch import Tensor

from monas_core.errors import MissingPackage
from monas_core.extras import require_packages
from monas_core.seeding import seeded_construction

_OPERATIONS = 2
"""Changes of each picture, as published (Cubuk et al., arXiv 1909.13719)."""


def transforms(option: str) -> Any:
    """``torchvision.transforms.v2``.

    Args:
        option: What needs it, for messages.

    Raises:
        MissingPackage: It is not installed, or does not fit the torch that is.
    """
    require_packages(f"options.task.{option}", {"torchvision": "monas[augment]"})
    try:
        return importlib.import_module("torchvision.transforms.v2")
    except Exception as error:  # built for another torch it fails in many ways
        reason = " ".join(str(error).split())[:100]
        raise MissingPackage(
            f"options.task.{option} needs torchvision, and the one that is installed does not fit "
            f"torch {torch.__version__} ({reason}); install a fitting one: "
            "pip install --upgrade torchvision, from the same index as torch."
        ) from error


def randaugment(pixels: Tensor, magnitude: int, seed: int) -> Tensor:
    """A picture ``(3, H, W)`` uint8 with two random changes of a strength, 1 to 30."""
    change = transforms("randaugment").RandAugment(_OPERATIONS, magnitude)
    with seeded_construction(seed):
        return change(pixels)


def mixup(pictures: Tensor, labels: Tensor, classes: int, alpha: float, seed: int) -> Any:
    """Pictures ``(B, C, H, W)`` float mixed in pairs, and weights of classes ``(B, classes)``.

    Zhang et al., arXiv 1710.09412; one weight for the batch, drawn from Beta(alpha, alpha).
    """
    mix = transforms("mixup").MixUp(alpha=alpha, num_classes=classes)
    with seeded_construction(seed):
        return mix(pictures, labels)
