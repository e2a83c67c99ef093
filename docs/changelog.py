"""Folds the fragments of ``docs/changes`` into the changelog.

python docs/changelog.py --check            # ends with 1 where a fragment is not well formed
python docs/changelog.py                    # folds them into Unreleased and removes them
python docs/changelog.py --release 0.2.0    # folds, then gives Unreleased the version and the date

A fragment is a file ``docs/changes/NAME.md`` of one or more headings ``### Added``,
``### Changed``, ``### Deprecated``, ``### Removed`` or ``### Fixed``, each followed by list items.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECTIONS = ("Added", "Changed", "Deprecated", "Removed", "Fixed")
"""In the order of Keep a Changelog."""
OPEN = "## Unreleased"


class MalformedError(Exception):
    """A fragment, or the changelog, is not what it must be."""


def items(text: str, where: str, *, strict: bool = True) -> dict[str, list[str]]:
    """The list items of a text by section, each as it is written.

    ``strict`` wants the further lines of an item indented, as fragments have them.

    Raises:
        MalformedError: Something else than sections of list items.
    """
    found: dict[str, list[str]] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        place = f"{where}, line {number}"
        if line.startswith("### "):
            section = line.removeprefix("### ").strip()
            if section not in SECTIONS:
                raise MalformedError(
                    f"{place}: no section {section!r}; one of {', '.join(SECTIONS)}."
                )
        elif line.startswith("- ") and section:
            found.setdefault(section, []).append(line)
        elif found.get(section) and line.strip() and (line.startswith("  ") or not strict):
            found[section][-1] += f"\n{line}"
        elif line.strip():
            raise MalformedError(f"{place}: {line!r:.50} is no list item under a ### section.")
    return found


def fragments(folder: Path) -> dict[Path, dict[str, list[str]]]:
    """Every fragment with its items. Raises MalformedError for one that is none or says nothing."""
    found: dict[Path, dict[str, list[str]]] = {}
    for path in sorted(folder.glob("*.md")):
        found[path] = items(path.read_text(encoding="utf-8"), path.name)
        if not found[path]:
            raise MalformedError(f"{path.name} says nothing; remove it.")
    return found


def folded(changelog: str, new: Mapping[str, list[str]]) -> str:
    """The changelog with more items under Unreleased; sections keep their order."""
    head, found, rest = changelog.partition(f"\n{OPEN}\n")
    if not found:
        raise MalformedError(f'the changelog has no heading "{OPEN}".')
    body, separator, later = rest.partition("\n## ")
    known = items(body, f"{OPEN.removeprefix('## ')} of the changelog", strict=False)
    merged = {name: [*known.get(name, []), *new.get(name, [])] for name in SECTIONS}
    parts = [f"### {name}\n" + "\n".join(lines) for name, lines in merged.items() if lines]
    text = "\n\n".join(parts)
    return f"{head}\n{OPEN}\n" + (f"\n{text}\n" if text else "") + separator + later


def released(changelog: str, version: str, day: str) -> str:
    """The changelog whose Unreleased is a version now, with an empty one above it."""
    if not re.fullmatch(r"\d+\.\d+\.\d+([abc]|rc)?\d*", version):
        raise MalformedError(f"{version!r} is no version; write it like 0.2.0.")
    if f"\n## {version} " in changelog:
        raise MalformedError(f"the changelog has a version {version} already.")
    head, _, rest = changelog.partition(f"\n{OPEN}\n")
    if not rest.partition("\n## ")[0].strip():
        raise MalformedError("nothing has changed since the last version.")
    return f"{head}\n{OPEN}\n\n## {version} – {day}\n{rest}"


def main(root: Path, arguments: list[str]) -> int:
    """The command; 1 where something is malformed, with one sentence."""
    parser = argparse.ArgumentParser(description="Fold the fragments of docs/changes.")
    parser.add_argument("--check", action="store_true", help="look only")
    parser.add_argument("--release", metavar="VERSION", help="give Unreleased a version and a date")
    asked = parser.parse_args(arguments)
    path = root / "CHANGELOG.md"
    try:
        found = fragments(root / "docs" / "changes")
        text = path.read_text(encoding="utf-8")
        for new in found.values():
            text = folded(text, new)
        if asked.release:
            text = released(text, asked.release, dt.date.today().isoformat())
    except MalformedError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    if not asked.check:
        path.write_text(text, encoding="utf-8")
        for fragment in found:
            fragment.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(ROOT, sys.argv[1:]))
