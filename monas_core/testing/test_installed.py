"""Every contract over every installed plugin of its kind."""

from __future__ import annotations

from monas_core.testing import contracts


class TestSpecs(contracts.SpecContract):
    """All kinds."""


class TestSpaces(contracts.SpaceContract):
    """Search spaces."""


class TestSupernets(contracts.SupernetContract):
    """Search spaces that provide a supernet."""


class TestTasks(contracts.TaskContract):
    """Tasks."""


class TestObjectives(contracts.ObjectiveContract):
    """Objectives."""


class TestDevices(contracts.DeviceContract):
    """Devices."""


class TestEmbeddings(contracts.EmbeddingContract):
    """Hardware embeddings."""


class TestOptimizers(contracts.OptimizerContract):
    """Optimizers."""
