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
from monas_vision.checking import Look, look_at, near, same
from monas_vision.images import PARTS
from monas_vision.layout import FOREIGN, SUFFIXES, Layout, is_image, layout, subfolders
from monas_vision.options import FolderOptions

HELD_BACK = 10
"""One image of so many (at least one of each class) is held back for each further part."""
_TOLD = 20
"""Broken files that a message names."""


@attrs.frozen
class Photo:
    """An image file and the number of its class."""

    path: str
    label: int


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
    """

    classes: tuple[str, ...]
    parts: Mapping[Part, list[Photo]] = attrs.field(repr=False)
    split: str
    broken: Mapping[str, str] = attrs.field(factory=dict)
    contents: Mapping[str, Item] = attrs.field(factory=dict, repr=False)
    notes: tuple[str, ...] = ()

    def counts(self) -> dict[str, dict[str, int]]:
        """Images of each class in each part."""
        found = {part: Counter(photo.label for photo in self.parts[part]) for part in PARTS}
        return {
            kind: {part: found[part][label] for part in PARTS}
            for label, kind in enumerate(self.classes)
        }


Picture = Sequence[Look]
"""All files that show one and the same picture."""


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
    looks = _looks(files, options)
    broken = {look.path: look.fault for look in looks.values() if look.fault}
    _check_broken(broken, len(looks), options, name)
    pictures: dict[str, dict[str, Sequence[Picture]]] = {
        part: {kind: same(looks[p] for p in paths if p not in broken) for kind, paths in of.items()}
        for part, of in files.items()
    }
    dealt = _Dealt(classes, name)
    split = dealt.deal(pictures)
    notes = [*found.notes, *_foreign(root), *dealt.notes(looks.values())]
    if broken:
        notes.insert(0, f"{len(broken)} image files cannot be read and are left out: "
                        f"{_few(broken)}")  # fmt: skip
    contents = {
        (kind if len(files) == 1 else f"{part}/{kind}"): _item(looks[p] for p in paths)
        for part, of in files.items()
        for kind, paths in of.items()
    }
    return Listing(classes, dealt.parts(), split, broken, contents, tuple(notes))


def _looks(files: Mapping[str, Mapping[str, list[str]]], options: FolderOptions) -> dict[str, Look]:
    paths = [path for of in files.values() for kind in of.values() for path in kind]
    looks = look_at(
        paths,
        decode=len(paths) <= options.checked,
        ground=options.ground,
        megapixels=options.megapixels,
        workers=options.workers,
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


class _Dealt:
    """Pictures on their way to the parts. Raises UsageError where a class has too few."""

    def __init__(self, classes: tuple[str, ...], name: str) -> None:
        self._classes, self._name = classes, name
        self._part: dict[str, Part] = {}  # of a picture, by any of its digests
        self._kinds: dict[str, set[str]] = {}
        self._dealt: list[tuple[Part, int, Picture]] = []
        self._given_twice = 0
        self._rest: Part = "train"

    def deal(self, pictures: Mapping[str, Mapping[str, Sequence[Picture]]]) -> str:
        """Deal all; the words that describe how."""
        rest = pictures["train" if "train" in pictures else "all"]
        shares: list[Part] = ["search"]
        told = f"one of {HELD_BACK} images of each class is searched with, one tests"
        if "test" in pictures and "val" in pictures:
            shares, told = [], "train/ trains, val/ is searched with, test/ tests"
            self._given(pictures["test"], "test")
            self._given(pictures["val"], "search")
        elif "test" in pictures or "val" in pictures:
            judge = "test" if "test" in pictures else "val"
            told = f"one of {HELD_BACK} of train/ is searched with; {judge}/ tests"
            self._given(pictures[judge], "test")
        else:
            shares = ["search", "test"]
        for label, kind in enumerate(self._classes):
            self._share_out(label, kind, rest[kind], shares)
        return f"{told}, by content: no picture is in two parts"

    def _given(self, pictures: Mapping[str, Sequence[Picture]], part: Part) -> None:
        """All to one part, but for pictures that a later part has."""
        for label, kind in enumerate(self._classes):
            kept = [group for group in pictures[kind] if self._free(group, part)]
            if not kept:
                raise UsageError(
                    f'{self._name}: class "{kind}" has no image of its own for the {part} part; '
                    "add some."
                )
            for group in kept:
                self._put(group, label, kind, part)

    def _share_out(
        self, label: int, kind: str, groups: Sequence[Picture], shares: Sequence[Part]
    ) -> None:
        """One in ten for each share, the rest to train; what another class dealt stays there."""
        least = 1 + len(shares)
        if len(groups) < least:
            files = sum(map(len, groups))
            copies = f" in {files} files" if files > len(groups) else ""
            raise UsageError(
                f'{self._name}: class "{kind}" has {len(groups)} image(s){copies}, at least '
                f"{least} are needed to split it; add images or remove the class."
            )
        held = max(1, len(groups) // HELD_BACK)
        wanted: dict[Part, int] = dict.fromkeys(shares, held)
        for group in groups:
            known = self._where(group)
            next_share: Part | None = next((share for share in shares if wanted[share] > 0), None)
            part = known or next_share or self._rest
            if (known == "test" and "test" not in shares) or (known == "search" and not shares):
                self._given_twice += 1  # train/ has what a given part has: it trains no more
                continue
            if part in wanted:
                wanted[part] -= 1
            self._put(group, label, kind, part)

    def _free(self, group: Picture, part: Part) -> bool:
        known = self._where(group)
        if known is not None and known != part:
            self._given_twice += 1
            return False
        return True

    def _where(self, group: Picture) -> Part | None:
        marks = (mark for look in group for mark in (look.digest, look.pixels) if mark)
        return next((self._part[mark] for mark in marks if mark in self._part), None)

    def _put(self, group: Picture, label: int, kind: str, part: Part) -> None:
        for look in group:
            for mark in (look.digest, look.pixels):
                if mark:
                    self._part[mark] = part
                    self._kinds.setdefault(mark, set()).add(kind)
        self._dealt.append((part, label, group))

    def parts(self) -> dict[Part, list[Photo]]:
        """The files of each part, mixed. Raises UsageError where one is empty of a class."""
        found: dict[Part, list[tuple[str, Photo]]] = {part: [] for part in PARTS}
        for part, label, group in self._dealt:
            found[part] += [(_order(look, label), Photo(look.path, label)) for look in group]
        for part, photos in found.items():
            missing = set(range(len(self._classes))) - {photo.label for _, photo in photos}
            if missing:
                kind = self._classes[min(missing)]
                raise UsageError(
                    f'{self._name}: all images of class "{kind}" also lie in other classes or '
                    f"parts, so none is left for the {part} part; sort out the copies."
                )
        return {
            part: [photo for _, photo in sorted(photos, key=_by_order)]
            for part, photos in found.items()
        }

    def notes(self, looks: Iterable[Look]) -> list[str]:
        """What there is to say about copies."""
        groups = [group for _, _, group in self._dealt]
        told: list[str] = []
        copies = sum(len(group) - 1 for group in groups)
        if copies:
            told.append(f"{copies} image files are copies of others; all copies are in one part")
        if self._given_twice:
            told.append(f"{self._given_twice} pictures lie in two of the given parts; they are "
                        "left out of the earlier one")  # fmt: skip
        both = sum(len(kinds) > 1 for kinds in self._kinds.values())
        if both:
            told.append(f"{both} contents lie in two classes at once, such as "
                        f"{_two_classes(self._kinds, looks)}")  # fmt: skip
        alike = [(a, b) for a, b in near(groups) if self._dealt[a][0] != self._dealt[b][0]]
        if alike:
            first, second = (groups[place][0].path for place in alike[0])
            told.append(f"{len(alike)} pairs of pictures in different parts are nearly the same, "
                        f'such as "{first}" and "{second}"')  # fmt: skip
        return told


def _two_classes(kinds: Mapping[str, set[str]], looks: Iterable[Look]) -> str:
    for look in looks:
        if len(kinds.get(look.digest, ())) > 1:
            return f'"{look.path}"'
    return "some"


def _order(look: Look, label: int) -> str:
    """The same wherever the folder lies; files of equal contents are told apart by name."""
    file = look.path.rpartition(os.sep)[2]
    return hashlib.sha256(f"{label}/{look.digest}/{file}".encode(errors="replace")).hexdigest()


def _by_order(found: tuple[str, Photo]) -> tuple[str, str]:
    return found[0], found[1].path


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
