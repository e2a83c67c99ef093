"""Does a learnt multiplier land on a target of cost, and what does landing cost in quality?

First on a known loss, with nothing trained: 21 layers of 7 operations, whose quality grows less
than their cost. Mean relative error over three targets and all seeds, of the last iterate and of
the best within the tolerance, beside multipliers that stay fixed. Then on a published table:
targets on two devices in one run, against the best of as many random architectures that come
within 5 % of the target.

    python benchmarks/bench_landing.py --seeds 4
    python benchmarks/bench_landing.py --seeds 3 --problem ofa --data-dir DIR
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median, stdev

import attrs
import torch
from torch import Tensor

from monas_core.bench.attempt import pose
from monas_core.bench.contest import chosen
from monas_core.catalog.lookup import Catalog
from monas_core.parts.device import Device
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.architecture import Architecture, Choice
from monas_core.values.budget import Budget, Meter
from monas_core.values.choices import ChoiceSet
from monas_core.values.constraint import Constraint
from monas_core.values.preference import Preference
from monas_core.values.relaxation import Relaxation
from monas_core.values.wish import Wish
from monas_lagrange.aims import Flat
from monas_lagrange.landing import Landing
from monas_lagrange.lightnas import LightNAS
from monas_lagrange.options import LightNASOptions

LAYERS, OPERATIONS = 21, 7
SHARES = (0.3, 0.5, 0.7)
WITHIN = 0.05


class KnownLoss:
    """Loss and cost in closed form, differentiable; the same for everyone with one seed."""

    def __init__(self, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.by_strength: tuple[str, ...] = ()
        self.choices = ChoiceSet(
            "known", 1, [Choice(f"layer_{n}", tuple(range(OPERATIONS))) for n in range(LAYERS)]
        )
        size = torch.tensor([0.0, 1.0, 1.3, 1.7, 2.0, 2.6, 3.4])  # skip, then ever larger kernels
        noise = 1.0 + 0.15 * torch.randn(LAYERS, OPERATIONS, generator=generator)
        self.cost = (0.2 + size * noise).double()
        worth = 0.5 + torch.rand(LAYERS, 1, generator=generator)
        self.gain = worth * (1.0 - torch.exp(-0.6 * size * noise.flip(1)))
        self.least, self.most = self.cost.min(1).values.sum(), self.cost.max(1).values.sum()

    def loss(self, relaxation: Relaxation) -> Tensor:
        """Falls with the sum of gains, each step less than the one before, ``(A,)``."""
        total = (relaxation.weights * self.gain).sum((1, 2))
        return 4.0 * torch.exp(-total / 8.0)

    def costs(self, relaxation: Relaxation) -> Tensor:
        """``(1, 1, A)``."""
        return (relaxation.weights.double() * self.cost).sum((1, 2))[None, None]

    def own(self, rows: Tensor) -> Tensor:
        """The same of architectures."""
        return self.costs(Relaxation.from_population(self.choices, rows))

    def limit(self, share: float) -> Flat:
        """A target a share of the way between the ends."""
        bound = float(self.least + share * (self.most - self.least))
        zero = torch.zeros(1, dtype=torch.int64)
        return Flat((Constraint("cost", "equal", bound),), zero, zero, zero)


def landed(
    share: float, seed: int, options: LightNASOptions, fixed: float | None
) -> tuple[float, float]:
    """Relative error of the last and of the best iterate."""
    known = KnownLoss(seed)
    landing = Landing(known, known.limit(share), 1, options, fixed=fixed)
    generator = torch.Generator().manual_seed(100 + seed)
    while landing.done < options.steps:
        landing.step(known.loss, known.costs, generator)
        if landing.done % 10 == 0:
            landing.settle(known.loss, known.costs, known.own)
    bound = landing.limits.limits[0].bound
    errors = [float(known.own(rows)) / bound - 1.0 for rows in (landing.last(), landing.best)]
    return abs(errors[0]), abs(errors[1])


def on_known_loss(seeds: int) -> None:
    usual = LightNASOptions()
    settings: dict[str, tuple[LightNASOptions, float | None]] = {
        "multiplier": (usual, None),
        "  no tail": (attrs.evolve(usual, tail=0.0), None),
        "  reset": (attrs.evolve(usual, reset=True), None),
        "  reset, no tail": (attrs.evolve(usual, reset=True, tail=0.0), None),
        "  coldest 0.002": (attrs.evolve(usual, coldest=0.002), None),
        "  one draw": (attrs.evolve(usual, draws=1), None),
    }
    settings |= {f"fixed {v:g}": (usual, v) for v in (0.1, 0.3, 1.0, 2.0, 5.0)}
    print(f"known loss, targets at {SHARES} of the way, {seeds} seeds, {usual.steps} steps")
    print(f"{'error in %':18} {'last: mean':>10} {'worst':>6}   {'best: mean':>10} {'worst':>6}")
    for name, (options, fixed) in settings.items():
        pairs = [landed(share, seed, options, fixed) for share in SHARES for seed in range(seeds)]
        last, best = ([100 * e for e in column] for column in zip(*pairs, strict=True))
        print(
            f"{name:18} {mean(last):10.2f} {max(last):6.2f}   {mean(best):10.2f} {max(best):6.2f}",
            flush=True,
        )


def on_table(name: str, folder: Path, seeds: int, evaluations: int) -> None:
    catalog = Catalog.installed()
    benchmark = catalog.create("benchmark", name, data=folder)
    names = [benchmark.search_devices[0], benchmark.search_devices[-1]]
    spent = Budget.parse(f"{evaluations}evals")
    plain = pose(spent, benchmark, chosen(benchmark, names), catalog)
    print(f"{name}, {evaluations} evaluations, two devices in one run: {', '.join(names)}")
    print("share   error in % by the device's own cost   quality: lightnas      best of random")
    for share in SHARES:
        errors: list[float] = []
        found: list[float] = []
        rivals: list[float] = []
        for seed in range(seeds):
            limits = [target(plain, device, share) for device in plain.devices]
            meter = Meter(spent)
            evaluator = Evaluator(plain.context, plain.objectives, meter)
            problem = attrs.evolve(plain, limits=tuple(limits), meter=meter, evaluator=evaluator)
            optimizer = searched(problem, seed)
            for device, limit in zip(problem.devices, limits, strict=True):
                answer = optimizer.propose(device, [wish(problem, limit)])[0]
                errors.append(100 * abs(cost(problem, [answer], device)[0] / limit.bound - 1.0))
                found.append(final(problem, answer))
                rivals.append(final(problem, best_random(problem, device, limit, seed)))
        print(
            f"{share:5.1f}   median {median(errors):5.2f}  worst {max(errors):5.2f}"
            f"{'':15} {mean(found):7.3f} ± {spread(found):5.3f}   {mean(rivals):7.3f} "
            f"± {spread(rivals):5.3f}",
            flush=True,
        )


def spread(values: Sequence[float]) -> float:
    """Standard deviation; 0 of a single value."""
    return stdev(values) if len(values) > 1 else 0.0


def searched(problem: Problem, seed: int) -> LightNAS:
    """An optimizer that has spent the budget."""
    optimizer = LightNAS()
    optimizer.start(problem, torch.Generator().manual_seed(seed))
    while problem.meter.left > 0 and not optimizer.step().finished:
        problem.meter.steps += 1
    return optimizer


def wish(problem: Problem, limit: Constraint) -> Wish:
    """All for quality, at the target."""
    names = [objective.short for objective in problem.objectives]
    return Wish(Preference.normalised({names[0]: 1.0}, names), (limit,))


def target(problem: Problem, device: Device, share: float) -> Constraint:
    """A share of the way between the costs of random architectures, give or take 5 %."""
    rows = problem.draw(400, torch.Generator().manual_seed(7))
    costs = cost(problem, population.decode(problem.choices, rows), device)
    low, high = min(costs), max(costs)
    name = problem.objectives[-1].short
    return Constraint(name, "equal", low + share * (high - low), WITHIN, device.name)


def cost(problem: Problem, found: Sequence[Architecture], device: Device) -> list[float]:
    """The device's own cost."""
    values = problem.evaluator.estimates(problem.objectives[-1], found, device)
    return [value.value for value in values]


def best_random(problem: Problem, device: Device, limit: Constraint, seed: int) -> Architecture:
    """Of as many random architectures as were evaluated, the best that meets the target.

    By what the search may see.
    """
    generator = torch.Generator().manual_seed(1000 + seed)
    rows = problem.draw(int(problem.meter.budget.amount), generator)
    known = population.decode(problem.choices, rows)
    costs = cost(problem, known, device)
    within = [a for a, c in zip(known, costs, strict=True) if limit.violation(c) == 0.0]
    seen = [v.value for v in problem.objectives[0].evaluate(within, None, problem.context)]
    pick = max if problem.objectives[0].direction == "max" else min
    return within[pick(range(len(seen)), key=seen.__getitem__)]


def final(problem: Problem, architecture: Architecture) -> float:
    """Quality on final data."""
    objective = problem.objectives[0]
    return objective.evaluate([architecture], None, problem.context, "final")[0].value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--problem", default="", help="a published table, beside the known loss")
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MONAS_DATA"))
    parser.add_argument("--evaluations", type=int, default=300)
    words = parser.parse_args()
    torch.set_num_threads(1)
    if not words.problem:
        on_known_loss(words.seeds)
        return
    if words.data_dir is None:
        parser.error("name the folder of the published tables with --data-dir or MONAS_DATA")
    on_table(words.problem, Path(words.data_dir), words.seeds, words.evaluations)


if __name__ == "__main__":
    main()
