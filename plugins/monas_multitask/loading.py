"""The task ``multitask``: drawn pictures, or ``multitask:FOLDER``."""

from __future__ import annotations

import hashlib

import torch

from monas_core.errors import UsageError
from monas_core.parts.heads import Head
from monas_core.parts.picture_folder import PARTS, existing
from monas_core.parts.task import Part
from monas_core.values.data import DataRecord, Item, Source
from monas_multitask import scenes
from monas_multitask.folder import found_in, shown
from monas_multitask.kinds import Depths, Kind, Labels, Normals
from monas_multitask.options import MultitaskOptions
from monas_multitask.task import Maps, Multitask

_MOST_CLASSES = 1000


def load(argument: str | None = None, *, options: MultitaskOptions | None = None) -> Multitask:
    """The task.

    Raises:
        UsageError: A folder that is not there, or is not understood.
    """
    options = options or MultitaskOptions()
    if argument:
        return _from_folder(argument, options)
    maps = scenes.maps(options.pictures)
    items = {part: _item(part, len(maps[part])) for part in PARTS}
    data = DataRecord(
        sources=(Source("", "", "part", items),),
        parts={part: len(maps[part]) for part in PARTS},
        unit="images",
    )
    facts = {
        "source": "drawn fields and surfaces; labels need both, normals the surface alone",
        "shown": "a channel for each head, with noise",
    }
    heads = scenes.heads(options.weight)
    channels = maps["train"].images.shape[1]
    return Multitask(
        "multitask",
        scenes.KINDS,
        heads,
        maps,
        facts=facts,
        data=data,
        scaling=(torch.zeros(channels), torch.ones(channels)),  # shown as they are drawn
    )


def _item(part: Part, count: int) -> Item:
    """Of drawn pictures: what decides them, since their last bits differ between machines."""
    content = f"{scenes.VERSION} {part} {count}"
    return Item(hashlib.sha256(content.encode()).hexdigest(), count)


def _from_folder(argument: str, options: MultitaskOptions) -> Multitask:
    name = f"multitask:{argument}"
    who = f"Task {name}"
    root = existing(argument, who)
    found = found_in(root, argument, options.second, who)
    raw: dict[Part, list[dict[str, torch.Tensor]]] = {
        part: [shown(files, options.size, who) for files in samples]
        for part, samples in found.parts.items()
    }
    stacked: dict[Part, dict[str, torch.Tensor]] = {
        part: {kind: torch.stack([of[kind] for of in samples]) for kind in samples[0]}
        for part, samples in raw.items()
    }
    seen = stacked["train"]["image"]
    mean = seen.mean((0, 2, 3), keepdim=True)
    deviation = seen.std((0, 2, 3), keepdim=True).clamp_min(1e-3)
    maps: dict[Part, Maps] = {
        part: Maps((of["image"] - mean) / deviation, {n: t for n, t in of.items() if n != "image"})
        for part, of in stacked.items()
    }
    classes = 1 + max(int(of["seg"].max()) for of in stacked.values())
    if not 2 <= classes <= _MOST_CLASSES:
        raise UsageError(
            f"{who}: the largest label is {classes - 1}; labels count from 0, there must be at "
            f"least two and at most {_MOST_CLASSES}, and -1 (255 in pictures) is none."
        )
    second: Kind = Normals() if found.second == "normal" else Depths()
    kinds = (Labels(classes), second)
    heads = (
        Head("seg", classes, (0, 3)),
        Head(second.name, second.outputs, (0, 3), options.weight),
    )
    facts = {
        "source": str(root.resolve()),
        "shown": f"brought to {options.size} x {options.size} pixels",
        "split": found.split,
    }
    scaling = mean.flatten(), deviation.flatten()
    return Multitask(name, kinds, heads, maps, facts=facts, data=found.data, scaling=scaling)
