"""Choices of the NAS-Bench-201 space, their published form, and the networks they stand for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from monas_cells.nasbench201.sizes import OPERATIONS, edges
from monas_cells.nasbench201.space import NASBench201Space
from monas_cells.nasbench201.strings import from_string, to_string
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.tracing.workload import trace
from monas_core.values import population

BEST = (
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|"
    "+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
)


class Pictures:
    """As much of a task as building a network needs: colour images of 32 x 32, 10 classes."""

    n_outputs = 10

    def example(self, batch: int) -> torch.Tensor:
        return torch.zeros(batch, 3, 32, 32)


def built(text: str) -> nn.Module:
    space = NASBench201Space("published")
    with torch.device("meta"):
        return space.build(from_string(space.choices, text), Pictures())


@pytest.mark.parametrize("preset", NASBench201Space.presets)
def test_cardinality_is_the_published_one(preset: str) -> None:
    space = NASBench201Space(preset)
    assert space.choices.cardinality() == 15_625
    assert len(space.choices) == 6


def test_tiny_can_be_enumerated() -> None:
    choices = NASBench201Space.tiny().choices
    assert len(set(choices.enumerate())) == choices.cardinality() == 125


def test_edges_lead_from_every_earlier_node() -> None:
    assert edges(4) == [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
    names = [choice.name for choice in NASBench201Space().choices.choices]
    assert names == ["edge_0_1", "edge_0_2", "edge_1_2", "edge_0_3", "edge_1_3", "edge_2_3"]


def test_the_smallest_network_reads_its_input() -> None:
    """So a round of warm-up that trains it is not lost."""
    space = NASBench201Space()
    smallest, largest = population.decode(space.choices, population.corners(space.choices))
    assert set(smallest.choices.values()) == {"skip_connect"}
    assert set(largest.choices.values()) == {"nor_conv_3x3"}


def test_published_form_goes_both_ways() -> None:
    choices = NASBench201Space().choices
    seen = set()
    for architecture in choices.enumerate():
        text = to_string(architecture)
        seen.add(text)
        if len(seen) % 50 == 1:
            assert from_string(choices, text) == architecture
    assert len(seen) == 15_625
    best = from_string(choices, BEST)
    assert to_string(best) == BEST
    assert best["edge_0_3"] == "skip_connect"
    assert best["edge_1_2"] == "nor_conv_1x1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nor_conv_3x3",
        "|none~0|",
        "|none~0|+|none~0|none~1|",
        "|none~0|+|none~1|none~0|+|none~0|none~1|none~2|",
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|+|none~0|none~1|none~2|none~3|",
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~|",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no cell of 4 nodes"):
        from_string(NASBench201Space().choices, text)


def test_unknown_operations_are_refused() -> None:
    with pytest.raises(UsageError, match="no option 'max_pool'"):
        from_string(NASBench201Space().choices, BEST.replace("skip_connect", "max_pool"))


def test_unknown_preset_is_refused() -> None:
    with pytest.raises(UsageError, match='no preset "big"; it has: small, published'):
        NASBench201Space("big")


def test_flops_of_the_best_cell_are_the_published_ones() -> None:
    """153.27 M multiply-accumulates (arXiv 2001.00326, table 5); 2 FLOPs each here."""
    workload = trace(built(BEST), torch.zeros(1, 3, 32, 32))
    assert workload.total_flops / 2e6 == pytest.approx(153.27, abs=0.01)


def test_parameters_are_those_of_the_formula() -> None:
    """Stem, reductions, last norm and head, which every network has, counted by hand."""
    frame = 3 * 16 * 9 + 2 * 16 + 2 * 64 + 64 * 10 + 10
    for c in (16, 32):
        frame += c * 2 * c * 9 + (2 * c) ** 2 * 9 + 4 * 2 * c + c * 2 * c
    network = built("|none~0|+|none~0|skip_connect~1|+|none~0|avg_pool_3x3~1|none~2|")
    assert sum(p.numel() for p in network.parameters()) == frame
    network = built("|none~0|+|none~0|none~1|+|none~0|nor_conv_1x1~1|nor_conv_3x3~2|")
    cells = sum(5 * (10 * c * c + 4 * c) for c in (16, 32, 64))
    assert sum(p.numel() for p in network.parameters()) == frame + cells


@pytest.mark.data
def test_parameters_and_flops_are_the_published_ones(data_dir: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = ["arch_str", "params_m_c10", "flops_m_c10"]
    rows = parquet.read_table(data_dir / "nb201_accuracy.parquet", columns=columns).to_pylist()
    chosen = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))[:50].tolist()
    for row in (rows[number] for number in chosen):
        workload = trace(built(row["arch_str"]), torch.zeros(1, 3, 32, 32))
        assert workload.parameters == round(1e6 * row["params_m_c10"])
        assert workload.total_flops / 2e6 == pytest.approx(row["flops_m_c10"], rel=1e-6)


def test_small_images_are_refused() -> None:
    network = built(BEST)
    with pytest.raises(ValueError, match="at least 4 x 4 pixels"):
        network(torch.zeros(1, 3, 2, 2, device="meta"))


def test_registered_with_a_default_task() -> None:
    catalog = Catalog.installed()
    assert catalog.find("space", "nasbench201").create(preset="published").preset == "published"
    tasks = [e for e in catalog.entries("task") if "default-task:nasbench201" in e.spec.provides]
    assert len(tasks) == 1


def test_every_operation_is_named_as_published() -> None:
    published = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"}
    assert set(OPERATIONS) == published
