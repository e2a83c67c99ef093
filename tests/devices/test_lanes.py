"""Devices whose array of multipliers a kernel fills by its inner depth."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
import torch
from torch import nn

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.tracing.workload import Workload, trace
from monas_devices.lanes import LaneOptions
from monas_devices.roofline import Roofline, modelled


def kernels(network: nn.Module, *shape: int) -> Workload:
    return trace(network.to("meta"), torch.empty(shape, device="meta"))


def conv(groups: int, channels: int = 256) -> Workload:
    return kernels(nn.Conv2d(channels, channels, 3, padding=1, groups=groups), 1, channels, 7, 7)


@pytest.mark.parametrize(
    ("network", "shape", "depth"),
    [
        (nn.Conv2d(96, 32, 3), (1, 96, 8, 8), 96),
        (nn.Conv2d(96, 96, 3, groups=96), (1, 96, 8, 8), 1),
        (nn.Conv2d(128, 64, 1, groups=4), (1, 128, 8, 8), 32),
        (nn.ConvTranspose2d(128, 64, 2, groups=4), (1, 128, 8, 8), 32),
        (nn.Conv1d(20, 10, 5), (1, 20, 9), 20),
        (nn.Linear(48, 7), (3, 48), 48),
        (nn.Linear(48, 7, bias=False), (3, 5, 48), 48),
        (nn.MultiheadAttention(40, 5, batch_first=True), None, 8),
    ],
)
def test_depth_is_what_a_product_sums_over(
    network: nn.Module, shape: tuple[int, ...] | None, depth: int
) -> None:
    if shape is None:

        class Attend(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.inner = network

            def forward(self, x: Any) -> Any:
                return self.inner(x, x, x, need_weights=False)[0]

        network, shape = Attend(), (1, 6, 40)
    found = kernels(network, *shape)
    assert found.depths is not None
    assert ((found.depths > 0) == (found.flops > 0)).all()
    assert depth in found.depths.tolist()


def test_where_no_kernel_fills_the_array_groups_save_weights_and_no_time() -> None:
    """The control of what grouped kernels are worth (benchmarks/bench_grouped.py)."""
    wide = Roofline.of(LaneOptions(lanes=4096.0).applied(modelled("edge-tpu").profile))
    whole, parts = conv(1), conv(4)
    assert parts.parameters < whole.parameters / 3
    assert seconds(wide, parts) >= seconds(wide, whole)
    narrow = Roofline.of(modelled("edge-tpu").profile)
    assert seconds(narrow, parts) < seconds(narrow, whole)


def seconds(roofline: Roofline, workload: Workload) -> float:
    return float(roofline.costs([workload])[0])


def test_the_formula() -> None:
    """A product of depth C takes as long as one of full depth with 64 / C times the work."""
    bound = attrs.evolve(modelled("edge-tpu").roofline, bandwidth=1e18, launch=0.0)
    for depth in (1, 16, 64, 200):
        one = Workload(torch.tensor([1e9]).double(), torch.tensor([1.0]).double(), 0, 0,
                       torch.tensor([float(depth)]).double())  # fmt: skip
        expected = (1e9 + bound.saturation) / bound.rate / min(1.0, depth / 64)
        assert seconds(bound, one) == pytest.approx(expected)
        half = attrs.evolve(bound, lane_weight=0.5)
        expected = (1e9 + bound.saturation) / bound.rate / (0.5 + 0.5 * min(1.0, depth / 64))
        assert seconds(half, one) == pytest.approx(expected)


def test_groups_of_64_beat_depthwise_per_flop_and_only_with_lanes() -> None:
    """The array likes deep kernels; with weight 0 it does not care, and fewer FLOPs win."""
    fast = attrs.evolve(modelled("edge-tpu").roofline, bandwidth=1e18, launch=0.0, saturation=0.0)
    blind = attrs.evolve(fast, lane_weight=0.0)
    depthwise, grouped, full = conv(256), conv(4), conv(1)

    def per_flop(roofline: Roofline, workload: Workload) -> float:
        return seconds(roofline, workload) / workload.total_flops

    assert per_flop(fast, depthwise) == pytest.approx(64 * per_flop(fast, grouped), rel=0.01)
    assert per_flop(fast, grouped) == pytest.approx(per_flop(fast, full))
    assert per_flop(blind, depthwise) == pytest.approx(per_flop(blind, grouped))
    assert seconds(blind, depthwise) < seconds(blind, grouped) < seconds(blind, full)


def test_devices_without_lanes_ignore_depth() -> None:
    roofline = modelled("t4").roofline
    found = conv(256)
    assert seconds(roofline, found) == seconds(roofline, attrs.evolve(found, depths=None))


def test_options_replace_figures(catalog: Catalog) -> None:
    plain = catalog.create("device", "edge-tpu")
    given = catalog.create("device", "edge-tpu", {"lane_weight": 0.0, "bandwidth": 5e9})
    assert plain.roofline.lane_weight == 1.0
    assert (given.roofline.lane_weight, given.roofline.bandwidth) == (0.0, 5e9)
    assert given.profile.figures["bandwidth"].source == "given as an option"
    assert plain.profile.figures["lanes"].value == 64


@pytest.mark.parametrize("options", [{"lane_weight": 1.5}, {"lanes": 0.0}, {"bandwidth": -1.0}])
def test_options_that_cannot_be_are_told(options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(options))} must be"):
        LaneOptions(**options)
