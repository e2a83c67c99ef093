"""Modelled costs against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monas_core.errors import Unavailable
from monas_core.parts.device import DeviceProfile, Figure
from monas_core.tracing.workload import Workload
from monas_devices.profiles import UNITS
from monas_devices.roofline import Modelled, Roofline, memory_mb, modelled


class OneWorkload:
    """A context that knows a single workload."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload

    def workload(self, architecture: Any, batch: int) -> Workload:
        assert (architecture, batch) == ("any", 1)
        return self._workload


def test_compute_bound_kernel(make_profile: Any, workload: Any) -> None:
    # 1 us launch + 5000 FLOPs at 1 ns; 100 elements would take 0.1 us.
    seconds, joules = Roofline.of(make_profile()).costs([workload((5000, 100))])
    assert seconds.item() == pytest.approx(6e-6)
    # 3 W * 6 us + 5000 * 2 pJ + 400 B * 10 pJ
    assert joules.item() == pytest.approx(18e-6 + 10e-9 + 4e-9)


def test_bandwidth_bound_kernel(make_profile: Any, workload: Any) -> None:
    seconds, _ = Roofline.of(make_profile()).costs([workload((100, 5000))])
    assert seconds.item() == pytest.approx(6e-6)


def test_half_precision_moves_half_the_bytes(make_profile: Any, workload: Any) -> None:
    seconds, _ = Roofline.of(make_profile(precision="fp16")).costs([workload((100, 5000))])
    assert seconds.item() == pytest.approx(3.5e-6)


def test_launch_bound_network_counts_kernels(make_profile: Any, workload: Any) -> None:
    few, many = workload(*[(10, 10)] * 3), workload(*[(10, 10)] * 6)
    seconds, _ = Roofline.of(make_profile()).costs([few, many])
    assert seconds[1].item() == pytest.approx(2 * seconds[0].item())


def test_small_products_do_not_fill_a_wide_device(make_profile: Any, workload: Any) -> None:
    wide = Roofline.of(make_profile(saturation=1e6, launch=0.0))
    seconds, _ = wide.costs([workload((1e3, 1)), workload((2e3, 1)), workload((1e9, 1))])
    assert seconds[1].item() == pytest.approx(seconds[0].item(), rel=2e-3)
    assert seconds[2].item() == pytest.approx(1.0, rel=2e-3)


def test_compiler_folds_kernels_without_flops(make_profile: Any, workload: Any) -> None:
    network = workload((5000, 100), (0, 5000))
    eager, _ = Roofline.of(make_profile()).costs([network])
    half, _ = Roofline.of(make_profile(fusion=0.5)).costs([network])
    whole, _ = Roofline.of(make_profile(fusion=1.0)).costs([network])
    assert eager.item() == pytest.approx(12e-6)
    assert half.item() == pytest.approx(9e-6)
    assert whole.item() == pytest.approx(6e-6)


def test_networks_together_cost_what_they_cost_apart(make_profile: Any, workload: Any) -> None:
    networks = [workload((5000, 100), (0, 20)), workload((7, 9)), workload((0, 3), (1e6, 1e3))]
    roofline = Roofline.of(make_profile(fusion=0.3, saturation=50.0))
    together = roofline.costs(networks)
    apart = [roofline.costs([network]) for network in networks]
    for column in range(2):
        assert together[column].tolist() == pytest.approx([one[column].item() for one in apart])


def test_values_carry_unit_and_origin(make_profile: Any, workload: Any) -> None:
    context: Any = OneWorkload(workload((5000, 100), parameters=900_000, peak=100_000))
    device = Modelled(make_profile())
    found = {m: device.cost(m, ["any"], context)[0] for m in sorted(device.metrics)}  # type: ignore[list-item]
    assert {m: (v.unit, v.origin) for m, v in found.items()} == {
        "energy_mj": ("mJ", "modelled"),
        "latency_ms": ("ms", "modelled"),
        "memory_mb": ("MB", "modelled"),
    }
    assert found["latency_ms"].value == pytest.approx(6e-3)
    assert found["memory_mb"].value == pytest.approx(4.0)
    assert device.cost("latency_ms", [], context) == []


def test_missing_metric_is_explained(make_profile: Any, workload: Any) -> None:
    context: Any = OneWorkload(workload((1, 1)))
    with pytest.raises(Unavailable, match=r'money_eur.*"round".*energy_mj, latency_ms, memory_mb'):
        Modelled(make_profile()).cost("money_eur", ["any"], context)  # type: ignore[list-item]


def test_memory_follows_precision(workload: Any) -> None:
    network = workload((1, 1), parameters=3_000_000, peak=1_000_000)
    sizes = [memory_mb(network, p).value for p in ("fp32", "fp16", "int8")]
    assert sizes == pytest.approx([16.0, 8.0, 4.0])


KERNELS = st.lists(
    st.tuples(st.one_of(st.just(0.0), st.floats(1, 1e12)), st.floats(1, 1e10)),
    min_size=1,
    max_size=8,
)
MODELLED = ("h100-sxm", "jetson-nano", "raspberry-pi-4", "imx8m-plus-npu", "tpu-v4")


@given(KERNELS, st.sampled_from(MODELLED), st.floats(1, 100), st.floats(1, 100))
def test_more_work_is_never_cheaper(
    kernels: list[tuple[float, float]], name: str, more_flops: float, more_elements: float
) -> None:
    roofline = modelled(name).roofline
    grown = [(f * more_flops, e * more_elements) for f, e in kernels]
    time, energy = roofline.costs([_workload(kernels), _workload(grown)])
    assert time[1] >= time[0] > 0
    assert energy[1] >= energy[0] > 0


@given(KERNELS, st.sampled_from(MODELLED))
def test_one_more_kernel_is_never_cheaper(kernels: list[tuple[float, float]], name: str) -> None:
    roofline = modelled(name).roofline
    time, energy = roofline.costs([_workload(kernels), _workload([*kernels, (0.0, 1.0)])])
    assert time[1] >= time[0]
    assert energy[1] >= energy[0]


@given(
    st.sampled_from(["peak", "bandwidth", "launch", "idle_power", "byte_energy"]),
    st.floats(1.01, 50),
)
def test_figures_act_in_their_direction(name: str, factor: float) -> None:
    base = modelled("jetson-nano").profile
    network = _workload([(1e9, 1e6), (0.0, 1e8), (1e6, 1e8)])
    time, energy = Roofline.of(base).costs([network])
    changed_time, changed_energy = Roofline.of(_scaled(base, name, factor)).costs([network])
    if name in ("peak", "bandwidth"):
        assert changed_time < time
    elif name == "launch":
        assert changed_time > time
    else:
        assert changed_time == time
        assert changed_energy > energy


def _scaled(profile: DeviceProfile, name: str, factor: float) -> DeviceProfile:
    figure = profile.figures[name]
    figures = {**profile.figures, name: Figure(figure.value * factor, UNITS[name], "a test")}
    return DeviceProfile(
        profile.name,
        profile.processor,
        profile.runtime,
        profile.precision,
        profile.batch,
        profile.origin,
        figures=figures,
    )


def _workload(kernels: list[tuple[float, float]]) -> Workload:
    import torch

    flops, elements = zip(*kernels, strict=True)
    return Workload(
        torch.tensor(flops, dtype=torch.float64),
        torch.tensor(elements, dtype=torch.float64),
        0,
        0,
    )
