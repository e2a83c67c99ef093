"""What is refused before the first training second, and with which words."""

from __future__ import annotations

from typing import Any

import pytest

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.record.config import load_config
from monas_core.running.plan import Plan
from monas_core.running.resolving import resolve

GOOD: dict[str, Any] = {
    "space": "gpt",
    "objectives": "acc,lat",
    "devices": "h100-sxm",
    "held_out": [],
    "budget": "4steps",
}


def resolved(catalog: Catalog, *dotted: str, **keys: Any) -> Plan:
    return resolve(load_config(None, GOOD | keys, dotted), catalog)


def test_defaults_are_made_explicit(catalog: Catalog) -> None:
    plan = resolve(load_config(None, {"space": "gpt"}), catalog)
    config = plan.config
    assert config.preset == "tiny"
    assert (
        config.objectives == ("energy", "latency", "quality") or len(config.objectives or ()) == 3
    )
    assert len(plan.devices) >= 6
    assert plan.devices[0].name == "host"
    assert len(plan.held_out) >= 4
    assert not {d.name for d in plan.devices} & {d.name for d in plan.held_out}
    assert config.task == "pystdlib"
    assert config.optimizer == "modnas"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"space": "gtp"}, r'No search space "gtp"\. Did you mean "gpt"'),
        ({"objectives": "acc,latt"}, 'No objective "latt".*Did you mean "lat"'),
        ({"devices": "h100"}, 'No device "h100".*Did you mean'),
        ({"task": "pystdlb"}, 'No task "pystdlb".*Did you mean "pystdlib"'),
        ({"optimizer": "modnass"}, 'No optimizer "modnass".*Did you mean "modnas"'),
        ({"preset": "xl"}, 'no preset "xl"; it has: tiny, s, m, l'),
        ({"objectives": "acc,acc"}, "named twice"),
        ({"held_out": "h100-sxm"}, "both searched and held out"),
        ({"objectives": "lat,params", "budget": "9evals"}, "counts evaluations of quality"),
        ({"task": "text:/nowhere"}, "/nowhere"),
        ({"options": {"optimizer": {"hiden": 3}}}, r"options\.optimizer\.hiden: unknown key; did"),
        ({"options": {"optimizer": {"hidden": "x"}}}, r"options\.optimizer\.hidden: expected int"),
        ({"options": {"objectiv": {}}}, r"options\.objectiv: unknown key"),
        ({"warm_up": {"batch_size": 0}}, r"warm_up\.batch_size must be positive, got 0"),
    ],
)
def test_bad_requests_are_one_sentence(catalog: Catalog, keys: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        resolved(catalog, **keys)
    assert "\n" not in str(caught.value)


def test_too_little_memory_is_refused_with_both_figures(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monas_core.running.memory.available_bytes", lambda: 2**20)
    with pytest.raises(UsageError, match=r"needs about \d+\.\d GB.*0\.0 GB are free"):
        resolved(catalog)


def test_the_large_preset_needs_more_memory_than_the_small_one(catalog: Catalog) -> None:
    from monas_core.parts.context import Context
    from monas_core.running.memory import needed_bytes

    plan = resolved(catalog)
    large = catalog.create("space", "gpt", preset="l")
    small_need = needed_bytes(Context(plan.space, plan.task), plan.warm_up)
    large_need = needed_bytes(Context(large, plan.task), large.warm_up)
    assert large_need > 16 * 600_000_000  # weights, gradients and two moments of the L preset
    assert large_need > 100 * small_need


def test_a_dry_run_pushes_one_batch_through(catalog: Catalog) -> None:
    loss = resolved(catalog).try_batch()
    assert 3.0 < loss < 8.0  # an untrained byte model knows nothing: about ln 256 = 5.5


def test_lists_may_be_written_with_spaces(catalog: Catalog) -> None:
    plan = resolved(catalog, devices="h100-sxm, raspberry-pi-4", held_out="")
    assert [device.name for device in plan.devices] == ["h100-sxm", "raspberry-pi-4"]
    assert plan.held_out == ()
