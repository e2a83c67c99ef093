"""Steps: of weights in every space, of the architecture, and one query of the hypernetwork."""

from __future__ import annotations

import pytest
import torch
from bench_step import prepared
from bench_weight_step import ours, plain, planned
from conftest import Beside, Work
from torch import nn
from workbench import learning, toy

from monas_core.catalog.lookup import Catalog
from monas_core.computing.rules import weight_optimizers
from monas_core.values.recipe import Recipe
from monas_modnas.options import Options

SPACES = ("gpt", "hat", "mobilenetv3", "nasbench201", "darts", "ibn", "mobilenetv2", "tcn")


def several(step: Work, count: int) -> Work:
    def steps() -> None:
        for _ in range(count):
            step()

    return steps


@pytest.mark.parametrize("space", SPACES)
def test_weight_step(beside: Beside, space: str) -> None:
    plan = planned(space, None, None, None)
    count = 5 if beside.benchmark.enabled else 1
    beside(
        f"weight step of the largest subnet, {space}",
        several(ours(plan), count),
        several(plain(plan), count),
        limited_by="plain loop, same updater",
        most=1.03,
        share=count,
    )


@pytest.mark.parametrize("space", ["gpt", "hat"])
def test_muon(beside: Beside, space: str) -> None:
    plan = planned(space, None, None, None)
    network: nn.Module = plan.space.build(plan.space.ends().largest, plan.task)
    for parameter in network.parameters():
        parameter.grad = torch.randn_like(parameter)
    rules = weight_optimizers(network, 1e-3, recipe=Recipe(updater="muon"))
    fused = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)

    def updates() -> None:
        for rule in rules:
            rule.step()

    beside(
        f"update of all weights by Muon and AdamW, {space}",
        updates,
        fused.step,
        limited_by="fused AdamW for all weights",
    )


def test_architecture_step(beside: Beside) -> None:
    names = tuple(
        e.name
        for e in Catalog.installed().entries("device")
        if not e.spec.provides & {"measures-this-machine", "takes-argument"}
    )[:19]
    each = 3 if beside.benchmark.enabled else 1
    beside(
        f"architecture step for {len(names)} devices, gpt",
        prepared(names, each * len(names)),
        prepared(names[:1], each * len(names)),
        limited_by="the same batch for one device",
        most=1.3,
    )


def test_hypernetwork_query(beside: Beside) -> None:
    problem = toy(19, 3, 30)
    optimizer = learning(problem, Options(initial_queries=24, cost_samples=32, enumerate=0))
    targets = optimizer._landscape.targets(problem.devices)
    features = optimizer._landscape.cost.device_scale(targets.embedding)
    wishes = torch.rand(19, 24, 3)
    wishes = wishes / wishes.sum(-1, keepdim=True)
    network, hidden = optimizer._architect.network, optimizer.options.hidden
    bare = nn.Sequential(
        nn.Linear(9, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
        nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, 30 * 4),
    )  # fmt: skip
    flat = torch.rand(19 * 24, 9)

    def query() -> None:
        with torch.no_grad():
            network(wishes, features)

    def forward() -> None:
        with torch.no_grad():
            bare(flat)

    beside(
        "hypernetwork asked for 24 wishes on 19 devices",
        several(query, 20),
        several(forward, 20),
        limited_by="plain perceptron of its width and depth",
        share=20,
    )
