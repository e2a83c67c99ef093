"""A run from Python: search, front, pick, limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from monas_core.api import carry_out as search
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.record.config import RunConfig
from monas_core.record.training import WarmUpConfig
from monas_core.run import Run
from monas_core.values.budget import Budget
from monas_core.values.constraint import Constraint


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Run:
    config = RunConfig(
        space="gpt",
        objectives=("acc", "lat"),
        devices=("h100-sxm", "raspberry-pi-4"),
        held_out=("jetson-tx2",),
        optimizer="random",
        budget=Budget.parse("4steps"),
        warm_up=WarmUpConfig(steps=12, batch_size=4),
        preferences=8,
        out_dir=str(tmp_path_factory.mktemp("api") / "run"),
    )
    return search(config, catalog)


def test_extreme_wishes_reach_the_ends_of_the_known_front(run: Run) -> None:
    for device in run.devices:
        members = run.front(device).members
        fastest = run.pick(device, {"lat": 1.0}).values["lat"]
        best = run.pick(device, {"quality": 1.0}).values["acc"]
        assert fastest <= 1.05 * min(m.values["lat"] for m in members)
        assert best <= 1.01 * min(m.values["acc"] for m in members)


def test_a_pick_has_the_documented_form(run: Run) -> None:
    pick = run.pick("raspberry-pi-4", {"acc": 3, "lat": 1})
    assert pick.device == "raspberry-pi-4"
    assert pick.preference == {"acc": 0.75, "lat": 0.25}
    assert set(pick.values) == {"acc", "lat"} == set(pick.origin)
    assert set(pick.architecture) == {"space", "version", "choices"}
    assert pick.origin == {"acc": "measured", "lat": "modelled"}


def test_a_device_no_search_has_seen_can_be_asked_for(run: Run) -> None:
    pick = run.pick("raspberry-pi-5", {"acc": 0.5, "lat": 0.5})
    assert pick.values["lat"] > 0
    with pytest.raises(UsageError, match='no front for device "raspberry-pi-5"'):
        run.front("raspberry-pi-5")


def test_limits_hold_or_the_nearest_is_named(run: Run) -> None:
    members = run.front("raspberry-pi-4").members
    middle = sorted(m.values["lat"] for m in members)[len(members) // 2]
    pick = run.pick("raspberry-pi-4", {"acc": 1.0}, [Constraint("latency", "max", middle)])
    assert pick.values["lat"] <= middle
    with pytest.raises(UsageError, match=r"meets lat at most 1e-09 ms .* nearest .* ms"):
        run.pick("raspberry-pi-4", {"acc": 1.0}, [Constraint("lat", "max", 1e-9)])
    with pytest.raises(UsageError, match='Limit on "energy"'):
        run.pick("raspberry-pi-4", {"acc": 1.0}, [Constraint("energy", "max", 1.0)])


def test_a_missing_front_or_lost_checkpoints_are_told(
    run: Run, tmp_path: Path, catalog: Catalog
) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(run.path, copy)
    (copy / "front" / "h100-sxm.json").write_text("{")
    with pytest.raises(UsageError, match="is damaged"):
        Run.open(copy, catalog).front("h100-sxm")
    shutil.rmtree(copy / "checkpoints")
    with pytest.raises(UsageError, match="has lost its checkpoints"):
        Run.open(copy, catalog).pick("raspberry-pi-4", {"acc": 1.0})
