"""Several runs on one scale: shares of a common box, who is beaten, and what cannot be compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monas_core.errors import UsageError
from monas_core.record.rundir import RunFolder
from monas_core.report.comparison import compared
from monas_core.report.records import read_record

from .conftest import write_run


def changed_front(run: Path, device: str, **factors: float) -> None:
    """Multiply values of all members of a stored front."""
    path = run / "front" / f"{device}.json"
    document = json.loads(path.read_text())
    for member in document["members"]:
        for name, factor in factors.items():
            member["values"][name] *= factor
    path.write_text(json.dumps(document))


@pytest.fixture
def runs(tmp_path) -> list[Path]:
    first, second = write_run(tmp_path / "a" / "run"), write_run(tmp_path / "b" / "run")
    changed_front(second, "alpha", lat=0.5)
    changed_front(second, "beta", lat=2.0, energy=2.0)
    return [first, second]


def comparison(runs):
    return compared([read_record(RunFolder(run)) for run in runs])


def test_who_is_better_has_the_larger_share_and_the_unbeaten_members(runs):
    found = comparison(runs)
    assert list(found.runs) == ["a/run", "b/run"]
    first, second = found.devices["alpha"]
    assert 0 < first.hypervolume < second.hypervolume <= 1
    assert (first.kept, second.kept) == (0, 9)
    first, second = found.devices["beta"]
    assert second.hypervolume < first.hypervolume
    assert (first.kept, second.kept) == (9, 0)


def test_equal_fronts_share_alike(runs):
    first, second = comparison(runs).devices["gamma"]
    assert first.hypervolume == second.hypervolume
    assert first.best(found := first.front.objectives[1]) == second.best(found)


def test_what_cannot_be_compared_is_said(runs, tmp_path):
    with pytest.raises(UsageError, match="two runs"):
        comparison(runs[:1])
    with pytest.raises(UsageError, match="named twice"):
        comparison([runs[0], runs[0]])
    path = runs[1] / "front"
    for file in path.iterdir():
        file.write_text(file.read_text().replace('"mJ"', '"J"'))
    with pytest.raises(UsageError, match=r"same objectives.*energy \[J\]"):
        comparison(runs)


def test_the_command_prints_a_table_json_and_a_picture(runs, tmp_path, cli):
    picture = tmp_path / "compare.png"
    code, out, _ = cli("compare", *runs, "--out", picture, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["devices"]["alpha"]["b/run"]["unbeaten"] == 9
    assert document["runs"]["a/run"]["optimizer"] == "some"
    assert picture.read_bytes().startswith(b"\x89PNG")
    _, shown, _ = cli("compare", *runs, "--device", "beta")
    assert "beta" in shown
    assert "alpha" not in shown


def test_the_command_refuses_what_it_cannot_do(runs, tmp_path, cli):
    code, _, err = cli("compare", *runs, "--device", "delta")
    assert (code, "they share: alpha, beta, gamma" in err) == (2, True)
    code, _, err = cli("compare", *runs, "--out", tmp_path / "no" / "x.png")
    assert (code, "make" in err) == (2, True)
    code, _, err = cli("compare", *runs, "--out", tmp_path / "x.gif")
    assert (code, ".png" in err) == (2, True)
