"""Which images a folder holds, of which class, and the part each belongs to.

Files are looked at first (``checking``), so parts hold only what can be shown, and no picture
lies in two of them, whatever its copies are called.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import attrs

from monas_core.errors import UsageError
from monas_core.parts.task import Part
from monas_core.values.data import Item
from monas_vision.checking import Look, look_at, same
from monas_vision.dealing import Dealt, Photo, Picture
from monas_vision.images import PARTS
from monas_vision.layout import FOREIGN, SUFFIXES, Layout, is_image, layout, subfolders
from monas_vision.lists import with_validation
from monas_vision.options import FolderOptions

_TOLD = 20
"""Broken files that a message names."""


@attrs.frozen
class Listing:
    """All image files that can be shown, by part.

    Attributes:
        classes: Names of the classes, sorted.
        parts: Files of each part, ordered by a hash of their contents.
        split: How they were divided, in words.
        broken: Files left out, with the reason.
        contents: What each class holds; names of parts before those of classes.
        notes: What a person should know, each a sentence.
        sides: The shorter side of every picture that can be shown, in pixels.
    """

    classes: tuple[str, ...]
    parts: Mapping[Part, list[Photo]] = attrs.field(repr=False)
    split: str
    broken: Mapping[str, str] = attrs.field(factory=dict)
    contents: Mapping[str, Item] = attrs.field(factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    sides: tuple[int, ...] = attrs.field(default=(), repr=False)

    def counts(self) -> dict[str, dict[str, int]]:
        """Images of each class in each part."""
        found = {part: Counter(photo.label for photo in self.parts[part]) for part in PARTS}
        return {
            kind: {part: found[part][label] for part in PARTS}
            for label, kind in enumerate(self.classes)
        }


def listing(root: Path, name: str, options: FolderOptions | None = None) -> Listing:
    """List a folder of class folders, or of parts (``train/CLASS``, ``val/CLASS``, ...).

    Args:
        root: The folder.
        name: How the task is written, for messages.
        options: Limits, and how files are looked at.

    Raises:
        UsageError: No classes, a class with too few images to split, classes that differ
            between parts, or too many broken files.
    """
    options = options or FolderOptions()
    found = layout(root, name, classes=options.layout == "classes")
    files = {part: _by_class(folder, name) for part, folder in found.parts.items()}
    classes = _one_set_of_classes(files, found, name)
    if options.validation:
        files = with_validation(files, root, options.validation, name)
    looks = _looks(files, options)
    broken = {look.path: look.fault for look in looks.values() if look.fault}
    _check_broken(broken, len(looks), options, name)
    pictures: dict[str, dict[str, Sequence[Picture]]] = {
        part: {kind: same(looks[p] for p in paths if p not in broken) for kind, paths in of.items()}
        for part, of in files.items()
    }
    dealt = Dealt(classes, name)
    split = dealt.deal(pictures)
    listed = bool(options.validation)  # images without class folders may well be used by it
    notes = [*([] if listed else found.notes), *_foreign(root), *dealt.notes(looks.values())]
    if broken:
        notes.insert(0, f"{len(broken)} image files cannot be read and are left out: "
                        f"{_few(broken)}")  # fmt: skip
    contents = {
        (kind if len(files) == 1 else f"{part}/{kind}"): _item(looks[p] for p in paths)
        for part, of in files.items()
        for kind, paths in of.items()
    }
    sides = tuple(look.side for look in looks.values() if not look.fault)
    return Listing(classes, dealt.parts(), split, broken, contents, tuple(notes), sides)


def _looks(files: Mapping[str, Mapping[str, list[str]]], options: FolderOptions) -> dict[str, Look]:
    paths = [path for of in files.values() for kind in of.values() for path in kind]
    looks = look_at(
        paths,
        decode=len(paths) <= options.checked,
        ground=options.ground,
        megapixels=options.megapixels,
    )
    return {look.path: look for look in looks}


def _check_broken(broken: Mapping[str, str], total: int, options: FolderOptions, name: str) -> None:
    """Raises UsageError when too many files cannot be read."""
    most = options.most_broken(total)
    if len(broken) > most:
        raise UsageError(
            f"{name}: {len(broken)} of {total} image files cannot be read, more than the {most} "
            f"that may be left out: {_few(broken)}; repair or remove them, or raise "
            "options.task.broken."
        )


def _few(broken: Mapping[str, str]) -> str:
    shown = [f'"{path}" ({reason})' for path, reason in list(broken.items())[:_TOLD]]
    beyond = len(broken) - len(shown)
    return ", ".join(shown) + (f" and {beyond} more (monas data lists all)" if beyond else "")


def _item(looks: Iterable[Look]) -> Item:
    digests = sorted(look.digest or look.fault for look in looks)
    return Item(hashlib.sha256("\n".join(digests).encode()).hexdigest(), len(digests))


def _one_set_of_classes(
    files: Mapping[str, Mapping[str, list[str]]], found: Layout, name: str
) -> tuple[str, ...]:
    first, *others = files
    for other in others:
        odd = sorted(set(files[first]) ^ set(files[other]))
        if odd:
            has, lacks = (first, other) if odd[0] in files[first] else (other, first)
            where, elsewhere = found.parts[has].name, found.parts[lacks].name
            raise UsageError(
                f'{name}: class "{odd[0]}" is in {where}/ but not in {elsewhere}/ '
                f"({len(odd)} such classes); all parts must hold the same class folders."
            )
    return tuple(files[first])


def _by_class(folder: Path, name: str) -> dict[str, list[str]]:
    """Image files below each class folder, sorted."""
    kinds = subfolders(folder, name)
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
            if is_image(file)
        )
        if not files[kind]:
            raise UsageError(
                f'{name}: class folder "{folder / kind}" holds no images '
                f"({', '.join(SUFFIXES)}); add some or remove the folder."
            )
    return files


def _foreign(root: Path) -> list[str]:
    """A sentence about pictures of kinds that are not read, if there are any."""
    found = Counter(
        suffix
        for _, _, names in os.walk(root)
        for file in names
        if (suffix := os.path.splitext(file)[1].lower()) in FOREIGN  # noqa: PTH122
    )
    if not found:
        return []
    told = ", ".join(f"{count} {suffix}" for suffix, count in sorted(found.items()))
    return [f"files of kinds that are not read are left out: {told}; convert them to PNG or JPEG"]
