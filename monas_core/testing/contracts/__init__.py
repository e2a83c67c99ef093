"""One contract per kind of plugin, as classes of tests with one fixture to supply."""

from __future__ import annotations

from monas_core.testing.contracts.base import SpecContract
from monas_core.testing.contracts.benchmark import BenchmarkContract
from monas_core.testing.contracts.device import DeviceContract
from monas_core.testing.contracts.embedding import EmbeddingContract
from monas_core.testing.contracts.format import FormatContract
from monas_core.testing.contracts.objective import ObjectiveContract
from monas_core.testing.contracts.optimizer import OptimizerContract
from monas_core.testing.contracts.space import SpaceContract
from monas_core.testing.contracts.supernet import RelaxedContract, SupernetContract
from monas_core.testing.contracts.task import TaskContract

__all__ = [
    "BenchmarkContract",
    "DeviceContract",
    "EmbeddingContract",
    "FormatContract",
    "ObjectiveContract",
    "OptimizerContract",
    "RelaxedContract",
    "SpaceContract",
    "SpecContract",
    "SupernetContract",
    "TaskContract",
]
