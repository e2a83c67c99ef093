"""Every contract over every installed plugin of its kind."""

from __future__ import annotations

from monas_core.testing import contracts


class TestSpecs(contracts.SpecContract):
    """All kinds."""

    over_catalog = True


class TestSpaces(contracts.SpaceContract):
    """Search spaces."""

    over_catalog = True


class TestSupernets(contracts.SupernetContract):
    """Search spaces that provide a supernet."""

    over_catalog = True


class TestRelaxedSupernets(contracts.RelaxedContract):
    """Search spaces whose supernet runs mixtures too."""

    over_catalog = True


class TestBlocks(contracts.BlockwiseContract):
    """Search spaces whose supernet has blocks."""

    over_catalog = True


class TestGatedSupernets(contracts.GatedContract):
    """Search spaces whose supernet is pruned by gates."""

    over_catalog = True


class TestTasks(contracts.TaskContract):
    """Tasks."""

    over_catalog = True


class TestLosses(contracts.LossContract):
    """Losses in place of a task's own."""

    over_catalog = True


class TestObjectives(contracts.ObjectiveContract):
    """Objectives."""

    over_catalog = True


class TestDevices(contracts.DeviceContract):
    """Devices."""

    over_catalog = True


class TestEmbeddings(contracts.EmbeddingContract):
    """Hardware embeddings."""

    over_catalog = True


class TestOptimizers(contracts.OptimizerContract):
    """Optimizers."""

    over_catalog = True


class TestGuides(contracts.GuideContract):
    """Guides of a selection."""

    over_catalog = True


class TestTrainers(contracts.TrainerContract):
    """Trainers of supernets."""

    over_catalog = True


class TestBenchmarks(contracts.BenchmarkContract):
    """Problems on published measurements."""

    over_catalog = True


class TestFormats(contracts.FormatContract):
    """Formats of exported networks."""

    over_catalog = True


class TestPackages(contracts.PackageContract):
    """All kinds."""

    over_catalog = True


class TestPresets(contracts.PresetContract):
    """Search spaces."""

    over_catalog = True


class TestSupernetStates(contracts.SupernetStateContract):
    """Search spaces that provide a supernet."""

    over_catalog = True


class TestMixtures(contracts.MixtureContract):
    """Search spaces that provide a supernet."""

    over_catalog = True


class TestTaskConduct(contracts.TaskConductContract):
    """Tasks."""

    over_catalog = True


class TestHonesty(contracts.HonestyContract):
    """Objectives."""

    over_catalog = True


class TestDeviceHonesty(contracts.DeviceHonestyContract):
    """Devices."""

    over_catalog = True


class TestAnswers(contracts.OptimizerAnswersContract):
    """Optimizers."""

    over_catalog = True
