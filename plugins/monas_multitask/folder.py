"""Pictures with two maps in the layout that NYUv2 is passed on in.

``train/image/0.npy``, ``train/label/0.npy``, ``train/normal/0.npy`` or ``train/depth/0.npy``, and
the same below ``val/`` or ``test/``; or the three folders at once, to be divided by content.
Arrays are ``.npy`` without objects, heights by widths by channels; or pictures: labels as grey
levels (255 is none), normals as colours, depths as millimetres in 16 bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from monas_core.errors import UsageError
from monas_core.extras import require_packages
from monas_core.parts.picture_folder import SUFFIXES, deal, digest, files_in, given_parts, record
from monas_core.parts.task import Part
from monas_core.values.data import DataRecord
from monas_multitask.kinds import IGNORED

_FOLDERS: Mapping[str, tuple[str, ...]] = {
    "image": ("image", "images", "rgb"),
    "seg": ("label", "labels", "seg", "segmentation"),
    "normal": ("normal", "normals"),
    "depth": ("depth", "depths"),
}
_READ = (".npy", *SUFFIXES)
_NONE = 255


@attrs.frozen
class Files:
    """A picture and its maps, by ``image``, ``seg`` and the second head."""

    paths: Mapping[str, Path]


@attrs.frozen(eq=False)
class Found:
    """What a folder holds: ``seg`` and ``second`` of every picture."""

    second: str
    parts: Mapping[Part, list[Files]]
    split: str
    data: DataRecord


def found_in(root: Path, argument: str, wanted: str, who: str) -> Found:
    """Pictures and maps of a folder. Raises UsageError for what is no such folder."""
    folders = given_parts(root, who)
    second = _second(next(iter(folders.values())), wanted, who)
    given = {name: _files(folder, second, who) for name, folder in folders.items()}
    parts, split = deal(given, who)
    contents = {
        name: [(digest(*files.paths.values()), files) for _, files in samples]
        for name, samples in given.items()
    }
    return Found(second, parts, split, record(argument, root, contents, parts))


def _second(folder: Path, wanted: str, who: str) -> str:
    kinds = ("normal", "depth") if wanted == "auto" else (wanted,)
    for kind in kinds:
        if _place(folder, kind) is not None:
            return kind
    raise UsageError(
        f'{who}: "{folder}" holds no folder {" or ".join(f"{kind}/" for kind in kinds)} beside its '
        "images; add one, with a map for each picture."
    )


def _place(folder: Path, kind: str) -> Path | None:
    return next((folder / n for n in _FOLDERS[kind] if (folder / n).is_dir()), None)


def _files(folder: Path, second: str, who: str) -> list[tuple[str, Files]]:
    """Digest of the picture, and its files."""
    by_kind: dict[str, dict[str, Path]] = {}
    for kind in ("image", "seg", second):
        place = _place(folder, kind)
        found = files_in(place, _READ) if place is not None else []
        if not found:
            raise UsageError(
                f'{who}: "{folder}" must hold {_FOLDERS[kind][0]}/ with a file for each picture '
                f"({', '.join(_READ)}); add it."
            )
        by_kind[kind] = {path.stem: path for path in found}
    names = by_kind["image"]
    for files in by_kind.values():
        odd = sorted(set(names) ^ set(files))
        if odd:
            raise UsageError(
                f'{who}: "{odd[0]}" is not both in {names[min(names)].parent.name}/ and in '
                f'{files[min(files)].parent.name}/ of "{folder}" ({len(odd)} such files); every '
                "picture needs each map under the same name."
            )
    return [
        (digest(names[stem]), Files({kind: files[stem] for kind, files in by_kind.items()}))
        for stem in sorted(names)
    ]


def shown(files: Files, size: int, who: str) -> dict[str, Tensor]:
    """Picture ``(3, size, size)`` from 0 to 1 and maps of the same size.

    Raises:
        UsageError: A file cannot be read, or does not fit its picture.
    """
    arrays = {kind: _array(path, who) for kind, path in files.paths.items()}
    heights = {kind: array.shape[:2] for kind, array in arrays.items()}
    odd = next((kind for kind in heights if heights[kind] != heights["image"]), None)
    if odd is not None:
        raise UsageError(
            f'{who}: "{files.paths[odd]}" is {_sides(heights[odd])}, its picture '
            f"{_sides(heights['image'])}; all maps of a picture have its height and width."
        )
    return {
        kind: _MADE[kind](array, size, f'{who}: "{files.paths[kind]}"')
        for kind, array in arrays.items()
    }


def _sides(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _array(path: Path, who: str) -> np.ndarray[Any, Any]:
    """Heights by widths, by channels where there are several. Raises UsageError."""
    try:
        if path.suffix.lower() == ".npy":
            found = np.load(path, allow_pickle=False)
        else:
            require_packages(who, {"PIL": "monas[vision]"})
            from PIL import Image

            with Image.open(path) as opened:
                found = np.asarray(opened)
    except UsageError:
        raise
    except Exception as error:
        # readers of damaged files fail in every way
        reason = " ".join(str(error).split())[:120]
        raise UsageError(f'{who}: "{path}" cannot be read ({reason}); repair it.') from error
    if found.ndim == 3 and found.shape[0] in (1, 3) and found.shape[2] not in (1, 3):
        found = found.transpose(1, 2, 0)
    good = found.ndim in (2, 3) and found.dtype.kind in "fiub" and 0 not in found.shape
    if not good:
        raise UsageError(
            f'{who}: "{path}" is of shape {found.shape} and type {found.dtype}; it must hold '
            "numbers, height by width, by 1 or 3 channels."
        )
    return found


def _channels(array: np.ndarray[Any, Any], count: int, where: str) -> Tensor:
    """``(1, count, H, W)`` float32. Raises UsageError for another number of channels."""
    found = array[:, :, None] if array.ndim == 2 else array
    if found.shape[2] == 4 and count == 3:
        found = found[:, :, :3]
    if found.shape[2] == 1 and count == 3 and array.dtype == np.uint8:
        found = found.repeat(3, 2)
    if found.shape[2] != count:
        raise UsageError(f"{where} has {found.shape[2]} channels; it must have {count}.")
    values = torch.from_numpy(np.ascontiguousarray(found.astype(np.float32)))
    if not bool(values.isfinite().all()):
        values = values.nan_to_num(0.0, 0.0, 0.0)  # depths of places nobody saw
    return values.permute(2, 0, 1)[None]


def _image(array: np.ndarray[Any, Any], size: int, where: str) -> Tensor:
    values = _channels(array, 3, where)
    if array.dtype == np.uint8:
        values = values / 255
    return F.interpolate(values, (size, size), mode="bilinear", antialias=True)[0]


def _labels(array: np.ndarray[Any, Any], size: int, where: str) -> Tensor:
    values = _channels(array, 1, where)
    if not torch.equal(values, values.round()):
        raise UsageError(f"{where} holds labels that are no whole numbers.")
    if array.dtype == np.uint8:
        values = torch.where(values == _NONE, torch.full_like(values, IGNORED), values)
    small = F.interpolate(values, (size, size), mode="nearest-exact")[0, 0].long()
    return torch.where(small < 0, torch.full_like(small, IGNORED), small)


def _normal(array: np.ndarray[Any, Any], size: int, where: str) -> Tensor:
    values = _channels(array, 3, where)
    if array.dtype == np.uint8:
        black = (values == 0).all(1, keepdim=True)
        values = torch.where(black, torch.zeros_like(values), values / 127.5 - 1.0)
    small = F.interpolate(values, (size, size), mode="nearest-exact")
    length = small.square().sum(1, keepdim=True).sqrt()
    return torch.where(length > 0.5, small / length.clamp_min(1e-6), torch.zeros_like(small))[0]


def _depth(array: np.ndarray[Any, Any], size: int, where: str) -> Tensor:
    values = _channels(array, 1, where)
    if array.dtype.kind in "iu":
        values = values / 1000  # millimetres
    return F.interpolate(values, (size, size), mode="nearest-exact")[0].clamp_min(0.0)


_MADE = {"image": _image, "seg": _labels, "normal": _normal, "depth": _depth}
