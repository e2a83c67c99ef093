"""Inverted bottlenecks: published networks, groups that always divide, ends, shared weights."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from monas_core.catalog.lookup import Catalog
from monas_core.tracing.workload import trace
from monas_core.values import population
from monas_ibn.configure import groups_of, weights_of
from monas_ibn.model import Block, BlockConfig
from monas_ibn.published import TOPOLOGIES
from monas_ibn.sizes import OPERATIONS
from monas_ibn.space import IBNSpace


class ImageNet:
    """As much of a task as building a network needs."""

    n_outputs = 1001

    def example(self, batch: int) -> Tensor:
        return torch.empty(batch, 3, 224, 224)


@pytest.fixture(scope="module")
def published() -> IBNSpace:
    return IBNSpace("published")


def workloads(space: IBNSpace) -> list[tuple[int, float]]:
    task: Any = ImageNet()
    found: list[tuple[int, float]] = []
    for topology in TOPOLOGIES:
        with torch.device("meta"):
            network = space.build(space.choices.architecture(topology.answers()), task)
        workload = trace(network, task.example(1))
        found.append((workload.parameters, workload.total_flops / 2))
    return found


def test_published_networks_are_in_the_space(published: IBNSpace) -> None:
    """Each is larger, slower and better than the one before, as its authors found."""
    found = workloads(published)
    assert found == sorted(found)
    assert [t.milliseconds for t in TOPOLOGIES] == sorted(t.milliseconds for t in TOPOLOGIES)
    assert [t.top1 for t in TOPOLOGIES] == sorted(t.top1 for t in TOPOLOGIES)
    assert published.references()[0] == published.choices.architecture(TOPOLOGIES[0].answers())
    assert len(set(published.references())) == len(published.references())


def test_published_groups_are_what_their_size_says(published: IBNSpace) -> None:
    """Filters over size, without a remainder, as the published code demands."""
    task: Any = ImageNet()
    for topology in TOPOLOGIES:
        with torch.device("meta"):
            network = published.build(published.choices.architecture(topology.answers()), task)
        for block in network.config.blocks:
            if block.operation == "fused-grouped":
                assert block.groups * topology.size == block.middle


@pytest.mark.parametrize("operation", OPERATIONS[1:])
def test_groups_always_divide(operation: Any) -> None:
    for inputs in range(4, 130, 2):
        for expansion in (2, 4, 8):
            for size in (8, 16, 64, 128):
                middle = inputs * expansion
                groups = groups_of(operation, inputs, middle, size)
                assert middle % groups == 0
                if operation == "fused-grouped":
                    assert inputs % groups == 0
                if operation in ("grouped", "fused-grouped"):
                    assert middle // groups <= size or groups == inputs


@pytest.mark.parametrize("operation", OPERATIONS[1:])
def test_weights_are_counted(operation: Any) -> None:
    groups = groups_of(operation, 16, 64, 16)
    config = BlockConfig("here", operation, 16, 64, 24, 5, 2, groups)
    block = Block(config)
    assert weights_of(config) == sum(weight.numel() for weight in block.parameters())
    assert block(torch.zeros(1, 16, 8, 8)).shape == (1, 24, 4, 4)


def test_a_skipped_block_is_not_there() -> None:
    space = IBNSpace.tiny()
    task = Catalog.installed().create("task", "digits")
    smallest, largest = space.ends().smallest, space.ends().largest
    assert smallest["op_1_1"] == "skip"
    assert len(space.build(smallest, task).blocks) + 1 == len(space.build(largest, task).blocks)


def test_every_small_network_has_its_weights() -> None:
    """Nothing that can be drawn is missing from the shared weights."""
    space = IBNSpace()
    task = Catalog.installed().create("task", "digits")
    supernet = space.supernet(task).eval()
    inputs = task.batch("search", 2, torch.Generator().manual_seed(0)).inputs
    rows = population.sample_distinct(space.choices, 40, torch.Generator().manual_seed(1))
    with torch.no_grad():
        for architecture in population.decode(space.choices, rows):
            inside = supernet(inputs, architecture)
            assert torch.equal(supernet.extract(architecture)(inputs), inside)


def test_the_command_line_searches_it(tmp_path: Path) -> None:
    words = [
        *("run", "--space", "ibn", "--objectives", "acc,lat,params", "--budget", "16evals"),
        *("--devices", "raspberry-pi-4", "--held-out", "t4", "--torch-device", "cpu"),
        *("--out-dir", "run", "--json", "warm_up.steps=20", "preferences=6"),
    ]
    command = [sys.executable, "-m", "monas_core.cli.main", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)["devices"]["raspberry-pi-4"]
    front = json.loads((tmp_path / facts["front"]).read_text())
    assert front["space"] == "ibn"
    assert front["members"]
