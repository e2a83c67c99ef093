"""Pictures of a folder with the annotations that belong to them.

A part, or the whole folder, holds pictures directly or in ``images``; annotations lie beside
them, or in a folder called ``ground_truth``, ``annotations``, ``points`` or the like, named as
the picture (``IMG_1.json``, ``GT_IMG_1.mat``, ``IMG_1_ann.mat``), or all in one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs
import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.picture_folder import (
    SUFFIXES,
    deal,
    digest,
    files_in,
    given_parts,
    read_pixels,
    record,
)
from monas_core.parts.task import Part
from monas_core.values.data import DataRecord
from monas_counting import annotations

_IMAGES = ("images", "image", "imgs", "img")
_POINTS = ("ground_truth", "ground-truth", "groundtruth", "gt", "annotations", "points", "labels")
_NEAR = 0.02
"""How far beyond the border a point may lie, in sides of the picture."""


@attrs.frozen(eq=False)
class Annotated:
    """A picture and the points in it.

    Attributes:
        path: Of the picture.
        points: ``(P, 2)``, in pixels of the file.
    """

    path: Path
    points: Tensor


@attrs.frozen(eq=False)
class Found:
    """What a folder holds.

    Attributes:
        parts: Annotated pictures of each part.
        split: How they were divided, in words.
        data: What a run is to remember.
    """

    parts: Mapping[Part, list[Annotated]]
    split: str
    data: DataRecord


def found_in(root: Path, argument: str, who: str) -> Found:
    """Pictures and points of a folder.

    Raises:
        UsageError: A picture without annotations, annotations that cannot be read, or too few.
    """
    given = {
        name: [(digest(sample.path), sample) for sample in _annotated(folder, who)]
        for name, folder in given_parts(root, who).items()
    }
    parts, split = deal(given, who)
    contents = {
        name: [(f"{mark} {sample.points.tolist()}", sample) for mark, sample in samples]
        for name, samples in given.items()
    }
    return Found(parts, split, record(argument, root, contents, parts))


def _annotated(folder: Path, who: str) -> list[Annotated]:
    places = [folder, *(folder / name for name in _IMAGES)]
    pictures = next((found for place in places if (found := files_in(place, SUFFIXES))), [])
    if not pictures:
        raise UsageError(
            f'{who}: "{folder}" holds no pictures, neither directly nor in images/; put them there.'
        )
    beside = [pictures[0].parent, folder, *(folder / name for name in _POINTS)]
    files = {path: None for place in beside for path in files_in(place, annotations.SUFFIXES)}
    by_stem = {path.stem: path for path in reversed(list(files))}
    shared = _shared(list(files), {path.name for path in pictures}, who)
    return [_one(picture, by_stem, shared, who) for picture in pictures]


def _shared(files: list[Path], pictures: set[str], who: str) -> dict[str, Tensor]:
    """Points by name of the picture, from files for all."""
    stems = {name.rpartition(".")[0] for name in pictures}
    found: dict[str, Tensor] = {}
    for path in files:
        if _bare(path.stem) in stems:
            continue
        named = annotations.points_by_name(path, who)
        for name, points in (named or {}).items():
            found[Path(name).name] = points
    return found


def _bare(stem: str) -> str:
    """Name of the picture that an annotation file is of."""
    return stem.removeprefix("GT_").removesuffix("_ann")


def _one(
    picture: Path, by_stem: Mapping[str, Path], shared: Mapping[str, Tensor], who: str
) -> Annotated:
    stem = picture.stem
    path = next((by_stem[n] for n in (stem, f"GT_{stem}", f"{stem}_ann") if n in by_stem), None)
    if path is not None:
        return Annotated(picture, annotations.points_in(path, who))
    for name in (picture.name, stem):
        if name in shared:
            return Annotated(picture, shared[name])
    raise UsageError(
        f'{who}: picture "{picture}" has no annotations; add {stem}.json with [[x, y], ...] beside '
        "it ([] where nothing is to be counted), or remove it."
    )


def shown(sample: Annotated, size: int, who: str) -> tuple[Tensor, Tensor]:
    """Pixels ``(3, size, size)`` uint8 and points in pixels of that picture.

    Raises:
        UsageError: The picture cannot be read, or a point lies far outside of it.
    """
    pixels, sides = read_pixels(sample.path, size, who)
    relative = sample.points / torch.tensor(sides, dtype=torch.float32)
    far = ((relative < -_NEAR) | (relative > 1.0 + _NEAR)).any(1)
    if bool(far.any()):
        x, y = sample.points[far][0].tolist()
        raise UsageError(
            f'{who}: a point of picture "{sample.path}" is at x={x:g}, y={y:g}, outside of its '
            f"{sides[0]} x {sides[1]} pixels; give x, to the right, then y, down, in pixels."
        )
    return pixels, relative.clamp(0.0, 1.0) * size
