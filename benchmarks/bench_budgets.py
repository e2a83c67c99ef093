"""PFNAG on the once-for-all table: is a budget met, also one never trained for, and how well?

One line per reward: pair accuracy of the evaluator on held-out architectures; share of drawn
architectures within the budget, for budgets the generator was trained for, for those between
them, and on a device that was not searched; accuracy of the answers, beside one controller for
each budget with an equal share of iterations and evaluations, and the best of as many random
architectures.

    python benchmarks/bench_budgets.py --data-dir DIR --seeds 3
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from statistics import mean, stdev

import attrs
import torch

from monas_core.bench.attempt import pose
from monas_core.bench.contest import chosen
from monas_core.catalog.lookup import Catalog
from monas_core.parts.device import Device
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.budget import Budget, Meter
from monas_policies.options import PfnagOptions, Reward
from monas_policies.pfnag import Pfnag
from monas_policies.purse import Purse

TRAINED = (0.2, 0.35, 0.5, 0.65, 0.8)
UNSEEN = (0.275, 0.425, 0.575, 0.725)
DRAWS = 100
REWARDS: tuple[Reward, ...] = ("rank", "mnasnet", "tunas")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MONAS_DATA"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--evaluations", type=int, default=1000)
    parser.add_argument("--devices", type=int, default=3, help="search devices")
    parser.add_argument("--problem", default="ofa")
    parser.add_argument("--iterations", type=int, default=150, help="of the generator, per round")
    parser.add_argument("--draws", type=int, default=96, help="of the generator, per iteration")
    parser.add_argument("--fitting", type=int, default=600, help="of the evaluator, per round")
    parser.add_argument("--rewards", nargs="+", choices=REWARDS, default=REWARDS)
    words = parser.parse_args()
    if words.data_dir is None:
        parser.error("name the folder of the published tables with --data-dir or MONAS_DATA")
    torch.set_num_threads(1)
    catalog = Catalog.installed()
    benchmark = catalog.create("benchmark", words.problem, data=words.data_dir)
    names, held_out = benchmark.search_devices[: words.devices], benchmark.held_out[0]
    print(f"{words.problem}, {words.evaluations} evaluations, {words.seeds} seeds")
    print(f"searched: {', '.join(names)}; never searched: {held_out}")
    print("reward    pairs   met: trained  unseen  new device   accuracy: pfnag  separate  random")
    for reward in words.rewards:
        basis = PfnagOptions(
            reward=reward,
            budgets=TRAINED,
            iterations=words.iterations,
            draws=words.draws,
            fitting=words.fitting,
        )
        rows: list[list[float]] = []
        for seed in range(words.seeds):
            spent = Budget.parse(f"{words.evaluations}evals")
            problem = pose(spent, benchmark, chosen(benchmark, names), catalog)
            rows.append(measured(problem, benchmark.devices[held_out], basis, seed))
        columns = zip(*rows, strict=True)
        cells = [f"{mean(c):.3f}±{stdev(c) if len(c) > 1 else 0:.3f}" for c in columns]
        print(f"{reward:8}", "  ".join(cells), flush=True)


def measured(problem: Problem, stranger: Device, basis: PfnagOptions, seed: int) -> list[float]:
    """Pair accuracy, three shares of budgets met, three accuracies."""
    whole = searched(problem, basis, seed)
    met = [
        mean(share_met(problem, whole, device, share) for device in devices for share in shares)
        for devices, shares in (
            (problem.devices, TRAINED),
            (problem.devices, UNSEEN),
            ((stranger,), (*TRAINED, *UNSEEN)),
        )
    ]
    asked = [(device, share) for device in problem.devices for share in TRAINED]
    together = mean(answer(problem, whole, *wish) for wish in asked)
    separate: list[float] = []
    for share in TRAINED:
        single = attrs.evolve(
            basis,
            budgets=(share,),
            iterations=basis.iterations // len(TRAINED),
            fitting=basis.fitting // len(TRAINED),
        )
        one = searched(problem, single, seed, len(TRAINED))
        separate += [answer(problem, one, device, share) for device in problem.devices]
    random = [best_random(problem, *wish, seed) for wish in asked]
    return [whole.evaluator_accuracy(), *met, together, mean(separate), mean(random)]


def searched(problem: Problem, options: PfnagOptions, seed: int, parts: int = 1) -> Pfnag:
    """An optimizer that has spent one of so many equal parts of the budget."""
    spent = problem.meter.budget
    meter = Meter(Budget(spent.amount // parts, spent.unit))
    evaluator = Evaluator(problem.context, problem.objectives, meter)
    fresh = attrs.evolve(problem, evaluator=evaluator, meter=meter)
    optimizer = Pfnag(options)
    optimizer.start(fresh, torch.Generator().manual_seed(seed))
    while meter.left > 0 and not optimizer.step().finished:
        meter.steps += 1
    return optimizer


@cache
def budget(problem: Problem, device: Device, share: float) -> float:
    """Anchored, a share of the way between the costs of random architectures."""
    purse, rows = Purse(problem, ""), problem.draw(400, torch.Generator().manual_seed(7))
    costs = purse.costs(population.decode(problem.choices, rows), device)
    return float(costs.min() + share * (costs.max() - costs.min()))


def share_met(problem: Problem, optimizer: Pfnag, device: Device, share: float) -> float:
    """Of architectures drawn for a budget, those within it."""
    limit = budget(problem, device, share)
    rows = optimizer.generate(device, limit, DRAWS)
    costs = Purse(problem, "").costs(population.decode(problem.choices, rows), device)
    return float((costs <= limit).float().mean())


def answer(problem: Problem, optimizer: Pfnag, device: Device, share: float) -> float:
    """Accuracy of the best of ten candidates within the budget, by the optimizer's judgement."""
    limit = budget(problem, device, share)
    found = optimizer.best_within(device, limit)
    return final(problem, [found])[0] if found is not None else 0.0


def best_random(problem: Problem, device: Device, share: float, seed: int) -> float:
    """Accuracy of the best of as many random architectures, by what the search may see."""
    purse, limit = Purse(problem, ""), budget(problem, device, share)
    count = int(problem.meter.budget.amount)
    rows = problem.draw(count, torch.Generator().manual_seed(100 + seed))
    known = population.decode(problem.choices, rows)
    within = [
        architecture
        for architecture, cost in zip(known, purse.costs(known, device).tolist(), strict=True)
        if cost <= limit
    ]
    objective = problem.objectives[0]
    seen = [v.value for v in problem.evaluator.values(objective, within, None)]
    best = max(range(len(seen)), key=seen.__getitem__)
    return final(problem, [within[best]])[0]


def final(problem: Problem, found: Sequence[object]) -> list[float]:
    """Accuracy on final data."""
    objective = problem.objectives[0]
    values = objective.evaluate(list(found), None, problem.context, "final")  # pyright: ignore
    return [value.value for value in values]


if __name__ == "__main__":
    main()
