"""The toys pass the contracts, run as a stranger would: by subclassing."""

from __future__ import annotations

import pytest

from monas_core.parts.device import Device, HardwareEmbedding
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace
from monas_core.parts.task import Task
from monas_core.testing import contracts
from monas_core.testing.fakes import (
    ToyDevice,
    ToyEmbedding,
    ToyLatency,
    ToyQuality,
    ToySpace,
    ToyTask,
)


class TestToySpace(contracts.SpaceContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls) -> type[SearchSpace]:
        return ToySpace


class TestToySupernet(contracts.SupernetContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls) -> type[SearchSpace]:
        return ToySpace


class TestToyMixtures(contracts.RelaxedContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls) -> type[SearchSpace]:
        return ToySpace


class TestToyGates(contracts.GatedContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls) -> type[SearchSpace]:
        return ToySpace


class TestToyTask(contracts.TaskContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls) -> Task:
        return ToyTask()


class TestToyDevice(contracts.DeviceContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls) -> Device:
        return ToyDevice()


class TestToyEmbedding(contracts.EmbeddingContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls) -> HardwareEmbedding:
        return ToyEmbedding()


class TestToyQuality(contracts.ObjectiveContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls) -> Objective:
        return ToyQuality()


class TestToyLatency(contracts.ObjectiveContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls) -> Objective:
        return ToyLatency()
