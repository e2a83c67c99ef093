"""What a loss on pools is worth for counting, and what a search is (NAS-Count, arXiv 2003.00217).

``--part losses``: networks of one architecture trained alone with the squared error of maps
(mse), with mse raised until its gradient is as long as that of the pyramid loss (mse matched), with
the pyramid loss of equal shares (spp) and of shares that are searched meanwhile (spp searched).
The same initial weights and batches in every row of a seed; mean absolute error of the count on
unseen scenes, deviation over seeds, and the paired difference to mse. Networks whose output does
not depend on the scene are told and not averaged.

``--part search``: what a search finds, random architectures and the one of plain 3x3 convolutions,
all trained alone equally long from fresh weights, beside who always answers the mean.

    python benchmarks/bench_count.py --part losses [--seeds 5] [--steps 80]
    python benchmarks/bench_count.py --part search [--seeds 2] [--steps 80] [--optimizer darts]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
from torch import Tensor, nn

from monas_core.api import search
from monas_core.learning.loss_search import LossSearch
from monas_core.parts.loss import Loss
from monas_core.parts.task import CONSTANT, Batch
from monas_core.seeding import derived_generator, derived_seed, seeded_construction
from monas_core.updater import Updater
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_count.space import CountSpace
from monas_counting.loading import load
from monas_counting.task import Counting
from monas_losses.options import PyramidOptions
from monas_losses.pyramid import Pyramid
from monas_losses.squared import Squared

BATCH = 16
ARMS = ("mse", "mse matched", "spp", "spp searched")
_EVERY = 4
"""Steps for one of the searched shares, as in a run."""
_PROBES = 4
"""Batches that lengths of gradients are compared on."""

PerSample = Callable[[Tensor, Tensor], Tensor]


def plain(space: CountSpace, kind: str, scale: int) -> Architecture:
    """One operation at every position, one resolution at every layer."""
    answers = {
        choice.name: (scale if choice.name.startswith("scale") else kind)
        for choice in space.choices.choices
    }
    return space.choices.architecture(answers)


def fresh(space: CountSpace, task: Counting, architecture: Architecture, seed: int) -> nn.Module:
    """A network, the same for every loss of a seed."""
    with seeded_construction(derived_seed(seed, "weights")):
        return space.build(architecture, task)


def gradient_length(network: nn.Module, loss: PerSample, batch: Batch) -> float:
    """Of the mean loss at all weights."""
    value = loss(network(batch.inputs), batch.targets).mean()
    found = torch.autograd.grad(value, list(network.parameters()))
    return float(torch.cat([g.flatten() for g in found]).norm())


def trained(
    space: CountSpace,
    task: Counting,
    architecture: Architecture,
    seed: int,
    steps: int,
    arm: str,
) -> Mapping[str, float]:
    """Scores on unseen scenes after training alone, rates falling."""
    network = fresh(space, task, architecture, seed)
    loss: Loss = Squared(task)
    if arm.startswith("spp"):
        loss = Pyramid(task, PyramidOptions(search=arm == "spp searched"))
    factor = matched(network, task, seed) if arm == "mse matched" else 1.0
    lessons = LossSearch(loss) if loss.searched() else None
    updater = Updater(network, space.warm_up.learning_rate, steps)
    generator = derived_generator(seed, "batches")
    asides = derived_generator(seed, "asides")
    network.train()
    for step in range(steps):
        if lessons is not None and step % _EVERY == 0:
            seen, unseen = (task.batch(part, BATCH, asides) for part in ("train", "search"))
            lessons.move(network, list(network.parameters()), seen, unseen)
        batch = task.batch("train", BATCH, generator)
        updater.update(factor * loss.per_sample(network(batch.inputs), batch.targets).mean())
    found = dict(task.evaluate(network.eval(), "test"))
    return {**found, **loss.told()}


def matched(network: nn.Module, task: Counting, seed: int) -> float:
    """By how much longer the gradient of the pyramid loss is than that of mse."""
    generator = derived_generator(seed, "probes")
    batches = [task.batch("train", BATCH, generator) for _ in range(_PROBES)]
    pyramid, squared = Pyramid(task, PyramidOptions(search=False)), Squared(task)
    lengths = [
        mean(gradient_length(network, loss.per_sample, batch) for batch in batches)
        for loss in (pyramid, squared)
    ]
    return lengths[0] / lengths[1]


def told(numbers: Sequence[float], form: str = "5.2f") -> str:
    """Mean and deviation."""
    if not numbers:
        return "  all died   "
    spread = stdev(numbers) if len(numbers) > 1 else 0.0
    return f"{mean(numbers):{form}} ± {spread:.2f}"


def losses(seeds: int, steps: int) -> None:
    """All losses on two architectures."""
    space, task = CountSpace(), load()
    print(f"answering the mean count: MAE {task.baseline('test')['MAE']:.2f}")
    for name, kind in (("3x3 convolutions", "conv3"), ("dilated 5x5", "dil5")):
        architecture = plain(space, kind, 2)
        table: dict[str, list[Mapping[str, float]]] = {arm: [] for arm in ARMS}
        for seed in range(seeds):
            for arm in ARMS:
                table[arm].append(trained(space, task, architecture, seed, steps, arm))
        print(f"{name}, {seeds} seeds, {steps} steps")
        for arm, found in table.items():
            print(f"  {arm:13s} {_row(found, table['mse'])}", flush=True)
        pools = [key for key in table["spp searched"][0] if key.startswith("pool")]
        shares = {p: mean(of[p] for of in table["spp searched"]) for p in pools}
        print("  shares found: " + ", ".join(f"{p} {share:.2f}" for p, share in shares.items()))


def _row(found: Sequence[Mapping[str, float]], usual: Sequence[Mapping[str, float]]) -> str:
    alive = [of for of in found if not of[CONSTANT]]
    pairs = [
        one["MAE"] - other["MAE"]
        for one, other in zip(found, usual, strict=True)
        if not one[CONSTANT] and not other[CONSTANT]
    ]
    better = sum(pair < 0 for pair in pairs)
    died = f"   {len(found) - len(alive)} died" if len(alive) < len(found) else ""
    return (
        f"MAE {told([of['MAE'] for of in alive])}   RMSE {told([of['RMSE'] for of in alive])}   "
        f"to mse {told(pairs, '+5.2f')}, better in {better} of {len(pairs)}{died}"
    )


def found_by(loss: str, seed: int, *, optimizer: str, warm_up: int, budget: str) -> Architecture:
    """The architecture of least error that a run finds."""
    with tempfile.TemporaryDirectory() as folder:
        run = search(
            "count",
            objectives=["acc", "params"],
            loss=loss,
            optimizer=optimizer,
            budget=budget,
            seed=seed,
            warm_up={"steps": warm_up},
            preferences=4,
            out_dir=Path(folder) / "run",
            progress=False,
        )
        best = run.pick(run.devices[0], {"acc": 1.0, "params": 0.0})
        return CountSpace().choices.from_json(best.architecture)


def searched(seeds: int, steps: int, others: int, **search_by: Any) -> None:
    """A search (``found_by``) beside random architectures, all trained alone equally long."""
    space, task = CountSpace(), load()
    table: dict[str, list[float]] = {}
    for seed in range(seeds):
        best = found_by("spp", seed, **search_by)
        generator = derived_generator(seed, "random architectures")
        rows = population.sample(space.choices, others, generator)
        drawn = population.decode(space.choices, rows)
        wanted = {"searched": [best], "3x3 at full size": [plain(space, "conv3", 1)]}
        for name, architectures in {**wanted, "random": drawn}.items():
            scores = [trained(space, task, a, seed, steps, "spp") for a in architectures]
            alive = [of["MAE"] for of in scores if not of[CONSTANT]]
            if len(alive) < len(scores):
                print(f"seed {seed}: {len(scores) - len(alive)} of {name} died")
            if name == "random":
                table.setdefault(f"random, mean of {others}", []).append(mean(alive))
                table.setdefault(f"random, best of {others}", []).append(min(alive))
            else:
                table.setdefault(name, []).extend(alive)
        path = [option for name, option in best.choices.items() if name.startswith("scale")]
        cells = [option for name, option in best.choices.items() if "coder" in name]
        print(f"seed {seed}: found {cells}, scales {path}", flush=True)
    print(f"MAE after {steps} steps alone, {seeds} seeds; loss spp, {search_by}")
    for name, numbers in table.items():
        print(f"  {name:18s} {told(numbers)}")
    print(f"  {'the mean count':18s} {task.baseline('test')['MAE']:5.2f}")


def main() -> None:
    """One part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=["losses", "search"], required=True)
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--steps", type=int, default=80)
    parser.add_argument("--optimizer", default="darts")
    parser.add_argument("--budget", default="40steps")
    parser.add_argument("--warm-up", type=int, default=300)
    parser.add_argument("--random", type=int, default=6)
    asked = parser.parse_args()
    if asked.part == "losses":
        losses(asked.seeds or 5, asked.steps)
    else:
        how = {"optimizer": asked.optimizer, "warm_up": asked.warm_up, "budget": asked.budget}
        searched(asked.seeds or 2, asked.steps, asked.random, **how)


if __name__ == "__main__":
    main()
