"""What the supernet's training gains from its two departures from the textbook.

Trains the tiny GPT supernet on the same number of subnet passes (so at about the
same cost) four ways: one update per sandwich or per subnet, AdamW alone or Muon
for hidden matrices. Prints bits per byte on unseen text.

    python benchmarks/bench_warmup.py [--passes 800] [--seeds 2]
"""

from __future__ import annotations

import argparse
import math
import statistics

import torch

from monas_core.catalog.lookup import Catalog
from monas_core.computing.rules import weight_optimizers
from monas_core.parts.space import SearchSpace, end_rows
from monas_core.parts.task import Task
from monas_core.seeding import derived_generator, seeded_construction
from monas_core.values import population

ROUND = 4


def train(
    space: SearchSpace, task: Task, passes: int, *, spread: bool, muon: bool, seed: int
) -> list[float]:
    """Scores of the smallest, the largest and 16 random subnets after training."""
    with seeded_construction(seed):
        net = space.supernet(task)
    if muon:
        updaters = weight_optimizers(net, 5e-3)
    else:
        updaters = [torch.optim.AdamW(net.parameters(), lr=3e-3, betas=(0.9, 0.95))]
    peaks = [updater.param_groups[0]["lr"] for updater in updaters]
    generator = derived_generator(seed, "bench")
    smallest, largest = end_rows(space).split(1)
    rounds = passes // ROUND
    for number in range(rounds):
        share = min(
            (number + 1) / (0.05 * rounds),
            0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * number / rounds)),
        )
        for updater, peak in zip(updaters, peaks, strict=True):
            updater.param_groups[0]["lr"] = peak * share
        drawn = population.sample(space.choices, 2, generator)
        rows = torch.cat([largest, drawn[:1], smallest, drawn[1:]])
        batch = task.batch("train", 16, generator)
        for index, architecture in enumerate(population.decode(space.choices, rows)):
            if spread and index:
                batch = task.batch("train", 16, generator)
            loss = task.loss(net(batch.inputs, architecture), batch.targets).mean()
            (loss if spread else loss / ROUND).backward()
            if spread or index == ROUND - 1:
                torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                for updater in updaters:
                    updater.step()
                    updater.zero_grad(set_to_none=True)
    net.eval()
    judged = torch.cat(
        [smallest, largest, population.sample(space.choices, 16, derived_generator(0, "judged"))]
    )
    with torch.no_grad():
        return [
            task.evaluate(lambda x, a=a: net(x, a), "test")[task.score.name]
            for a in population.decode(space.choices, judged)
        ]


def main() -> None:
    """Run the four variants and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passes", type=int, default=800)
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    catalog = Catalog.installed()
    space = catalog.create("space", "gpt", preset="tiny")
    task = catalog.create("task", "pystdlib", argument=None)
    print(
        f"{task.score.name} after {arguments.passes} subnet passes, mean of {arguments.seeds} seeds"
    )
    for spread in (False, True):
        for muon in (False, True):
            scores = [
                train(space, task, arguments.passes, spread=spread, muon=muon, seed=seed)
                for seed in range(arguments.seeds)
            ]
            smallest, largest, *rest = (
                statistics.fmean(column) for column in zip(*scores, strict=True)
            )
            how = (
                f"update per {'subnet  ' if spread else 'sandwich'}  {'Muon ' if muon else 'AdamW'}"
            )
            ends = f"smallest {smallest:.3f}  largest {largest:.3f}"
            print(f"{how}  {ends}  random {statistics.fmean(rest):.3f}", flush=True)


if __name__ == "__main__":
    main()
