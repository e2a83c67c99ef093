"""Surrogates: published networks for quality, sums over layers for costs."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import torch

from monas_core.errors import Unavailable, UsageError
from monas_core.parts.context import Context
from monas_core.values import population
from monas_tables.additive import Additive, cross_validated
from monas_tables.gpt import GPTSmall
from monas_tables.gpt_space import SmallSpace
from monas_tables.ofa import OFA, RESOLUTIONS, OFASpace


def drawn(problem, count=50):
    rows = population.sample_distinct(problem.space.choices, count, torch.Generator())
    return population.decode(problem.space.choices, rows)


def numbers(values):
    return np.array([value.value for value in values])


def layers(architecture, name):
    return [int(architecture[f"{name}_{i}"]) for i in range(int(architecture["n_layer"]))]


def test_sums_are_recovered_and_spikes_left_out():
    rng = np.random.default_rng(0)
    features = rng.integers(0, 5, (400, 6)).astype(float)
    weights = np.array([1.0, 2.0, 0.5, 3.0, 0.1, 0.7])
    costs = 1.0 + features @ weights
    features = np.c_[features, np.ones(400), np.zeros(400)]  # the last says nothing
    costs[:10] *= 50.0
    model = Additive.fit(features, costs)
    assert model.dropped == pytest.approx(10 / 400)
    assert model(features)[10:] == pytest.approx(costs[10:], rel=0.02)
    assert model(-features).min() > 0
    groups = np.arange(400) % 3
    errors = cross_validated(features[10:], costs[10:], groups[10:])
    assert errors["median relative error"] < 0.01
    assert errors["spearman"] > 0.999
    assert errors["r2 within"] > 0.99
    noise = cross_validated(features, rng.uniform(1, 9, 400), groups)
    assert noise["outliers"] == 0.0, "scatter everywhere is no outlier"
    assert noise["r2 within"] < 0.2


def test_gpt_costs_are_those_of_the_layers(gpt):
    problem = GPTSmall(gpt)
    context = Context(problem.space)
    asked = drawn(problem)
    sums = [sum(layers(a, "mlp_ratio")) + 0.1 * sum(layers(a, "n_head")) for a in asked]
    expected = np.array(
        [1 + int(a["embed_dim"]) / 192 * s / 10 for a, s in zip(asked, sums, strict=True)]
    )
    _, latency, energy = problem.objectives
    device = problem.devices["p100"]
    assert numbers(latency.evaluate(asked, device, context)) == pytest.approx(expected, rel=0.02)
    found = energy.evaluate(asked, device, context)
    assert numbers(found) == pytest.approx(1e-3 * 3.6e6 * expected, rel=0.02)
    assert {(v.unit, v.origin) for v in found} == {("mJ", "predicted")}
    assert problem.facts()["errors"]["p100"]["energy_mj"]["median relative error"] < 0.01


def test_gpt_devices_come_from_the_columns(gpt):
    problem = GPTSmall(gpt)
    assert set(problem.devices) == {"p100", "novel", "cpu_p100host"}
    assert problem.search_devices == ("p100",)
    assert problem.devices["p100"].profile.precision == "fp16"
    assert problem.devices["p100"].profile.batch == 8
    lonely = problem.devices["cpu_p100host"]
    assert lonely.metrics == {"latency_ms"}
    assert lonely.name not in (*problem.search_devices, *problem.held_out)
    with pytest.raises(Unavailable, match="energy_mj"):
        problem.scale(lonely)


def test_quality_is_the_same_on_both_splits_and_in_any_company(gpt):
    problem = GPTSmall(gpt)
    context, asked = Context(problem.space), drawn(problem)
    quality = problem.objectives[0]
    search = numbers(quality.evaluate(asked, None, context))
    assert (numbers(quality.evaluate(asked, None, context, "final")) == search).all()
    fresh = GPTSmall(gpt)
    alone = [numbers(fresh.objectives[0].evaluate([a], None, context))[0] for a in asked]
    assert alone == search.tolist()
    assert len(set(alone)) > 40


def test_scale_spans_both_ends_of_the_space(gpt):
    problem = GPTSmall(gpt)
    context = Context(problem.space)
    scale = problem.scale(problem.devices["p100"])
    ends = population.decode(problem.space.choices, population.corners(problem.space.choices))
    latency = numbers(problem.objectives[1].evaluate(ends, problem.devices["p100"], context))
    assert (scale.low[1], scale.high[1]) == (latency.min(), latency.max())
    assert scale.reference == 1.0
    assert problem.true_front(problem.devices["p100"]) is None
    assert problem.reference_search == "nsga2"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bias": None}, 'no column "bias"'),
        ({"embed_dim": pa.array([200] * 300, pa.int16())}, "holds 200; allowed are 192, 384, 768"),
        ({"n_head": pa.array([[4] * 10] * 300, pa.list_(pa.int8()))}, "one entry for each of n_la"),
        ({"lat_ms_p100": np.full(300, np.nan)}, 'Column "lat_ms_p100".*holds no number'),
        ({"energy_wh_p100": ["?"] * 300}, 'Column "energy_wh_p100".*not string'),
        ({"energy_wh_p100": None, "energy_wh_novel": None}, "no device with both"),
        ({"lat_ms_p100": np.where(np.arange(300) < 50, 5.0, np.nan)}, "50 positive values"),
    ],
)
def test_faults_of_gpt_tables_are_explained(gpt, formats, change, message):
    columns = {k: v for k, v in {**formats.gpt_rows(), **change}.items() if v is not None}
    formats.write(gpt, "gpt_s", columns)
    with pytest.raises(UsageError, match=message):
        GPTSmall(gpt)


def test_other_surrogates_are_refused(gpt):
    path = gpt / "gpt_s_ppl_surrogate.safetensors"
    path.rename(gpt / "gpt_m_ppl_surrogate.safetensors")
    with pytest.raises(UsageError, match=r"no file gpt_s_ppl_surrogate\.safetensors"):
        GPTSmall(gpt)
    path.write_bytes(b"\x00" * 20)
    with pytest.raises(UsageError, match="no readable safetensors file"):
        GPTSmall(gpt)


def test_ofa_latency_depends_on_blocks_and_pixels(ofa):
    problem = OFA(ofa)
    asked = drawn(problem)
    blocks = np.array([sum(int(a[f"depth_{unit}"]) for unit in range(1, 6)) for a in asked])
    side = np.array([int(a["resolution"]) for a in asked])
    found = problem.objectives[1].evaluate(
        asked, problem.devices["v100_64"], Context(problem.space)
    )
    # 300 rows leave over 500 features to the ridge, so only the direction is certain
    assert numbers(found) == pytest.approx(6 + 3 * blocks * (side / 224) ** 2, rel=0.15)
    assert problem.search_devices == ("v100_1",)
    assert problem.held_out == ("v100_64",)
    assert problem.devices["v100_64"].profile.batch == 64


def test_ofa_resolutions_have_inputs_of_their_own(ofa):
    problem = OFA(ofa)
    base = population.corners(problem.space.choices)[0]
    rows = base.repeat(len(RESOLUTIONS), 1)
    rows[:, 0] = torch.arange(len(RESOLUTIONS))
    asked = population.decode(problem.space.choices, rows)
    found = numbers(problem.objectives[0].evaluate(asked, None, Context(problem.space)))
    assert len(set(found)) == len(RESOLUTIONS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"r": pa.array([130] * 300, pa.int16())}, "holds 130; allowed are 128, 132"),
        ({"ks": pa.array([[3] * 19] * 300, pa.list_(pa.int8()))}, "20 entries, not 19"),
        ({"v100_1": None, "v100_64": None}, "no column of latencies"),
        ({"v100_1": np.arange(300)}, 'Column "v100_1".*not int64'),
    ],
)
def test_faults_of_ofa_tables_are_explained(ofa, formats, change, message):
    columns = {k: v for k, v in {**formats.ofa_rows(), **change}.items() if v is not None}
    formats.write(ofa, "ofa_mbv3_latency_help12", columns)
    with pytest.raises(UsageError, match=message):
        OFA(ofa)


def test_tiny_spaces_are_tiny():
    assert SmallSpace.tiny().choices.cardinality() == 80
    assert OFASpace.tiny().choices.cardinality() == 5
    for space in (SmallSpace, OFASpace):
        assert space.tiny().choices.space == space.name
