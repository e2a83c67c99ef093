"""The task ``counting``: drawn scenes, or ``counting:FOLDER``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from monas_core.parts.picture_folder import existing
from monas_core.parts.task import Part
from monas_core.values.data import DataRecord, Item, Source
from monas_counting import scenes
from monas_counting.folder import found_in, shown
from monas_counting.maps import maps_of
from monas_counting.options import CountingOptions
from monas_counting.scenes import Pictures
from monas_counting.task import PARTS, Counting

Raw = Mapping[Part, tuple[Tensor, Sequence[Tensor]]]
"""Images ``(n, C, H, W)`` and the points of each, by part."""


def load(argument: str | None = None, *, options: CountingOptions | None = None) -> Counting:
    """The task.

    Raises:
        UsageError: A folder that is not there, or is not understood.
    """
    options = options or CountingOptions()
    if argument:
        return _from_folder(argument, options)
    raw = scenes.parts(options.scenes)
    items = {part: _item(part, len(raw[part][0])) for part in PARTS}
    facts = {
        "source": f"drawn scenes of {scenes.FEWEST} to {scenes.MOST} blobs that grow down the "
        "picture, with noise and shade",
        "shown": "as they are, every other mirrored in training",
    }
    data = DataRecord(
        sources=(Source("", "", "part", items),),
        parts={part: len(raw[part][0]) for part in PARTS},
        unit="images",
    )
    return _made("counting", raw, options.spread, facts, data)


def _from_folder(argument: str, options: CountingOptions) -> Counting:
    name = f"counting:{argument}"
    who = f"Task {name}"
    root = existing(argument, who)
    found = found_in(root, argument, who)
    raw: dict[Part, tuple[Tensor, Sequence[Tensor]]] = {}
    for part, samples in found.parts.items():
        pairs = [shown(sample, options.size, who) for sample in samples]
        pixels = torch.stack([image for image, _ in pairs]).float() / 255
        raw[part] = pixels, [points for _, points in pairs]
    facts = {
        "source": str(root.resolve()),
        "shown": f"brought to {options.size} x {options.size} pixels, every other mirrored in "
        "training",
        "split": found.split,
    }
    return _made(name, raw, options.spread, facts, found.data)


def _made(
    name: str, raw: Raw, spread: float, facts: Mapping[str, Any], data: DataRecord
) -> Counting:
    """The task, with pictures normalised by the train part."""
    seen = raw["train"][0]
    mean = seen.mean((0, 2, 3), keepdim=True)
    deviation = seen.std((0, 2, 3), keepdim=True).clamp_min(1e-3)
    height, width = seen.shape[2:]
    pictures: dict[Part, Pictures] = {
        part: Pictures(
            (images - mean) / deviation,
            maps_of(points, (height, width), spread),
            torch.tensor([len(of) for of in points], dtype=torch.float64),
        )
        for part, (images, points) in raw.items()
    }
    scaling = mean.flatten(), deviation.flatten()
    return Counting(name, pictures, facts=facts, data=data, scaling=scaling)


def _item(part: Part, count: int) -> Item:
    """Of drawn scenes: what decides them, since their last bits differ from machine to machine."""
    content = f"{scenes.VERSION} {part} {count}"
    return Item(hashlib.sha256(content.encode()).hexdigest(), count)
