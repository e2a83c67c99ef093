"""``monas check`` selects by plugin, distribution or package, and names what is wrong."""

from __future__ import annotations

import pytest

from monas_core.catalog.discovery import Discovery
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry, Spec
from monas_core.cli.check import selection
from monas_core.errors import UsageError

ENTRY = Entry("device", Spec("box", "S.", "acme_boxes.box:Box", aliases=("b",)), "acme-boxes", "1")
CATALOG = Catalog(Discovery((ENTRY,), ()))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("box", ["--plugin", "box"]),
        ("b", ["--plugin", "box"]),
        ("acme-boxes", ["--provider", "acme-boxes"]),
        ("acme_boxes", ["--provider", "acme-boxes"]),
    ],
)
def test_selection(name: str, words: list[str]) -> None:
    assert selection(CATALOG, name) == words


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UsageError, match="Did you mean"):
        selection(CATALOG, "boxx")
