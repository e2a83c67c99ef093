"""Where settings come from, and that their sources stay as they are."""

from __future__ import annotations

import copy
from typing import Any

from monas_core.record.config import load_config

PRESET: dict[str, Any] = {
    "space": "toy",
    "warm_up": {"steps": 5},
    "options": {"optimizer": {"hidden": 3}},
}
DOTTED = ["warm_up.steps=9", "options.optimizer.hidden=4", "options.task.length=8"]


def test_overrides_leave_the_preset_as_it_was() -> None:
    preset = copy.deepcopy(PRESET)
    config = load_config(None, {}, DOTTED, preset)
    assert config.warm_up.steps == 9
    assert config.options == {"optimizer": {"hidden": 4}, "task": {"length": 8}}
    assert preset == PRESET
    assert load_config(None, {}, (), preset).warm_up.steps == 5


def test_overrides_leave_the_callers_settings_as_they_were() -> None:
    given = copy.deepcopy(PRESET) | {"options": {"optimizer": {"layers": [1, 2]}}}
    before = copy.deepcopy(given)
    config = load_config(None, given, DOTTED)
    config.options["optimizer"]["layers"].append(3)
    assert given == before
