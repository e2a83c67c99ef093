"""A person's own images, or ImageNet: ``imagefolder:PATH``, one folder per class."""

from __future__ import annotations

from pathlib import Path
from statistics import median_low

import attrs

from monas_core.errors import UsageError
from monas_core.values.data import DataRecord, Source
from monas_vision.classification import ImageClassification
from monas_vision.folder import FolderImages
from monas_vision.listing import Listing, listing
from monas_vision.options import FolderOptions
from monas_vision.recipes import transforms


def load(
    argument: str | None = None, *, options: FolderOptions | None = None
) -> ImageClassification:
    """The task ``imagefolder:PATH``.

    Raises:
        UsageError: No path, no such folder, or its layout is not understood.
    """
    if not argument:
        raise UsageError(
            'Task "imagefolder" needs a folder of class folders, got none; write imagefolder:PATH.'
        )
    name, root = f"Task imagefolder:{argument}", Path(argument).expanduser()
    if not root.is_dir():
        raise UsageError(f'{name}: there is no folder "{root}"; check the path.')
    options = options or FolderOptions()
    for option in ("randaugment", "mixup"):
        if getattr(options, option):
            transforms(option)
    files = listing(root, name, options)
    notes, options = _sized(files, options)
    images = FolderImages(files, options, name)
    facts = {
        "source": str(root.resolve()),
        "shown": f"{_shown(options)} in training, centres in evaluation",
        "split": files.split,
    }
    data = DataRecord(
        sources=(Source(argument, str(root.absolute()), "class", files.contents),),
        parts={part: len(photos) for part, photos in files.parts.items()},
        unit="images",
        classes=files.counts(),
        left_out=files.broken,
        notes=(*files.notes, *notes),
    )
    smoothing = options.smoothing
    return ImageClassification(
        f"imagefolder:{argument}", images, facts=facts, data=data, smoothing=smoothing
    )


def _shown(options: FolderOptions) -> str:
    """What is shown in training, in words."""
    words = {"crop": "random pieces", "flip": "centres, mirrored or not", "none": "centres"}
    changes = [
        *([f"RandAugment {options.randaugment}"] if options.randaugment else []),
        *([f"mixup {options.mixup:g}"] if options.mixup else []),
        *([f"labels smoothed by {options.smoothing:g}"] if options.smoothing else []),
    ]
    return ", ".join([words[options.augment], *changes])


def _sized(files: Listing, options: FolderOptions) -> tuple[list[str], FolderOptions]:
    """Options with a size, and what there is to say where the pictures themselves decided it."""
    if options.size:
        return [], options
    size = options.shown(files.sides)
    told = (
        f"pictures are shown at {size} x {size} pixels (median of their shorter sides: "
        f"{median_low(files.sides)}); options.task.size=N shows them at another size"
    )
    return [told], attrs.evolve(options, size=size)
