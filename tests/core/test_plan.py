"""What is refused before the first training second, and with which words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monas_core.catalog.lookup import Catalog, checked_options
from monas_core.cli.details import options_of, options_path
from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.record.config import load_config
from monas_core.running.devices import named_devices
from monas_core.running.naming import check_kinds, objectives_of, options_by_name
from monas_core.running.plan import Plan
from monas_core.running.resolving import resolve
from monas_core.values.population import corners, decode

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
    assert config.objectives is not None
    assert config.objectives[0] == "quality", "what a budget of evaluations counts comes first"
    assert sorted(config.objectives) == ["energy", "latency", "quality"]
    assert config.objectives == tuple(objective.name for objective in plan.objectives)
    assert len(plan.devices) == 6
    assert plan.devices[0].name == "host"
    assert len(plan.held_out) == 5
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


@pytest.mark.parametrize("objectives", ["acc,params", "acc:perplexity,flops", "params"])
def test_one_front_where_no_objective_reads_a_device(catalog: Catalog, objectives: str) -> None:
    plan = resolve(load_config(None, {"space": "gpt", "objectives": objectives}), catalog)
    assert [device.name for device in plan.all_devices] == ["any"]
    assert plan.config.devices == ("any",)
    assert plan.config.held_out == ()
    again = resolve(plan.config, catalog)
    assert [device.name for device in again.all_devices] == ["any"]


def test_one_device_may_be_named_though_none_is_read(catalog: Catalog) -> None:
    config = load_config(None, {"space": "gpt", "objectives": "acc,params", "devices": "t4"})
    assert [device.name for device in resolve(config, catalog).all_devices] == ["t4"]


def test_a_task_has_several_scores(catalog: Catalog) -> None:
    plan = resolved(catalog, objectives="acc,acc:perplexity,acc:next-byte-accuracy,lat")
    found = [(o.name, o.short, o.unit, o.direction) for o in plan.objectives[:3]]
    assert found == [
        ("quality", "acc", "bit/byte", "min"),
        ("quality:perplexity", "acc:perplexity", "1", "min"),
        ("quality:next-byte-accuracy", "acc:next-byte-accuracy", "fraction", "max"),
    ]
    assert plan.config.objectives is not None
    assert plan.config.objectives[1] == "quality:perplexity"


def test_options_reach_objectives_and_devices(catalog: Catalog) -> None:
    plan = resolved(
        catalog,
        "options.device.h100-sxm.batch=8",
        "options.device.host.threads=2",
        "options.objective.FLOPs.macs=true",
        objectives="acc,lat,flops",
        devices="h100-sxm,host",
    )
    plain = resolved(catalog, objectives="acc,lat,flops")
    assert plan.devices[0].profile.batch == 8 != plain.devices[0].profile.batch
    assert "2 threads" in plan.devices[1].profile.runtime
    assert (plan.objectives[2].unit, plain.objectives[2].unit) == ("MAC", "FLOP")
    values = []
    for own in (plan, plain):
        context = Context(own.space, own.task)
        ends = decode(own.space.choices, corners(own.space.choices))
        values.append([v.value for v in own.objectives[2].evaluate(ends, None, context)])
    assert [2 * value for value in values[0]] == values[1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bits-per-byte", ("quality", "acc", "bits per byte")),
        ("Bits per byte", ("quality", "acc", "bits per byte")),
        ("perplexity", ("quality:perplexity", "acc:perplexity", "perplexity")),
        ("Next-Byte Accuracy", ("quality:next-byte-accuracy",)),
    ],
)
def test_an_objective_is_named_by_the_score_it_is(
    catalog: Catalog, name: str, expected: tuple[str, ...]
) -> None:
    limit = {"perplexity": 90} if name == "perplexity" else {}
    plan = resolved(catalog, objectives=f"{name},lat", max=limit)
    assert plan.config.objectives == (expected[0], "latency")
    objective = plan.objectives[0]
    assert (objective.name, objective.short, objective.score)[: len(expected)] == expected
    assert [limit.objective for limit in plan.limits] == ["acc:perplexity"][: len(limit)]


@pytest.mark.parametrize(
    ("objectives", "words"),
    [
        ("perplexit,lat", 'Did you mean "perplexity", a score of task "pystdlib"'),
        ("acc,bits-per-byte", 'Objective "quality" is named twice'),
        ("speed", "monas plugins, or a score of task .*: bits-per-byte, perplexity"),
    ],
)
def test_a_score_that_is_none_is_refused(catalog: Catalog, objectives: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        resolved(catalog, objectives=objectives)


def test_names_with_dots_take_options_too() -> None:
    config = load_config(None, GOOD, ["options.device.board-1.2.batch=4"])
    assert config.options == {"device": {"board-1.2": {"batch": 4}}}


def test_what_info_recommends_is_accepted(catalog: Catalog) -> None:
    """Every option of everything installed, set to its default by the path that is shown."""
    shown = 0
    for entry in catalog.entries():
        path, offered = options_path(entry), options_of(entry)
        if path is None:
            continue
        lists = {"objective": "objectives", "device": "devices", "observer": "observers"}
        named = lists.get(entry.kind)
        for option in offered:
            shown += 1
            dotted = [f"{path}.{option['name']}={json.dumps(option['default'])}"]
            argument = ":any" if "takes-argument" in entry.spec.provides else ""
            keys = {named: entry.name + argument} if named == "devices" else {}
            keys |= {named: entry.name} if named in ("objectives", "observers") else {}
            config = load_config(None, GOOD | keys, dotted)
            if named == "devices":
                named_devices(config, catalog, differ=True)
                checked_options(entry, config.options["device"][entry.name])
            elif named == "objectives":
                options_by_name(config, "objective", objectives_of(config, catalog))
            elif named == "observers":
                checked_options(entry, config.options["observer"][entry.name])
            else:
                check_kinds(config)
                checked_options(entry, config.options[entry.kind])
    assert shown > 40
