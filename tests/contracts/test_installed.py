"""The contract kit over the whole installed catalog."""

from __future__ import annotations

from monas_core.testing.test_installed import (
    TestAnswers,
    TestBenchmarks,
    TestDeviceHonesty,
    TestDevices,
    TestEmbeddings,
    TestFormats,
    TestGuides,
    TestHonesty,
    TestMixtures,
    TestObjectives,
    TestOptimizers,
    TestPackages,
    TestPresets,
    TestSpaces,
    TestSpecs,
    TestSupernets,
    TestSupernetStates,
    TestTaskConduct,
    TestTasks,
    TestTrainers,
)

__all__ = [
    "TestAnswers",
    "TestBenchmarks",
    "TestDeviceHonesty",
    "TestDevices",
    "TestEmbeddings",
    "TestFormats",
    "TestGuides",
    "TestHonesty",
    "TestMixtures",
    "TestObjectives",
    "TestOptimizers",
    "TestPackages",
    "TestPresets",
    "TestSpaces",
    "TestSpecs",
    "TestSupernetStates",
    "TestSupernets",
    "TestTaskConduct",
    "TestTasks",
    "TestTrainers",
]
