"""The supernet made from ``build`` beside those written by hand: seconds per training step.

Both take the same steps on the same subnets of a space, in turn, so that whatever else the
machine does strikes both alike. Prints the ratio of the two medians and the largest difference
between the outputs of a subnet and of its extracted network.

    python benchmarks/bench_sliced.py [--steps 60] [SPACE ...]
"""

from __future__ import annotations

import argparse
import time

import torch

from monas_core.catalog.lookup import Catalog
from monas_core.parts.sliced import SlicedSupernet
from monas_core.parts.space import SearchSpace
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Task
from monas_core.seeding import derived_generator
from monas_core.values import population
from monas_core.values.architecture import Architecture


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("spaces", nargs="*", default=["gpt", "hat", "mobilenetv3", "nasbench201"])
    parser.add_argument("--steps", type=int, default=60)
    options = parser.parse_args()
    torch.set_num_threads(1)
    catalog = Catalog.installed()
    for name in options.spaces:
        space = catalog.find("space", name).load()()
        task = _task(catalog, space)
        begin = time.perf_counter()
        made = SlicedSupernet(space, task)
        making = time.perf_counter() - begin
        by_hand = space.supernet(task)
        seconds = _seconds(space, task, [by_hand, made], options.steps)
        medians = [float(torch.tensor(each).median()) for each in seconds]
        print(
            f"{name}: by hand {1e3 * medians[0]:.1f} ms/step, from build {1e3 * medians[1]:.1f} "
            f"ms/step, ratio {medians[1] / medians[0]:.2f}; made in {making:.1f} s; "
            f"largest difference to the extracted {_difference(space, task, made):.1e}"
        )


def _task(catalog: Catalog, space: SearchSpace) -> Task:
    wanted = {f"default-task:{space.name}", "default-task"}
    entries = [e for e in catalog.entries("task") if wanted & e.spec.provides]
    entries.sort(key=lambda e: f"default-task:{space.name}" not in e.spec.provides)
    return catalog.create("task", entries[0].name)


def _step(supernet: Supernet, task: Task, architecture: Architecture, batch: int) -> float:
    samples = task.batch("train", batch, derived_generator(0, "bench"))
    begin = time.perf_counter()
    supernet.zero_grad(set_to_none=True)
    task.loss(supernet(samples.inputs, architecture), samples.targets).mean().backward()
    return time.perf_counter() - begin


def _seconds(
    space: SearchSpace, task: Task, supernets: list[Supernet], steps: int
) -> list[list[float]]:
    rows = population.sample(space.choices, steps, derived_generator(1, "bench"))
    found: list[list[float]] = [[] for _ in supernets]
    for architecture in population.decode(space.choices, rows):
        for mine, supernet in zip(found, supernets, strict=True):
            mine.append(_step(supernet.train(), task, architecture, space.warm_up.batch_size))
    return found


def _difference(space: SearchSpace, task: Task, supernet: SlicedSupernet) -> float:
    inputs = task.batch("search", 4, derived_generator(2, "bench")).inputs
    rows = population.sample(space.choices, 10, derived_generator(3, "bench"))
    worst = 0.0
    with torch.no_grad():
        for architecture in population.decode(space.choices, rows):
            inside = supernet.eval()(inputs, architecture)
            outside = supernet.extract(architecture).eval()(inputs)
            worst = max(worst, float((inside - outside).abs().max()))
    return worst


if __name__ == "__main__":
    main()
