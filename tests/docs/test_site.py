"""The documentation: pages have a place, links an end, and what is made from code is true."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if page.parent.name != "changes")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def named(entries: Any) -> Iterator[str]:
    """Every page of the navigation."""
    if isinstance(entries, str):
        yield entries
    elif isinstance(entries, dict):
        for entry in entries.values():
            yield from named(entry)
    else:
        for entry in entries:
            yield from named(entry)


def anchors(page: Path) -> set[str]:
    """What a page can be entered at: its headings as sites and code hosts spell them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = set()
    for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", title).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-"))
    return found


def test_every_page_has_its_place() -> None:
    settings = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
    placed = list(named(settings["project"]["nav"]))
    assert len(placed) == len(set(placed))
    there = {page.relative_to(DOCS).as_posix() for page in PAGES}
    numbered = {name for name in there if re.match(r"decisions/\d", name)}  # listed by their README
    assert set(placed) == there - numbered


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    broken = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        end = (page.parent / path).resolve() if path else page
        if not end.exists() or (anchor and end.suffix == ".md" and anchor not in anchors(end)):
            broken.append(link)
    assert not broken


def test_made_pages_say_what_the_code_says(script: Callable[[Path], ModuleType]) -> None:
    stale = script(DOCS / "reference.py").main(check=True)
    assert not stale, "python docs/reference.py writes them"


def test_decisions_are_listed() -> None:
    listed = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    assert not [p.name for p in (DOCS / "decisions").glob("0*.md") if p.name not in listed]


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("zensical")
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    done = subprocess.run(
        [*command, "-f", str(ROOT / "zensical.toml")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower()
    assert (ROOT / "site" / "tutorial" / "index.html").is_file()
