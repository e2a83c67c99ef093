"""The cost model behind a measuring device's estimates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from monas_core.parts.context import Context
from monas_core.profiling.cost_model import FEATURES, CostModel, fit
from monas_core.values.architecture import Architecture
from monas_devices.roofline import modelled


def test_recovers_a_cost_it_can_express(workload: Any) -> None:
    generator = np.random.default_rng(0)
    networks = [
        workload(*[(float(f), float(e)) for f, e in generator.uniform(0, 1e6, (n, 2))], (0.0, 50.0))
        for n in range(1, 13)
    ]
    costs = [0.5 + 0.01 * len(w.flops) + 2e-6 * w.total_flops for w in networks]
    model = fit(networks, costs)
    assert model.predict(networks) == pytest.approx(costs, rel=1e-6)
    assert model.error < 1e-6
    assert model.count == 12


def test_no_weight_is_negative(workload: Any) -> None:
    # Cost falls with work: the best a monotone model can do is a constant.
    networks = [workload((float(f), 10.0)) for f in (1e3, 1e4, 1e5, 1e6)]
    model = fit(networks, [4.0, 3.0, 2.0, 1.0])
    assert min(model.weights) >= 0
    predicted = model.predict(networks)
    assert predicted == sorted(predicted)


def test_small_networks_count_as_much_as_large_ones(workload: Any) -> None:
    networks = [workload((float(f), 10.0)) for f in (1e3, 1e6)] * 3
    costs = [1e-3, 1.0] * 3
    errors = np.abs(np.array(fit(networks, costs).predict(networks)) / costs - 1)
    assert errors.max() < 0.05


def test_predicts_a_roofline_it_was_not_built_for(
    gpt: Context, networks: list[Architecture]
) -> None:
    workloads = [gpt.workload(a) for a in networks]
    costs = [v.value for v in modelled("raspberry-pi-4").cost("latency_ms", networks, gpt)]
    model = fit(workloads[:20], costs[:20])
    unseen = np.abs(np.array(model.predict(workloads[20:])) / costs[20:] - 1)
    assert np.median(unseen) < 0.05
    assert model.error < 0.05


def test_survives_json() -> None:
    model = CostModel([0.1] * len(FEATURES), 0.03, 20)
    assert CostModel.from_json(model.to_json()) == model


def test_one_architecture_is_enough_to_answer(workload: Any) -> None:
    model = fit([workload((1e6, 10.0))], [2.0])
    assert model.predict([workload((1e6, 10.0))]) == pytest.approx([2.0])
    assert model.error == 0.0
    assert model.predict([]) == []
