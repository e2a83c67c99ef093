"""A whole run on the space, far too short to be good: it ends with fronts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monas_core.catalog.lookup import Catalog
from monas_core.events import Bus
from monas_core.record.config import load_config
from monas_core.record.rundir import RunFolder
from monas_core.running.control import Control
from monas_core.running.engine import execute
from monas_core.running.resolving import resolve


@pytest.mark.parametrize("optimizer", ["random", "modnas"])
def test_ends_with_a_front_per_device(tmp_path: Path, optimizer: str) -> None:
    asked = {
        "space": "nasbench201",
        "objectives": ["acc", "lat", "params"],
        "devices": ["raspberry-pi-4"],
        "held_out": [],
        "optimizer": optimizer,
        "budget": "1steps",
        "preferences": 3,
        "torch_device": "cpu",
        "warm_up": {"steps": 4, "batch_size": 8},
    }
    plan = resolve(load_config(None, asked), Catalog.installed())
    assert plan.config.task == "digits"
    folder = RunFolder.create(tmp_path / "run", plan.config)
    result = execute(plan, folder, Bus(), Control())
    front = json.loads((result.run / "front" / "raspberry-pi-4.json").read_text())
    assert front["members"]
    assert {o["name"] for o in front["objectives"]} == {"acc", "lat", "params"}
