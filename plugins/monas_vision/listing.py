"""Which image files a folder holds, of which class, and the part each belongs to.

Nothing is decoded here; see ``folder`` for that.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import attrs

from monas_core.errors import UsageError
from monas_core.parts.task import Part

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
HELD_BACK = 10
"""One image of so many (at least one of each class) is held back for each further part."""


@attrs.frozen
class Photo:
    """An image file and the number of its class."""

    path: str
    label: int


@attrs.frozen
class Listing:
    """All image files, by part.

    Attributes:
        classes: Names of the classes, sorted.
        parts: Files of each part, ordered by a hash of their names.
        split: How they were divided, in words.
    """

    classes: tuple[str, ...]
    parts: Mapping[Part, list[Photo]] = attrs.field(repr=False)
    split: str


def listing(root: Path, name: str) -> Listing:
    """List a folder in ImageNet's layout (``train/CLASS``, ``val/CLASS``), or of class folders.

    Args:
        root: The folder.
        name: How the task is written, for messages.

    Raises:
        UsageError: No classes, a class without images or with too few to split, or classes in
            ``val`` that ``train`` does not have.
    """
    train, judged = root / "train", root / "val"
    found = [_holds_folders(train), _holds_folders(judged)]
    if all(found):
        return _two_folders(train, judged, name)
    if any(found):
        present, absent = (train, judged) if found[0] else (judged, train)
        raise UsageError(
            f'{name}: "{root}" has classes in {present.name}/ but none in {absent.name}/; give '
            "both, or a folder with one subfolder per class."
        )
    return _one_folder(root, name)


def _holds_folders(folder: Path) -> bool:
    """Whether it is a folder of class folders (and not, say, the class of trains)."""
    return folder.is_dir() and any(entry.is_dir() for entry in folder.iterdir())


def _two_folders(train: Path, judged: Path, name: str) -> Listing:
    files, tested = _by_class(train, name), _by_class(judged, name)
    classes = tuple(files)
    odd = sorted(set(files) ^ set(tested))
    if odd:
        where, other = (train, judged) if odd[0] in files else (judged, train)
        raise UsageError(
            f'{name}: class "{odd[0]}" is in {where.name}/ but not in {other.name}/ '
            f"({len(odd)} such classes); both must hold the same class folders."
        )
    parts: dict[Part, list[Photo]] = {"train": [], "search": [], "test": []}
    for label, kind in enumerate(classes):
        photos = _photos(files[kind], label, kind, name, least=2)
        held = max(1, len(photos) // HELD_BACK)
        parts["search"] += photos[:held]
        parts["train"] += photos[held:]
        parts["test"] += _photos(tested[kind], label, kind, name, least=1)
    split = f"one of {HELD_BACK} images of train/ is searched with, by file name; val/ tests"
    return Listing(classes, {part: _mixed(photos) for part, photos in parts.items()}, split)


def _one_folder(root: Path, name: str) -> Listing:
    files = _by_class(root, name)
    parts: dict[Part, list[Photo]] = {"train": [], "search": [], "test": []}
    for label, kind in enumerate(files):
        photos = _photos(files[kind], label, kind, name, least=3)
        held = max(1, len(photos) // HELD_BACK)
        parts["search"] += photos[:held]
        parts["test"] += photos[held : 2 * held]
        parts["train"] += photos[2 * held :]
    split = f"one of {HELD_BACK} images of each class is searched with, one tests, by file name"
    return Listing(tuple(files), {part: _mixed(photos) for part, photos in parts.items()}, split)


def _by_class(folder: Path, name: str) -> dict[str, list[str]]:
    """Image files below each class folder, sorted."""
    try:
        with os.scandir(folder) as entries:
            kinds = sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))
    except OSError as error:
        raise UsageError(
            f'{name}: folder "{folder}" cannot be read ({error.strerror}); change its mode.'
        ) from error
    if len(kinds) < 2:
        found = f'only "{kinds[0]}"' if kinds else "none"
        raise UsageError(
            f'{name}: "{folder}" must hold at least two class folders, it holds {found}; '
            "put the images of each class into a folder of its own."
        )
    files: dict[str, list[str]] = {}
    for kind in kinds:
        files[kind] = sorted(
            f"{place}{os.sep}{file}"  # a million files: no Path of each
            for place, _, names in os.walk(folder / kind)
            for file in names
            if not file.startswith(".") and file.lower().endswith(SUFFIXES)
        )
        if not files[kind]:
            raise UsageError(
                f'{name}: class folder "{folder / kind}" holds no images '
                f"({', '.join(SUFFIXES)}); add some or remove the folder."
            )
    return files


def _photos(files: list[str], label: int, kind: str, name: str, *, least: int) -> list[Photo]:
    """The files of one class, mixed."""
    if len(files) < least:
        raise UsageError(
            f'{name}: class "{kind}" has {len(files)} image(s), at least {least} are needed to '
            "split it; add images or remove the class."
        )
    return _mixed(Photo(file, label) for file in files)


def _mixed(photos: Iterable[Photo]) -> list[Photo]:
    """In the order of a hash of class and file name: the same wherever the folder lies."""

    def key(photo: Photo) -> bytes:
        file = photo.path.rpartition(os.sep)[2]
        return hashlib.sha256(f"{photo.label}/{file}".encode()).digest()

    return sorted(photos, key=key)
