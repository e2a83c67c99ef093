"""The code blocks of the pages, and the commands in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
MADE = ("commands.md", "glossary.md", "public-api.md")
"""Made from the code, with forms of commands in place of commands; ``test_site`` compares them."""
PAGES = [
    *(p for p in sorted(DOCS.rglob("*.md")) if p.name not in MADE and p.parent.name != "changes"),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
]
PROGRAMS = ("monas", "pip", "python", "make", "torchrun", "tensorboard")
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?<=\n\n)((?:    [^\n]+\n|\n(?=    \S))+)")
_INLINE = re.compile(r"`((?:monas|python) [^`]+)`")


@attrs.frozen
class Block:
    """One block of code.

    Attributes:
        page: Path below the repository.
        language: As the fence says; ``shell`` where the first line is a command, else "".
        text: Without fence and indentation.
    """

    page: str
    language: str
    text: str

    @property
    def first(self) -> str:
        """Its first line, by which it is known."""
        return self.text.splitlines()[0].strip()


def _language(given: str, text: str) -> str:
    words = text.split(maxsplit=1)
    told = "\nerror: " in text  # of what a command said
    return given or ("shell" if words and words[0] in PROGRAMS and not told else "")


def blocks() -> Iterator[Block]:
    """Every block of every page, in order."""
    for path in PAGES:
        page, text = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        for given, inside in _FENCED.findall(text):
            yield Block(page, _language(given, inside), inside)
        for inside in _INDENTED.findall(_FENCED.sub("", text)):
            lines = [line.removeprefix("    ") for line in inside.splitlines()]
            plain = "\n".join(lines).strip("\n")
            yield Block(page, _language("", plain), plain)


def commands(text: str) -> list[list[str]]:
    """The words of each command; "..." stands for more of them and is left out."""
    whole = text.replace("\\\n", " ")
    found = [shlex.split(line, comments=True) for line in whole.splitlines()]
    return [[word for word in words if word != "..."] for words in found if words]


def inline() -> Iterator[tuple[str, list[str]]]:
    """Commands within sentences and tables, each with its page; none with alternatives."""
    for path in PAGES:
        text = _FENCED.sub("", path.read_text(encoding="utf-8"))
        for line in _INLINE.findall(text):
            if not re.search(r"[|…]|\.\.\.|\[", line):
                yield path.relative_to(ROOT).as_posix(), shlex.split(line)
