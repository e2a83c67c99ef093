"""A made-up problem and made-up optimizers, installed as a stranger's plugin."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from monas_core.catalog.lookup import Catalog
from monas_core.cli.main import main

TOYS = Path(__file__).parent / "toys"


@attrs.frozen
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """A folder that makes the toys an installed distribution."""
    folder = tmp_path_factory.mktemp("site")
    info = folder / "toy_contest-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-contest\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[monas]\ntoy-contest = toy_contest\n")
    return folder


@pytest.fixture
def catalog(site, monkeypatch) -> Catalog:
    """Everything installed, the toys too."""
    for path in (TOYS, site):
        monkeypatch.syspath_prepend(str(path))
    return Catalog.installed()


@pytest.fixture
def data(tmp_path) -> Path:
    """A data folder for the toys."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "toy.txt").write_text("1\n")
    return folder


@pytest.fixture
def bench(catalog, data, tmp_path, capsys, monkeypatch):
    """Run ``monas bench`` with some words in an empty folder."""
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("MONAS_DATA", str(data))

    def run(*words) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["bench", *map(str, words)])
        printed = capsys.readouterr()
        return Outcome(end.value.code or 0, printed.out, printed.err)  # pyright: ignore

    return run
