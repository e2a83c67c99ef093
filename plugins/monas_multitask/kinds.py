"""What a head can be asked: a label, the normal of the surface, or the depth of every pixel.

Each kind has a loss per sample and scores; places without a target count nowhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from monas_core.parts.task import Score

IGNORED = -1
"""Label of places that have none."""


class Kind(ABC):
    """A kind of map.

    Attributes:
        name: Of the head.
        scores: The leading one first.
        outputs: Channels that a network answers with.
    """

    name: ClassVar[str]
    scores: ClassVar[tuple[Score, ...]]
    outputs: int

    @abstractmethod
    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean over the places of each sample that have a target, ``(B,)``."""

    @abstractmethod
    def judge(self, outputs: Tensor, targets: Tensor) -> Mapping[str, float]:
        """Scores over all places of all samples."""


class Labels(Kind):
    """A class for every pixel; targets ``(B, H, W)`` int64, outputs logits ``(B, K, H, W)``."""

    name: ClassVar[str] = "seg"
    scores: ClassVar[tuple[Score, ...]] = (
        Score("seg", "%", "max"),
        Score("seg pixels", "%", "max"),
    )

    def __init__(self, classes: int) -> None:
        self.outputs = classes

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy, nats."""
        found = F.cross_entropy(outputs, targets, reduction="none", ignore_index=IGNORED)
        return _mean(found, targets != IGNORED)

    def judge(self, outputs: Tensor, targets: Tensor) -> Mapping[str, float]:
        """Mean intersection over union of the classes there are, and pixels named right."""
        valid = targets != IGNORED
        guessed, true = outputs.argmax(1)[valid], targets[valid]
        pairs = torch.bincount(true * self.outputs + guessed, minlength=self.outputs**2)
        table = pairs.reshape(self.outputs, self.outputs).double()  # true, guessed
        both, either = table.diagonal(), table.sum(0) + table.sum(1) - table.diagonal()
        there = table.sum(1) > 0
        share = float((both[there] / either[there]).mean()) if bool(there.any()) else 0.0
        right = float(both.sum() / table.sum().clamp_min(1.0))
        return {"seg": 100 * share, "seg pixels": 100 * right}


class Normals(Kind):
    """The direction of the surface; targets ``(B, 3, H, W)`` of length 1, or 0 where unknown."""

    name: ClassVar[str] = "normal"
    scores: ClassVar[tuple[Score, ...]] = (
        Score("normal", "deg", "min"),
        Score("normal median", "deg", "min"),
    )
    outputs = 3

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """1 - cosine."""
        found = 1.0 - F.cosine_similarity(outputs, targets, dim=1)
        return _mean(found, _known(targets))

    def judge(self, outputs: Tensor, targets: Tensor) -> Mapping[str, float]:
        """Mean and median angle."""
        cosine = F.cosine_similarity(outputs.double(), targets.double(), dim=1)
        angles = cosine.clamp(-1.0, 1.0).acos().rad2deg()[_known(targets)]
        if not len(angles):
            return {"normal": 90.0, "normal median": 90.0}  # nothing was to be said
        return {"normal": float(angles.mean()), "normal median": float(angles.median())}


class Depths(Kind):
    """The distance of what is seen; targets ``(B, 1, H, W)``, metres, 0 where unknown."""

    name: ClassVar[str] = "depth"
    scores: ClassVar[tuple[Score, ...]] = (
        Score("depth", "m", "min"),
        Score("depth relative", "fraction", "min"),
    )
    outputs = 1

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Absolute difference, metres."""
        return _mean((outputs - targets).abs()[:, 0], targets[:, 0] > 0)

    def judge(self, outputs: Tensor, targets: Tensor) -> Mapping[str, float]:
        """Mean absolute difference, and that over the depth."""
        valid = targets > 0
        true = targets[valid].double()
        missed = (outputs[valid].double() - true).abs()
        if not len(true):
            return {"depth": 0.0, "depth relative": 0.0}  # nothing was to be said
        return {"depth": float(missed.mean()), "depth relative": float((missed / true).mean())}


def _known(normals: Tensor) -> Tensor:
    return normals.square().sum(1) > 0.25


def _mean(values: Tensor, valid: Tensor) -> Tensor:
    """Over the valid places of each sample, ``(B,)``; 0 where there are none."""
    kept = torch.where(valid, values, torch.zeros_like(values)).flatten(1).sum(1)
    return kept / valid.flatten(1).sum(1).clamp_min(1)
