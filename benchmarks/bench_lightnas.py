"""Does LightNAS land on a trained supernet, and is what it lands on better than chance?

MobileNetV2 layers on digits, weights from the trainer ``fair``; targets on two devices in one run.
Relative error of the answers by the devices' own costs, and their accuracy, trained alone, against
the best of k random networks within 5 % of the target, k such that both take equal time, warm-up
included.

    python benchmarks/bench_lightnas.py --seeds 3
"""

from __future__ import annotations

import argparse
import time
from statistics import mean, median, stdev

import attrs
import torch
from bench_dca import alone, trained
from bench_landing import cost, target, wish

from monas_core.bench.contest import default_embedding
from monas_core.catalog.lookup import Catalog
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.budget import Budget, Meter
from monas_core.values.constraint import Constraint
from monas_lagrange.lightnas import LightNAS
from monas_lagrange.options import LightNASOptions

DEVICES = ("jetson-nano", "raspberry-pi-4")


def problem_of(context: Context, catalog: Catalog, evaluations: int, share: float) -> Problem:
    """Accuracy and latency on two devices, a target on each."""
    task = context.require_task()
    objectives = tuple(catalog.create("objective", name, task=task) for name in ("acc", "lat"))
    devices = tuple(catalog.create("device", name) for name in DEVICES)
    meter = Meter(Budget(evaluations, "evaluations"))
    evaluator = Evaluator(context, objectives, meter, devices)
    embedding = default_embedding(catalog).create()
    free = Problem(context, objectives, devices, evaluator, embedding, meter)
    return attrs.evolve(free, limits=tuple(target(free, device, share) for device in devices))


def within(
    problem: Problem, device: Device, limit: Constraint, count: int, seed: int
) -> list[Architecture]:
    """Random architectures that meet a target."""
    generator, kept = torch.Generator().manual_seed(900 + seed), list[Architecture]()
    for _ in range(40):
        rows = population.sample(problem.choices, 32, generator)
        asked = population.decode(problem.choices, rows)
        costs = zip(asked, cost(problem, asked, device), strict=True)
        kept += [a for a, value in costs if limit.violation(value) == 0.0]
        if len(kept) >= count:
            break
    return kept[:count]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--warm-up", type=int, default=300)
    parser.add_argument("--training", type=int, default=200, help="steps of a network alone")
    parser.add_argument("--evaluations", type=int, default=30)
    words = parser.parse_args()
    torch.set_num_threads(1)
    catalog = Catalog.installed()
    task, space = catalog.create("task", "digits"), catalog.create("space", "mobilenetv2")
    options = LightNASOptions(initial=14, steps=200, draws=2, cost_samples=128)
    errors: list[float] = []
    gains: list[tuple[float, float]] = []
    print("mobilenetv2 on digits, two devices in one run")
    print("seed  device          target ms   error in %   accuracy alone   best of k random")
    for seed in range(words.seeds):
        begin = time.process_time()
        context = trained(space, task, catalog, words.warm_up, seed, trainer="fair")
        warmed = time.process_time() - begin
        problem = problem_of(context, catalog, words.evaluations, (0.3, 0.5, 0.7)[seed % 3])
        begin, optimizer = time.process_time(), LightNAS(options)
        optimizer.start(problem, torch.Generator().manual_seed(seed))
        while problem.meter.left > 0 and not optimizer.step().finished:
            problem.meter.steps += 1
        spent = (warmed + time.process_time() - begin) / len(DEVICES)
        for device, limit in zip(problem.devices, problem.limits, strict=True):
            answer = optimizer.propose(device, [wish(problem, limit)])[0]
            errors.append(100 * abs(cost(problem, [answer], device)[0] / limit.bound - 1.0))
            begin = time.process_time()
            own = alone(context, answer, words.training, seed)
            each = time.process_time() - begin
            count = max(1, round((spent + each) / each))
            rivals = within(problem, device, limit, count, seed)
            reached = [alone(context, rival, words.training, seed) for rival in rivals]
            best = max(reached)
            gains.append((own - mean(reached), own - best))
            print(
                f"{seed:4d}  {device.name:15} {limit.bound:8.3f} {errors[-1]:12.2f} {own:16.2f} "
                f"{best:14.2f} (k = {len(rivals)}, mean {mean(reached):.2f})",
                flush=True,
            )
    print(f"error: median {median(errors):.2f} %, worst {max(errors):.2f} %")
    for what, apart in zip(("mean", "best"), zip(*gains, strict=True), strict=True):
        spread = stdev(apart) if len(apart) > 1 else 0.0
        better = sum(points > 0 for points in apart)
        print(
            f"accuracy less that of the {what} random network: {mean(apart):+.2f} ± {spread:.2f} "
            f"points, better in {better} of {len(apart)}"
        )


if __name__ == "__main__":
    main()
