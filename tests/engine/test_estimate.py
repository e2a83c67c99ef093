"""What a dry run says of memory and time."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.computing.ranks import Ranks
from monas_core.computing.traffic import Wire, seconds_of_a_step, sent_in_a_step
from monas_core.errors import UsageError
from monas_core.record.config import load_config
from monas_core.running.estimate import Memory, estimated, memory_of
from monas_core.running.plan import Plan
from monas_core.running.resolving import resolve
from monas_core.tracing.footprint import pretended, without_data


def planned(*settings: str, space: str = "gpt", **flags: Any) -> Plan:
    given = {"space": space, "objectives": ["flops", "params"], "devices": ["h100-sxm"]}
    return resolve(
        load_config(None, given | {"held_out": []} | flags, settings), Catalog.installed()
    )


@pytest.fixture(scope="module")
def whole() -> Memory:
    return memory_of(planned("warm_up.batch_size=32"))


def test_weights_and_updaters_are_counted(whole: Memory) -> None:
    plan = planned()
    supernet = plan.build_supernet()
    expected = sum(p.nbytes for p in supernet.parameters()) / 2**20
    assert whole.weights == pytest.approx(expected, rel=0.01)
    assert whole.weights < whole.updater < 2 * whole.weights  # Muon keeps one moment, AdamW two
    adamw = memory_of(planned("warm_up.batch_size=32", "training.updater=adamw"))
    assert adamw.updater == pytest.approx(2 * whole.weights, rel=0.01)


def test_what_saves_memory_is_seen_to(whole: Memory) -> None:
    pieces = memory_of(planned("warm_up.batch_size=32", "training.micro_batch=8"))
    again = memory_of(planned("warm_up.batch_size=32", "training.recompute=true"))
    assert pieces.activations < 0.4 * whole.activations
    assert again.activations < 0.7 * whole.activations
    averaged = memory_of(planned("warm_up.batch_size=32", "training.ema=0.9"))
    assert averaged.kept == pytest.approx(whole.kept + whole.weights)


def test_the_copy_to_go_back_to_knows_an_updater_once_there_was_time_for_one(whole: Memory) -> None:
    brief = memory_of(planned("warm_up.batch_size=32", "warm_up.steps=7"))
    assert brief.kept == pytest.approx(whole.weights)
    assert whole.kept == pytest.approx(whole.weights + whole.updater)


def test_several_processes_are_told_what_each_sends() -> None:
    class Two(Ranks):
        count = 2

    plan = planned("warm_up.steps=10", "warm_up.batch_size=2")
    told = estimated(attrs.evolve(plan, ranks=Two()))
    assert told["sent by each process in a step [MB]"] == pytest.approx(
        told["of which [MB]"]["weights"], abs=0.5
    )


@pytest.mark.parametrize(("ranks", "share"), [(1, 0.0), (2, 1.0), (4, 1.5), (1000, 1.998)])
def test_a_ring_sends_every_number_nearly_twice(ranks: int, share: float) -> None:
    assert sent_in_a_step(1000, ranks) == pytest.approx(4000 * share)
    wire = Wire(bytes_per_s=4000.0, latency_s=0.5)
    computing, sending = seconds_of_a_step(10.0, 1000, ranks, wire)
    assert computing == 10.0 / ranks
    assert sending == pytest.approx(share + (ranks - 1))
    assert seconds_of_a_step(10.0, 1000, ranks, wire, growing=True) == (10.0, sending)


def test_time_grows_with_steps_and_is_left_open_where_nobody_knows() -> None:
    plan = planned("warm_up.steps=10", "warm_up.batch_size=2", budget="7steps")
    told = estimated(plan)
    assert told["time [s]"]["search"] is None
    assert told["time [s]"]["warm-up"] == pytest.approx(10 * told["a step [s]"], abs=0.1)
    assert estimated(attrs.evolve(plan, warm_up=attrs.evolve(plan.warm_up, steps=0))) == {}


@pytest.mark.parametrize(
    ("space", "setting", "said"),
    [
        ("gpt", "training.channels_last=true", "training.channels_last has no effect: networks"),
        ("mobilenetv3", "training.recompute=true", "training.recompute has no effect: networks"),
        ("gpt", "training.precision=int4", 'training.precision "int4" is not known'),
        ("gpt", "training.updater=sgd training.betas=[0.9,0.9]", "training.betas has no effect"),
    ],
)
def test_settings_without_effect_are_refused(space: str, setting: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        planned(*setting.split(), space=space)


def test_a_trainer_with_its_own_way_refuses_recipes() -> None:
    given = {"trainer": "blockwise", "teacher": "largest", "task": "digits"}
    with pytest.raises(UsageError, match=r'Trainer "blockwise" .* does not keep to training\.ema'):
        planned("training.ema=0.9", space="mobilenetv3", **given)


def test_published_presets_come_with_their_recipes() -> None:
    published = planned(preset="s").warm_up
    assert (published.recipe.updater, published.recipe.weight_decay) == ("adamw", 0.1)
    assert published.recipe.precision == "fp32"  # on a CPU, unless a person says otherwise
    assert planned("training.precision=bf16", preset="s").warm_up.recipe.precision == "bf16"


def test_places_that_are_not_there_are_one_sentence() -> None:
    with pytest.raises(UsageError, match="torch device xpu was asked for, but torch finds none"):
        planned(torch_device="xpu")


def test_networks_that_move_themselves_are_estimated() -> None:
    """Cells put themselves into channels last while they are built."""
    found = memory_of(planned(space="nasbench201"))
    assert found.weights > 0
    assert found.activations > found.weights


def test_tied_weights_count_once() -> None:
    with torch.device("meta"):
        network = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 3))
        network[1].weight = network[0].weight
    with pretended():
        plain = without_data(network)
    assert plain[0].weight is plain[1].weight
    assert len(list(plain.parameters())) == 3
    assert {p.device.type for p in plain.parameters()} == {"cpu"}
