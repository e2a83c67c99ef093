"""The published files themselves: known figures, and speed enough for a contest."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch

from monas_core.parts.context import Context
from monas_core.values import population
from monas_tables.gpt import GPTMedium, GPTSmall
from monas_tables.gpt import _rows as gpt_rows
from monas_tables.nb201 import NB201
from monas_tables.ofa import OFA, RESOLUTIONS
from monas_tables.parquet import Parquet

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def nb201(data_dir):
    return NB201(data_dir)


def test_all_cells_on_all_devices_take_seconds(nb201):
    rows = population.sample_raw(nb201.space.choices, 60_000, torch.Generator().manual_seed(0))
    rows = torch.unique(rows, dim=0)
    asked = population.decode(nb201.space.choices, rows[nb201.space.available(rows)])
    assert len(asked) > 10_000
    context, begin = Context(nb201.space), time.perf_counter()
    for name in nb201.search_devices:
        nb201.objectives[1].estimate(asked, nb201.devices[name], context)
    assert time.perf_counter() - begin < 5.0  # 0.2 s on an idle machine


def test_search_and_final_accuracies_differ_but_agree(nb201):
    rows = population.sample_distinct(nb201.space.choices, 500, torch.Generator().manual_seed(0))
    asked = population.decode(nb201.space.choices, rows[nb201.space.available(rows)])
    context = Context(nb201.space)
    search, final = (
        np.array([v.value for v in nb201.objectives[0].evaluate(asked, None, context, split)])
        for split in ("search", "final")
    )
    assert 1.0 < np.median(final - search) < 6.0  # half of the training data
    assert np.corrcoef(search, final)[0, 1] > 0.9


def test_the_best_cell_is_on_every_front(nb201):
    best = nb201.true_front(nb201.devices["1080ti_1"])[:, 0].min()
    assert best <= -94.3
    for name in (*nb201.search_devices, *nb201.held_out):
        assert nb201.true_front(nb201.devices[name])[:, 0].min() == best
    assert len(nb201.held_out) == 6


@pytest.mark.parametrize("kind", [GPTSmall, GPTMedium])
def test_perplexities_equal_the_published(kind, data_dir):
    problem = kind(data_dir)
    sizes = problem.space.published
    file = Parquet(data_dir, f"{sizes.file}.parquet")
    lists = {"n_head": "list", "mlp_ratio": "list"}
    columns = file.read({"embed_dim": "integer", "n_layer": "integer", **lists, "bias": "flag"})
    published = file.read({"perplexity_surrogate": "number"})["perplexity_surrogate"][:300]
    rows = torch.from_numpy(gpt_rows(file, columns, sizes)[:300])
    asked = population.decode(problem.space.choices, rows)
    found = problem.objectives[0].evaluate(asked, None, Context(problem.space))
    assert [v.value for v in found] == pytest.approx(published.tolist(), rel=1e-5)


def test_gpt_costs_are_predicted_well(data_dir):
    problem = GPTSmall(data_dir)
    for name in (*problem.search_devices, *problem.held_out):
        errors = problem.errors[name]
        assert errors["latency_ms"]["median relative error"] < 0.045, name
        assert errors["latency_ms"]["spearman"] > 0.97, name
        assert errors["energy_mj"]["spearman"] > 0.9, name


def test_ofa_accuracies_equal_the_published(data_dir):
    problem = OFA(data_dir)
    file = Parquet(data_dir, "ofa_mbv3_latency_help12.parquet")
    table = file.read({"ks": "list", "e": "list", "d": "list", "r": "integer"})
    published = file.read({"pred_top1_raw": "number"})["pred_top1_raw"]
    chosen = np.flatnonzero(np.isin(table["r"], RESOLUTIONS))[:200]
    asked = []
    for row in chosen:
        answers = {"resolution": int(table["r"][row])}
        for unit in range(5):
            answers[f"depth_{unit + 1}"] = int(table["d"][row, unit])
            for block in range(4):
                place = f"{unit + 1}_{block + 1}"
                answers[f"kernel_{place}"] = int(table["ks"][row, 4 * unit + block])
                answers[f"expansion_{place}"] = int(table["e"][row, 4 * unit + block])
        asked.append(problem.space.choices.architecture(answers))
    found = problem.objectives[0].evaluate(asked, None, Context(problem.space))
    assert [v.value for v in found] == pytest.approx((100 * published[chosen]).tolist(), rel=1e-5)
    errors = {name: e["latency_ms"] for name, e in problem.errors.items()}
    assert errors["v100_64"]["median relative error"] < 0.01
    assert all(e["spearman"] > 0.7 for e in errors.values())
