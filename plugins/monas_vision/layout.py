"""How a folder of images is laid out: class folders, or parts that hold class folders each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import attrs

from monas_core.errors import UsageError
from monas_core.values.split_names import role

SUFFIXES = (
    ".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm",
    ".ppm", ".tif", ".tiff", ".webp",
)  # fmt: skip
FOREIGN = (
    ".arw", ".cr2", ".dcm", ".dng", ".heic", ".heif", ".jp2", ".mat", ".nef", ".npy", ".npz",
    ".orf", ".psd", ".raw", ".svg", ".tfrecord",
)  # fmt: skip
"""Kinds of pictures that are not read; they are counted, so that nobody misses them silently."""
_JUNK = ("__MACOSX", "@eaDir", "$RECYCLE.BIN")
_MOST_DEEP = 4


@attrs.frozen
class Layout:
    """Where the classes are.

    Attributes:
        parts: Folder of class folders, by role; one alone has the role ``all``.
        notes: What lies there and is not used.
    """

    parts: Mapping[str, Path]
    notes: tuple[str, ...] = ()


@attrs.frozen
class _Folder:
    """A folder seen from above.

    Attributes:
        images: Whether images lie directly in it.
        below: Names of the folders in it that hold images, at any depth.
    """

    path: Path
    images: bool
    below: tuple[str, ...]


def is_image(name: str) -> bool:
    """Whether a file's name is that of an image that is read."""
    return not name.startswith(".") and name.lower().endswith(SUFFIXES)


def subfolders(folder: Path, name: str) -> list[str]:
    """Folders in a folder, sorted, without hidden ones. Raises UsageError."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                e.name
                for e in entries
                if not e.name.startswith(".") and e.name not in _JUNK and e.is_dir()
            )
    except OSError as error:
        raise UsageError(
            f'{name}: folder "{folder}" cannot be read ({error.strerror}); change its mode.'
        ) from error


def layout(root: Path, name: str, *, classes: bool = False) -> Layout:
    """Find the class folders.

    Args:
        root: What a person named.
        name: How the task is written, for messages.
        classes: The folders of the root are classes, whatever they look like.

    Raises:
        UsageError: It cannot be told what is a class and what a part.
    """
    if classes:
        return Layout({"all": root})
    for _ in range(_MOST_DEEP):
        folders = [_seen(root / child, name) for child in subfolders(root, name)]
        used = [folder for folder in folders if folder.images or folder.below]
        # an archive unpacked into a folder of its own name: look inside
        if len(used) != 1 or used[0].images or not used[0].below:
            break
        root = used[0].path
    else:
        return Layout({"all": root})
    found = _parts(root, used, name)
    if found is None:
        _refuse_unnamed_parts(root, used, name)
        return Layout({"all": root})
    return found


def _seen(folder: Path, name: str) -> _Folder:
    children = subfolders(folder, name)
    below = tuple(child for child in children if _holds_images(folder / child))
    with os.scandir(folder) as entries:
        images = any(is_image(entry.name) for entry in entries)
    return _Folder(folder, images, below)


def _holds_images(folder: Path) -> bool:
    return any(is_image(file) for _, _, files in os.walk(folder) for file in files)


def _parts(root: Path, used: Sequence[_Folder], name: str) -> Layout | None:
    """The parts, if the names of the folders say that they are some."""
    named = {folder: role(folder.path.name) for folder in used}
    parts = [folder for folder in used if named[folder] and folder.below and not folder.images]
    if not parts:
        return None
    others = [folder for folder in used if folder not in parts]
    odd = [folder for folder in others if folder.below and not folder.images]
    flat = [folder for folder in others if folder not in odd]
    if len(parts) == 1 and (flat and not named[flat[0]]):
        return None  # one class happens to be called so
    if odd:
        raise UsageError(
            f'{name}: "{root}" holds parts ({_names(parts)}) and "{odd[0].path.name}", which is '
            "neither a part nor a class; move it away, or, if all of them are classes, add "
            "options.task.layout=classes."
        )
    roles: dict[str, Path] = {}
    for folder in parts:
        kind = str(named[folder])
        if kind in roles:
            raise UsageError(
                f'{name}: "{roles[kind].name}" and "{folder.path.name}" in "{root}" both are the '
                f"{kind} part by name; keep one of them, or join them."
            )
        roles[kind] = folder.path
    if "train" not in roles:
        raise UsageError(
            f'{name}: "{root}" holds parts ({_names(parts)}) but none to train on; name one '
            "train/, or give a folder with one subfolder per class."
        )
    notes = [f"{folder.path.name}/ holds images without class folders; it is not used"
             for folder in flat]  # fmt: skip
    return Layout({kind: _unwrapped(path, name) for kind, path in roles.items()}, tuple(notes))


def _unwrapped(folder: Path, name: str) -> Path:
    """The folder of classes in a part that was packed into a folder of the same name."""
    for _ in range(_MOST_DEEP):
        seen = _seen(folder, name)
        if seen.images or len(seen.below) != 1:
            break
        inner = _seen(folder / seen.below[0], name)
        if inner.images or not inner.below:
            break
        folder = inner.path
    return folder


def _refuse_unnamed_parts(root: Path, used: Sequence[_Folder], name: str) -> None:
    """Folders that hold the same folders and no images are parts; say so instead of guessing."""
    hollow = [folder for folder in used if not folder.images and len(folder.below) > 1]
    for first, second in pairwise(hollow):
        shared = sorted(set(first.below) & set(second.below))
        if len(shared) > 1 and 2 * len(shared) >= min(len(first.below), len(second.below)):
            few = ", ".join(f'"{kind}"' for kind in shared[:3])
            if all(role(kind) for kind in shared):
                raise UsageError(
                    f'{name}: each class in "{root}" holds its parts ({few}); turn it round, with '
                    "the parts outside: train/CLASS, test/CLASS."
                )
            raise UsageError(
                f'{name}: "{first.path.name}" and "{second.path.name}" in "{root}" hold the same '
                f"folders ({few}) and no images, so they look like parts, not classes; name them "
                "train/, val/ and test/, or, if they are classes, add options.task.layout=classes."
            )


def _names(folders: Sequence[_Folder]) -> str:
    return ", ".join(f"{folder.path.name}/" for folder in folders)
