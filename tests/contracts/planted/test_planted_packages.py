"""Faults planted in what a distribution declares; each is caught, with its message."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from monas_core.catalog.discovery import Discovery
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry, Spec
from monas_core.testing import contracts
from monas_core.testing.contracts import package
from monas_core.testing.contracts.base import subject_of
from monas_core.testing.stages import TOY_PROVIDES

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("testing", "export")
CORE = sorted(path for name in FOLDERS for path in (ROOT / "monas_core" / name).rglob("*.py"))


def an_entry(kind: str = "device", provider: str = "acme", **words: set[str]) -> Entry:
    return Entry(kind, Spec("box", "S.", "acme_boxes.box:Box", **words), provider, "1")


def test_torch_at_the_top_of_a_plugin_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "light_plugin.py").write_text("import json\n")
    (tmp_path / "heavy_plugin.py").write_text("import torch\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    contract = contracts.PackageContract()
    monkeypatch.setattr(package, "_modules", lambda provider: (f"{provider}_plugin",))
    contract.test_listing_it_imports_no_torch(an_entry(provider="light"))
    with pytest.raises(AssertionError, match="importing heavy_plugin imports torch: "):
        contract.test_listing_it_imports_no_torch(an_entry(provider="heavy"))


def test_a_capability_that_is_all_but_spelled_right() -> None:
    known = an_entry("space", "other", provides={"supernet", "relaxed"})
    contract = contracts.SpecContract()
    for word, fault in (
        ("relaxd", '"relaxed" is known: correct the word'),
        ("wings", ""),
        ("relaxed", ""),
    ):
        entry = an_entry("space", provides={word})
        catalog = Catalog(Discovery((known, entry), ()))
        if not fault:
            contract.test_capabilities_are_spelled_as_others_know_them(entry, catalog)
            continue
        with pytest.raises(AssertionError, match=fault):
            contract.test_capabilities_are_spelled_as_others_know_them(entry, catalog)


def test_needs_that_nothing_meets_fail_and_those_of_other_problems_are_told() -> None:
    able = an_entry("task", "other", provides={"maps"})
    catalog = Catalog(Discovery((able,), ()))
    with pytest.raises(pytest.fail.Exception, match="needs wings, which the toy problem has not"):
        subject_of(an_entry("optimizer", needs={"wings"}), TOY_PROVIDES, catalog)
    with pytest.raises(pytest.skip.Exception, match="declared for problems with maps"):
        subject_of(an_entry("optimizer", needs={"maps"}), TOY_PROVIDES, catalog)
    assert subject_of(an_entry("optimizer", needs={"supernet"}), TOY_PROVIDES, catalog)


def quoted() -> dict[str, list[str]]:
    """By heading of docs/kit.md the messages that its table quotes."""
    page = (ROOT / "docs" / "kit.md").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for part in page.split("\n## ")[1:]:
        rows = [
            line for line in part.splitlines() if line.startswith("| ") and line.count("|") == 4
        ]
        texts = [text for row in rows for text in re.findall(r"`([^`]+)`", row.split("|")[3])]
        found[part.partition("\n")[0]] = texts
    return found


def test_the_page_quotes_what_is_said() -> None:
    """Every message in the tables of docs/kit.md is one of the kit's own, or of the core."""
    said = [text for texts in quoted().values() for text in texts]
    assert len(said) > 100
    source = "".join(path.read_text(encoding="utf-8") for path in CORE)
    # literals next to each other are one text, whatever the line breaks
    source = re.sub(r"""["']\s*\n\s*f?["']""", "", source)
    assert not [text for text in said if text not in source]


def test_what_the_page_quotes_is_caught() -> None:
    """A test of a planted fault waits for every message that the page quotes."""
    awaited: set[str] = set()
    for path in Path(__file__).parent.glob("test_planted_*.py"):
        if path != Path(__file__):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    parts = node.value.replace("\\", "").split("|")
                    awaited |= {part.strip() for part in parts if len(part.strip()) > 5}
    own = Path(__file__).read_text(encoding="utf-8")
    unproven = [
        text
        for heading, texts in quoted().items()
        for text in map(str.strip, texts)
        if heading != "Packages" or text not in own
        if not any(part in text or text in part for part in awaited)
    ]
    assert not unproven


def test_every_clause_leads_to_its_heading() -> None:
    headings = {f"docs/kit.md#{heading.lower().replace(' ', '-')}" for heading in quoted()}
    kinds = [getattr(contracts, name) for name in contracts.__all__]
    ends = {
        kind.explained(test) for kind in kinds for test in dir(kind) if test.startswith("test_")
    }
    assert ends == headings, "every message leads to a heading, and every heading is led to"
