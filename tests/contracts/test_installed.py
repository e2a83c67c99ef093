"""The contract kit over the whole installed catalog."""

from __future__ import annotations

from monas_core.testing.test_installed import (
    TestBenchmarks,
    TestDevices,
    TestEmbeddings,
    TestFormats,
    TestObjectives,
    TestOptimizers,
    TestSpaces,
    TestSpecs,
    TestSupernets,
    TestTasks,
)

__all__ = [
    "TestBenchmarks",
    "TestDevices",
    "TestEmbeddings",
    "TestFormats",
    "TestObjectives",
    "TestOptimizers",
    "TestSpaces",
    "TestSpecs",
    "TestSupernets",
    "TestTasks",
]
