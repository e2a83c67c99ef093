"""A file that says which images judge: a line for each, as published splits of ImageNet have it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from monas_core.errors import UsageError

Files = dict[str, dict[str, list[str]]]
"""Paths of images by class, by part."""


def with_validation(files: Files, root: Path, typed: str, name: str) -> Files:
    """The parts with the images of a list taken out of ``train`` (or ``all``) into ``val``.

    Args:
        files: By part; those of ``val`` so far are replaced.
        root: What a person named.
        typed: Path of the list, from here or from the root.
        name: How the task is written, for messages.

    Raises:
        UsageError: There is no such list, or a line of it names no image, or one without class.
    """
    lines = _lines(root, typed, name)
    whole = "train" if "train" in files else "all"
    kind_of = {path: kind for kind, paths in files[whole].items() for path in paths}
    by_name = _by_name(kind_of)
    chosen: dict[str, list[str]] = {kind: [] for kind in files[whole]}
    for number, line in lines:
        path, kind = _found(line, root, kind_of, by_name)
        if kind not in chosen:
            what = f'no class "{kind}"' if kind else "no image"
            raise UsageError(
                f'{name}: line {number} of {typed}, "{line:.80}", names {what} in "{root}"; write '
                "the path of an image below the folder, and behind it the class of one that lies "
                "in no class folder."
            )
        chosen[kind].append(path)
    taken = {path for paths in chosen.values() for path in paths}
    rest = {kind: [p for p in paths if p not in taken] for kind, paths in files[whole].items()}
    return {**files, whole: rest, "val": {kind: sorted(set(p)) for kind, p in chosen.items()}}


def _lines(root: Path, typed: str, name: str) -> Sequence[tuple[int, str]]:
    for place in (Path(typed).expanduser(), root / typed):
        if place.is_file():
            try:
                text = place.read_text(encoding="utf-8")
            except (OSError, ValueError) as error:
                raise UsageError(f"{name}: list {place} cannot be read ({error}).") from error
            return [
                (n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()
            ]
    raise UsageError(
        f'{name}: options.task.validation: there is no file "{typed}", here or in "{root}"; check '
        "the path."
    )


def _by_name(kind_of: Mapping[str, str]) -> dict[str, str]:
    """Path by the name of the file; "" for a name that several files have."""
    found: dict[str, str] = {}
    for path in kind_of:
        file = path.rpartition(os.sep)[2]
        found[file] = "" if file in found else path
    return found


def _found(
    line: str, root: Path, kind_of: Mapping[str, str], by_name: Mapping[str, str]
) -> tuple[str, str]:
    """Path and class of an image; the class is "" where there is none."""
    first, _, last = line.replace(",", " ").replace("\t", " ").rpartition(" ")
    for named, kind in ((line, ""), (first.strip(), last.strip())):
        if not named:
            continue
        for folder in (root, root / "train"):
            path = os.path.join(folder, named)  # noqa: PTH118 - a million of them
            if path in kind_of:
                return path, kind_of[path]
        if by_name.get(named):
            return by_name[named], kind_of[by_name[named]]
        for folder in (root, root / "val"):
            path = os.path.join(folder, named)  # noqa: PTH118
            if kind and os.path.isfile(path):  # noqa: PTH113
                return path, kind
    return "", ""
