"""A small transformer problem, and profiles with round figures."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from monas_core.parts.context import Context
from monas_core.parts.device import DeviceProfile, Figure
from monas_core.testing.fakes import ToySpace, ToyTask
from monas_core.tracing.workload import Workload
from monas_core.values.architecture import Architecture
from monas_core.values.population import decode, sample_distinct
from monas_devices.profiles import UNITS
from monas_gpt.space import GPTSpace


class TokenTask(ToyTask):
    """Stands in for a language-modelling task: only the example input matters here."""

    n_outputs = 256

    def example(self, batch: int) -> Tensor:
        return torch.zeros(batch, 64, dtype=torch.int64)


ROUND = {
    "peak": 2e9,
    "efficiency": 0.5,  # attainable: 1 GFLOP/s, 1 ns per FLOP
    "saturation": 0.0,
    "bandwidth": 4e9,  # 1 ns per fp32 element
    "launch": 1e-6,
    "fusion": 0.0,
    "flop_energy": 2.0,
    "byte_energy": 10.0,
    "idle_power": 3.0,
    "memory": 1e9,
}


@pytest.fixture
def make_profile() -> Callable[..., DeviceProfile]:
    def make(*, precision: str = "fp32", **changes: float) -> DeviceProfile:
        values = {**ROUND, **changes}
        figures = {name: Figure(values[name], unit, "a test") for name, unit in UNITS.items()}
        return DeviceProfile(
            "round", "Round 1", "none", precision, 1, "modelled", "test", figures, "2026-01-01"
        )

    return make


@pytest.fixture
def workload() -> Callable[..., Workload]:
    def make(*kernels: tuple[float, float], parameters: int = 0, peak: int = 0) -> Workload:
        flops, elements = zip(*kernels, strict=True)
        return Workload(
            torch.tensor(flops, dtype=torch.float64),
            torch.tensor(elements, dtype=torch.float64),
            parameters,
            peak,
        )

    return make


@pytest.fixture(scope="session")
def gpt() -> Context:
    return Context(GPTSpace(), TokenTask())


@pytest.fixture(scope="session")
def networks(gpt: Context) -> list[Architecture]:
    choices = gpt.space.choices
    return decode(choices, sample_distinct(choices, 40, torch.Generator().manual_seed(1)))


@pytest.fixture
def toy() -> Context:
    space, task = ToySpace(), ToyTask()
    return Context(space, task, space.supernet(task))
