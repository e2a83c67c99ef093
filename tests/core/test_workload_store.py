"""Traced workloads in a run folder: brought back as they were, or traced again."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from monas_core.parts.context import Context
from monas_core.record import workload_store
from monas_core.testing.fakes import ToySpace, ToyTask
from monas_core.tracing.workload import Tracer
from monas_core.values.architecture import Architecture


@pytest.fixture
def traced(tmp_path: Path) -> tuple[Context, list[Architecture], Path]:
    context = Context(ToySpace(), ToyTask())
    members = list(context.space.choices.enumerate())[:3]
    for architecture in [*members, *context.space.references()]:
        context.workload(architecture)
    context.workload(members[0], 4)
    workload_store.keep(tmp_path, context, members[:2])
    return context, members, tmp_path


def test_workloads_come_back_without_tracing(
    traced: tuple[Context, list[Architecture], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    known, members, path = traced
    fresh = Context(ToySpace(), ToyTask())
    workload_store.recall(path, fresh)
    monkeypatch.setattr(Tracer, "trace", None)
    for architecture, batch in [(members[1], 1), (members[0], 4), *_references(fresh)]:
        mine, theirs = fresh.workload(architecture, batch), known.workload(architecture, batch)
        assert torch.equal(mine.flops, theirs.flops)
        assert torch.equal(mine.elements, theirs.elements)
        assert mine.parameters == theirs.parameters
        assert mine.peak_elements == theirs.peak_elements


@pytest.mark.parametrize("damage", ["gone", "cut", "foreign"])
def test_without_a_store_networks_are_traced_again(
    traced: tuple[Context, list[Architecture], Path], damage: str
) -> None:
    known, members, path = traced
    tensors = path / "workloads" / "tensors.safetensors"
    if damage == "gone":
        tensors.unlink()
    elif damage == "cut":
        tensors.write_bytes(tensors.read_bytes()[:40])
    else:
        (path / "workloads" / "state.json").write_text("[1, 2]")
    fresh = Context(ToySpace(), ToyTask())
    workload_store.recall(path, fresh)
    assert fresh.workloads == {}
    assert fresh.workload(members[0]).total_flops == known.workload(members[0]).total_flops


def _references(context: Context) -> list[tuple[Architecture, int]]:
    return [(architecture, 1) for architecture in context.space.references()]
