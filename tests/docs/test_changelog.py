"""Fragments end up in the changelog, each once and in its section."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
KNOWN = """# Changelog

Words.

## Unreleased

### Added
- One, that
  goes on.

### Fixed
- A fault.

## 0.1.0 – 2026-01-01

### Added
- Everything.
"""


@pytest.fixture(scope="module")
def changelog(script: Callable[[Path], ModuleType]) -> ModuleType:
    return script(ROOT / "docs" / "changelog.py")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs" / "changes").mkdir(parents=True)
    (tmp_path / "CHANGELOG.md").write_text(KNOWN)
    return tmp_path


def write(root: Path, name: str, text: str) -> Path:
    path = root / "docs" / "changes" / f"{name}.md"
    path.write_text(text)
    return path


def test_fragments_are_folded_and_removed(changelog: ModuleType, root: Path) -> None:
    write(root, "b", "### Changed\n- Two\n  lines.\n\n### Fixed\n- Another.\n")
    write(root, "a", "### Added\n- Three.\n- Four.\n")
    assert changelog.main(root, []) == 0
    wanted = KNOWN.replace(
        "  goes on.\n", "  goes on.\n- Three.\n- Four.\n\n### Changed\n- Two\n  lines.\n"
    )
    assert (root / "CHANGELOG.md").read_text() == wanted.replace(
        "A fault.\n", "A fault.\n- Another.\n"
    )
    assert not list((root / "docs" / "changes").iterdir())
    assert changelog.main(root, []) == 0
    assert (root / "CHANGELOG.md").read_text().count("Three") == 1


def test_a_release_gets_its_version_and_a_new_heading(changelog: ModuleType, root: Path) -> None:
    write(root, "a", "### Added\n- Three.\n")
    assert changelog.main(root, ["--release", "0.2.0"]) == 0
    text = (root / "CHANGELOG.md").read_text()
    today = dt.date.today().isoformat()
    assert (
        f"## Unreleased\n\n## 0.2.0 – {today}\n\n### Added\n- One, that\n  goes on.\n- Three."
        in text
    )
    assert text.endswith(KNOWN[KNOWN.index("## 0.1.0") :])
    write(root, "a", "### Fixed\n- Later.\n")
    assert changelog.main(root, []) == 0
    assert "## Unreleased\n\n### Fixed\n- Later.\n\n## 0.2.0" in (root / "CHANGELOG.md").read_text()


@pytest.mark.parametrize(
    ("text", "more", "told"),
    [
        ("### Add\n- Three.\n", [], "a.md, line 1: no section 'Add'; one of Added, Changed"),
        ("- Three.\n", [], "a.md, line 1: '- Three.' is no list item under a ### section"),
        ("### Added\nThree.\n", [], "line 2: 'Three.' is no list item"),
        ("\n", [], "a.md says nothing; remove it"),
        ("### Added\n- Three.\n", ["--release", "two"], "'two' is no version"),
        ("### Added\n- Three.\n", ["--release", "0.1.0"], "has a version 0.1.0 already"),
    ],
)
def test_what_is_malformed_changes_nothing(
    changelog: ModuleType, root: Path, text: str, more: list[str], told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = write(root, "a", text)
    assert changelog.main(root, more) == 1
    assert told in capsys.readouterr().err
    assert (root / "CHANGELOG.md").read_text() == KNOWN
    assert path.exists()


def test_looking_changes_nothing(changelog: ModuleType, root: Path) -> None:
    path = write(root, "a", "### Added\n- Three.\n")
    assert changelog.main(root, ["--check"]) == 0
    assert path.exists()
    assert (root / "CHANGELOG.md").read_text() == KNOWN


def test_the_projects_own_are_well_formed(changelog: ModuleType) -> None:
    assert changelog.main(ROOT, ["--check"]) == 0
