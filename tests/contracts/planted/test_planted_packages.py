"""Faults planted in what a distribution declares; each is caught, with its message."""

from __future__ import annotations

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
    with pytest.raises(AssertionError, match="importing heavy_plugin imports torch"):
        contract.test_listing_it_imports_no_torch(an_entry(provider="heavy"))


def test_a_capability_that_is_all_but_spelled_right() -> None:
    known = an_entry("space", "other", provides={"supernet", "relaxed"})
    contract = contracts.SpecContract()
    for word, fault in (("relaxd", '"relaxed" is known'), ("wings", ""), ("relaxed", "")):
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


def test_the_page_quotes_what_is_said() -> None:
    """Every message in the table of docs/kit.md is one of the kit's own."""
    page = (ROOT / "docs" / "kit.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and line.count("|") == 4]
    quoted = [text for row in rows[1:] for text in re.findall(r"`([^`]+)`", row.split("|")[3])]
    assert len(quoted) > 40
    folder = Path(package.__file__).parents[1]
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py")))
    # literals next to each other are one text, whatever the line breaks
    said = re.sub(r"""["']\s*\n\s*f?["']""", "", source)
    assert not [text for text in quoted if text not in said]
