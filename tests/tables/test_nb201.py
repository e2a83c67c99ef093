"""Tables of NAS-Bench-201: joined by index, as many rows and devices as the files hold."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import torch

from monas_core.errors import Unavailable, UsageError
from monas_core.parts.context import Context
from monas_core.values import population
from monas_tables.nb201 import NB201, REFERENCES, CellSpace


def architectures(problem, columns, rows):
    codes = np.stack([columns[f"op_{e}"] for e in ("0_1", "0_2", "1_2", "0_3", "1_3", "2_3")], 1)
    return population.decode(problem.space.choices, torch.tensor(codes[rows].astype(int)))


def numbers(values):
    return [value.value for value in values]


def test_values_are_joined_by_index(nb201, formats):
    problem, columns, times = NB201(nb201), formats.cells(), formats.times()
    context = Context(problem.space)
    asked = architectures(problem, columns, [12, 3])
    accuracy, latency = problem.objectives
    valid, test = (columns[name][[12, 3]] for name in ("c10_valid_acc", "c10_test_acc"))
    assert numbers(accuracy.evaluate(asked, None, context)) == valid.tolist()
    assert numbers(accuracy.evaluate(asked, None, context, "final")) == test.tolist()
    found = latency.evaluate(asked, problem.devices["pixel3"], context)
    assert numbers(found) == times["pixel3"][[39 - 12, 39 - 3]].tolist()  # file in reverse order
    assert {(v.unit, v.origin) for v in found} == {("ms", "tabulated")}


def test_more_rows_and_devices_are_picked_up(nb201, formats):
    formats.write(nb201, "nb201_accuracy", formats.cells(60))
    devices = ("pixel3", "titan_rtx_256", "gold_6226", "brand_new_phone")
    formats.write(nb201, "nb201_latency_help27", formats.times(60, *devices))
    problem = NB201(nb201)
    assert list(problem.devices) == list(devices)
    assert problem.search_devices == ("pixel3",)
    assert problem.held_out == ("titan_rtx_256", "gold_6226")
    assert problem.facts()["rows"] == 60
    assert problem.devices["titan_rtx_256"].profile.batch == 256
    assert problem.devices["brand_new_phone"].profile.processor == "brand_new_phone"


def test_files_of_other_devices_work_too(nb201, formats):
    formats.write(nb201, "nb201_latency_help27", formats.times(40, "a", "b", "c"))
    problem = NB201(nb201)
    assert problem.search_devices == ("a",)
    assert problem.held_out == ("b", "c")


def test_absent_rows_are_named(nb201, formats):
    problem = NB201(nb201)
    context = Context(problem.space)
    rows = population.sample_distinct(problem.space.choices, 200, torch.Generator().manual_seed(0))
    there = problem.space.available(rows)
    assert 0 < int(problem.space.available(rows).sum()) < 20
    absent = population.decode(problem.space.choices, rows[~there])[0]
    known = architectures(problem, formats.cells(), [0])
    with pytest.raises(Unavailable, match=f"no validation accuracy.*{absent.key}.*op_0_1="):
        problem.objectives[0].evaluate([*known, absent], None, context)
    with pytest.raises(Unavailable, match=f'no latency_ms on device "fpga".*{absent.key}'):
        problem.objectives[1].evaluate([absent], problem.devices["fpga"], context)


def test_gaps_of_a_device(nb201, formats):
    """Unavailable where asked; a row that a default device lacks is not available at all."""
    times = formats.times(40, "pixel3", "fpga", "own")
    times["own"][5], times["own"][6], times["fpga"][7] = np.nan, 0.0, -1.0
    formats.write(nb201, "nb201_latency_help27", times)
    problem = NB201(nb201)
    asked = architectures(problem, formats.cells(), [39 - 5, 39 - 6, 39 - 7, 0])
    rows = population.encode(problem.space.choices, asked)
    assert problem.space.available(rows).tolist() == [True, True, False, True]
    for architecture in asked[:2]:
        with pytest.raises(Unavailable, match='on device "own"'):
            problem.devices["own"].cost("latency_ms", [architecture], Context(problem.space))


def test_references_are_those_of_the_paper(nb201, formats):
    problem, columns = NB201(nb201), formats.cells()
    assert problem.space.references() == architectures(problem, columns, list(range(10)))
    times = formats.times()
    times["pixel3"][39 - 3] = np.nan
    formats.write(nb201, "nb201_latency_help27", times)
    with pytest.raises(UsageError, match=f"nb201_index {REFERENCES[3]} or its latency"):
        NB201(nb201)
    lacking = {name: column[1:] for name, column in columns.items()}
    formats.write(nb201, "nb201_accuracy", lacking)
    with pytest.raises(UsageError, match=f"lacks nb201_index {REFERENCES[0]}"):
        NB201(nb201)


def test_energy_comes_with_its_latency(nb201, formats):
    times = formats.times()
    columns = {
        "nb201_index": times["nb201_index"],
        "c10__fpga__latency_ms": times["fpga"],
        "c10__fpga__energy_mj": 7 * times["fpga"],
        "c10__pixel3__latency_ms": times["fpga"],  # other values than those known: another device
        "c10__pixel3__energy_mj": 2 * times["fpga"],
        "c10__edgegpu__latency_ms": 2 * times["fpga"],
        "c10__edgegpu__energy_mj": 3 * times["fpga"],
        "c10__edgetpu__latency_ms": times["fpga"],
        "in16__edgegpu__energy_mj": times["fpga"],
    }
    formats.write(nb201, "nb201_hwnasbench", columns)
    problem = NB201(nb201)
    both = {"latency_ms", "energy_mj"}
    assert set(problem.devices) == {"pixel3", "fpga", "edgegpu"}
    assert problem.devices["fpga"].metrics == problem.devices["edgegpu"].metrics == both
    assert problem.devices["pixel3"].metrics == {"latency_ms"}
    asked = architectures(problem, formats.cells(), [39])
    found = problem.devices["fpga"].cost("energy_mj", asked, Context(problem.space))
    assert found[0].value == pytest.approx(7 * times["fpga"][0])
    assert found[0].unit == "mJ"
    with pytest.raises(Unavailable, match="energy_mj"):
        problem.devices["pixel3"].cost("energy_mj", asked, Context(problem.space))


def test_scale_leaves_out_what_has_learnt_nothing(nb201, formats):
    columns, times = formats.cells(), formats.times()
    columns["c10_test_acc"][20] = 10.0
    times["pixel3"][39 - 20] = 0.01
    formats.write(nb201, "nb201_accuracy", columns)
    formats.write(nb201, "nb201_latency_help27", times)
    problem = NB201(nb201)
    scale = problem.scale(problem.devices["pixel3"])
    assert scale.reference == 1.0
    assert scale.low.tolist() == [-columns["c10_test_acc"].max(), np.sort(times["pixel3"])[1]]
    assert scale.high[0] == -np.sort(columns["c10_test_acc"])[1]
    front = problem.true_front(problem.devices["pixel3"])
    assert [-10.0, np.float32(0.01)] in front.tolist()
    assert (front[:, 0].min(), len(front) < 40) == (scale.low[0], True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"c10_test_acc": None}, 'no column "c10_test_acc"'),
        ({"c10_test_acc": np.arange(40)}, "floating-point numbers, not int64"),
        ({"c10_valid_acc": np.full(40, 0.9, dtype=np.float32)}, "median 0.9.*another unit"),
        ({"op_0_3": np.full(40, 5, dtype=np.int8)}, r"operation code 0\.\.5"),
        ({"nb201_index": pa.array([7] * 40, pa.int32())}, "7 in more than one row"),
    ],
)
def test_faults_of_the_accuracies_are_explained(nb201, formats, change, message):
    columns = {k: v for k, v in {**formats.cells(), **change}.items() if v is not None}
    formats.write(nb201, "nb201_accuracy", columns)
    with pytest.raises(UsageError, match=message):
        NB201(nb201)


def test_faults_of_the_latencies_are_explained(nb201, formats):
    times = formats.times(40, "pixel3")
    formats.write(nb201, "nb201_latency_help27", times | {"pixel3": np.full(40, np.nan)})
    with pytest.raises(UsageError, match=r'Column "pixel3".*holds no number'):
        NB201(nb201)
    formats.write(nb201, "nb201_latency_help27", times | {"pixel3": np.arange(40)})
    with pytest.raises(UsageError, match=r'Column "pixel3".*not int64'):
        NB201(nb201)
    del times["pixel3"]
    formats.write(nb201, "nb201_latency_help27", times)
    with pytest.raises(UsageError, match="no column of latencies"):
        NB201(nb201)


def test_there_are_no_networks(nb201):
    problem = NB201(nb201)
    for refused in (problem.space.supernet, lambda task: problem.space.build(None, task)):
        with pytest.raises(UsageError, match="no networks, only values"):
            refused(None)
    tiny = CellSpace.tiny()
    assert tiny.choices.cardinality() == 64
    assert len(tiny.references()) == 10
    assert bool(tiny.available(torch.zeros(3, 6, dtype=torch.int64)).all())
