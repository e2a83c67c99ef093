"""Pictures dealt to three parts, so that none lies in two of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence

import attrs

from monas_core.errors import UsageError
from monas_core.parts.task import Part
from monas_vision.checking import Look, near
from monas_vision.images import PARTS

HELD_BACK = 10
"""One image of so many (at least one of each class) is held back for each further part."""


@attrs.frozen
class Photo:
    """An image file and the number of its class."""

    path: str
    label: int


Picture = Sequence[Look]
"""All files that show one and the same picture."""


class Dealt:
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
            self._kinds.setdefault(look.pixels or look.digest, set()).add(kind)
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
        if len(kinds.get(look.pixels or look.digest, ())) > 1:
            return f'"{look.path}"'
    return "some"


def _order(look: Look, label: int) -> str:
    """The same wherever the folder lies; files of equal contents are told apart by name."""
    file = look.path.rpartition(os.sep)[2]
    return hashlib.sha256(f"{label}/{look.digest}/{file}".encode(errors="replace")).hexdigest()


def _by_order(found: tuple[str, Photo]) -> tuple[str, str]:
    return found[0], found[1].path
