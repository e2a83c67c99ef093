"""One contract per kind of plugin, as classes of tests with one fixture to supply."""

from __future__ import annotations

from monas_core.testing.contracts.base import SpecContract
from monas_core.testing.contracts.benchmark import BenchmarkContract
from monas_core.testing.contracts.blocks import BlockwiseContract
from monas_core.testing.contracts.device import DeviceContract
from monas_core.testing.contracts.device_honesty import DeviceHonestyContract
from monas_core.testing.contracts.embedding import EmbeddingContract
from monas_core.testing.contracts.format import FormatContract
from monas_core.testing.contracts.gated import GatedContract
from monas_core.testing.contracts.guide import GuideContract
from monas_core.testing.contracts.honesty import HonestyContract
from monas_core.testing.contracts.loss import LossContract
from monas_core.testing.contracts.mixture import MixtureContract
from monas_core.testing.contracts.objective import ObjectiveContract
from monas_core.testing.contracts.optimizer import OptimizerContract
from monas_core.testing.contracts.optimizer_answers import OptimizerAnswersContract
from monas_core.testing.contracts.package import PackageContract
from monas_core.testing.contracts.preset import PresetContract
from monas_core.testing.contracts.space import SpaceContract
from monas_core.testing.contracts.supernet import RelaxedContract, SupernetContract
from monas_core.testing.contracts.supernet_state import SupernetStateContract
from monas_core.testing.contracts.task import TaskContract
from monas_core.testing.contracts.task_conduct import TaskConductContract
from monas_core.testing.contracts.trainer import TrainerContract

__all__ = [
    "BenchmarkContract",
    "BlockwiseContract",
    "DeviceContract",
    "DeviceHonestyContract",
    "EmbeddingContract",
    "FormatContract",
    "GatedContract",
    "GuideContract",
    "HonestyContract",
    "LossContract",
    "MixtureContract",
    "ObjectiveContract",
    "OptimizerAnswersContract",
    "OptimizerContract",
    "PackageContract",
    "PresetContract",
    "RelaxedContract",
    "SpaceContract",
    "SpecContract",
    "SupernetContract",
    "SupernetStateContract",
    "TaskConductContract",
    "TaskContract",
    "TrainerContract",
]
