"""Folders of pictures with something beside each: parts by name or by content, pixels by Pillow."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.extras import require_packages
from monas_core.parts.task import Part
from monas_core.values.data import DataRecord, Item, Source
from monas_core.values.split_names import role

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")
"""Endings of the files that are taken for pictures."""
HELD_BACK = 10
"""One picture of so many, at least one, is held back for each further part."""
_DECODER = {"PIL": "monas[vision]"}
PARTS: tuple[Part, ...] = get_args(Part)
"""What data is divided into: to train on, to search by, to judge by."""
T = TypeVar("T")


def existing(argument: str, who: str) -> Path:
    """The folder a person named. Raises UsageError where there is none."""
    root = Path(argument).expanduser()
    if not root.is_dir():
        raise UsageError(f'{who}: there is no folder "{root}"; check the path.')
    return root


def given_parts(root: Path, who: str) -> Mapping[str, Path]:
    """Folders of parts by ``train``, ``val`` and ``test``; the root itself under ``all``.

    Raises:
        UsageError: Two folders are one part, or there are parts and none to train on.
    """
    found: dict[str, Path] = {}
    for child in sorted(path for path in root.iterdir() if path.is_dir()):
        kind = role(child.name)
        if kind is None:
            continue
        if kind in found:
            raise UsageError(
                f'{who}: "{found[kind].name}" and "{child.name}" in "{root}" both are the {kind} '
                "part by name; keep one of them, or join them."
            )
        found[kind] = child
    if not found:
        return {"all": root}
    if "train" not in found:
        names = ", ".join(f"{path.name}/" for path in found.values())
        raise UsageError(
            f'{who}: "{root}" holds parts ({names}) but none to train on; name one train/.'
        )
    return found


def files_in(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """Files directly in a folder whose names end so, in any case, sorted."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in suffixes and not path.name.startswith(".")
    )


def digest(*paths: Path) -> str:
    """Of the contents of some files together."""
    found = hashlib.sha256()
    for path in paths:
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def deal(
    given: Mapping[str, Sequence[tuple[str, T]]], who: str
) -> tuple[Mapping[Part, list[T]], str]:
    """Samples of each part, and how they were divided, in words; no content is in two parts.

    Args:
        given: Digest and sample, by ``train``, ``val``, ``test`` or ``all``.
        who: For messages.

    Raises:
        UsageError: A part is left empty.
    """
    rest = given.get("train", given.get("all", ()))
    taken: dict[str, Part] = {}
    found: dict[Part, list[T]] = {part: [] for part in PARTS}
    judge = next((name for name in ("test", "val") if name in given), None)
    if judge is not None:
        _put(given[judge], "test", taken, found)
    if judge == "test" and "val" in given:
        _put(given["val"], "search", taken, found)
        told = "train/ trains, val/ is searched with, test/ tests"
    elif judge is not None:
        rest = _share(rest, ["search"], taken, found)
        told = f"one of {HELD_BACK} of train/ is searched with, {judge}/ tests"
    else:
        rest = _share(rest, ["search", "test"], taken, found)
        told = f"one of {HELD_BACK} pictures is searched with, one tests"
    _put(rest, "train", taken, found)
    for part, samples in found.items():
        if not samples:
            raise UsageError(
                f"{who}: no picture is left for the {part} part; it takes at least three that "
                "differ, or parts that share none."
            )
    return found, f"{told}, by content: no picture is in two parts"


def _put(
    samples: Sequence[tuple[str, T]],
    part: Part,
    taken: dict[str, Part],
    found: dict[Part, list[T]],
) -> None:
    for mark, sample in sorted(samples, key=lambda pair: pair[0]):
        if taken.setdefault(mark, part) == part:
            found[part].append(sample)


def _share(
    samples: Sequence[tuple[str, T]],
    shares: Sequence[Part],
    taken: dict[str, Part],
    found: dict[Part, list[T]],
) -> list[tuple[str, T]]:
    """Deal a share to each part, by digest; what is left."""
    marks = sorted({mark for mark, _ in samples if mark not in taken})
    held = max(1, len(marks) // HELD_BACK)
    rest = list(samples)
    for number, part in enumerate(shares):
        own = set(marks[number * held : (number + 1) * held])
        _put([pair for pair in rest if pair[0] in own], part, taken, found)
        rest = [pair for pair in rest if pair[0] not in own]
    return rest


def record(
    argument: str,
    root: Path,
    given: Mapping[str, Sequence[tuple[str, Any]]],
    parts: Mapping[Part, Sequence[Any]],
    notes: Sequence[str] = (),
) -> DataRecord:
    """What a run is to remember of the folder."""
    items = {
        name: Item(
            hashlib.sha256("\n".join(sorted(mark for mark, _ in samples)).encode()).hexdigest(),
            len(samples),
        )
        for name, samples in given.items()
    }
    return DataRecord(
        sources=(Source(argument, str(root.absolute()), "part", items),),
        parts={part: len(samples) for part, samples in parts.items()},
        unit="images",
        notes=tuple(notes),
    )


_MOST_PIXELS = 256_000_000
"""Of a picture that is decoded: a file of some kilobytes may ask for gigabytes."""


def read_pixels(path: Path, size: int, who: str) -> tuple[Tensor, tuple[int, int]]:
    """Pixels ``(3, size, size)`` uint8, upright, and the width and height there were.

    Raises:
        UsageError: The file is no picture, or Pillow is not installed.
    """
    require_packages(who, _DECODER)
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            width, height = opened.size
            if width * height > _MOST_PIXELS:
                raise ValueError(f"it has {width} x {height} pixels, more than any camera's")
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except Exception as error:
        # decoders of damaged files fail in every way: struct, zlib, index and overflow errors
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise UsageError(
            f'{who}: picture "{path}" cannot be read ({reason}); repair or remove it.'
        ) from error
    small = upright.resize((size, size), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(small)).permute(2, 0, 1), upright.size
