"""How time grows with devices, objectives, choices and values: sizes, exponents and bounds.

Sizes take turns, medians are compared. A bound is a ratio between two sizes, never a time, so it
holds on any machine; ``tests/bench/test_growth.py`` checks it.

    python benchmarks/growth.py [--families devices-supernet,archive] [--rounds 5]
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import attrs
import torch
from workbench import Work, architecture_step, real, toy

from monas_core.problem.problem import Problem
from monas_core.record.archive import Archive, Known, uncollected
from monas_core.running.live_front import LiveFront
from monas_core.values import population
from monas_core.values.front import Scale
from monas_core.values.value import Value
from monas_modnas.options import Options


@attrs.frozen
class Family:
    """One thing that grows.

    Attributes:
        what: In words, with what stays the same.
        sizes: Measured by default.
        work: Timed, by size.
        bounds: Largest ratio of the times of two sizes (larger, smaller).
        per: Whether the time of one unit of the size is told, too.
    """

    what: str
    sizes: tuple[int, ...]
    work: Callable[[int], Work]
    bounds: Mapping[tuple[int, int], float]
    per: str = ""


def _supernet_step(n_devices: int, n_objectives: int = 3) -> Work:
    options = Options(
        quality="supernet", supernet_batch=256, cost_samples=32, preferences_per_step=1
    )
    return architecture_step(real("gpt", n_devices, n_objectives), options)


def _predictor_step(n_devices: int = 4, n_objectives: int = 3, n_choices: int = 9) -> Work:
    """Of 256 wishes in all, however many devices share them."""
    options = Options(
        preferences_per_step=256 // n_devices, initial_queries=48, cost_samples=32, enumerate=0
    )
    return architecture_step(toy(n_devices, n_objectives, n_choices), options)


def _drawn(problem: Problem, count: int) -> torch.Tensor:
    """Many distinct architectures, fast: digits to base four."""
    digits = 4 ** torch.arange(len(problem.choices))
    return (torch.arange(count)[:, None] // digits) % 4


def known_problem(count: int) -> Problem:
    """Of which that many architectures have a known quality."""
    problem = toy(1, 3, 12)
    architectures = population.decode(problem.choices, _drawn(problem, count))
    problem.evaluator.values(problem.objectives[0], architectures, None)
    return problem


def one_more(problem: Problem) -> tuple[LiveFront, Work]:
    """A live front that knows everything so far, and an evaluation that joins it."""
    device, quality = problem.devices[0], problem.objectives[0]
    front = LiveFront(problem, device, Scale([-100.0, 0.0, 0.0], [0.0, 100.0, 100.0]))
    front.changed(0.0)
    generator = torch.Generator().manual_seed(3)

    def joined() -> object:
        rows = torch.randint(4, (1, len(problem.choices)), generator=generator)
        problem.evaluator.values(quality, population.decode(problem.choices, rows), None)
        return front.changed(0.0)

    return front, joined


_FOLDER = tempfile.TemporaryDirectory(prefix="monas-growth-")


def archive_of(count: int) -> tuple[Archive, Problem]:
    """A file of that many values, one for each architecture."""
    problem, path = toy(1, 3, 12), Path(_FOLDER.name) / f"{count}.jsonl"
    archive = Archive(path)
    if not path.exists():
        rows = _drawn(problem, count)
        for start in range(0, count, 10_000):
            some = population.decode(problem.choices, rows[start : start + 10_000])
            for number, architecture in enumerate(some):
                value = Value(50.0 + number, "point", "measured", extra={"loss": 0.1 * number})
                archive.add(Known("toy-quality", "", "search", architecture, value))
    return archive, problem


def _reading(count: int) -> Work:
    archive, problem = archive_of(count)

    def read() -> None:
        fresh = toy(1, 3, 12).evaluator
        with uncollected():
            fresh.remember(archive.read(problem.choices))
        assert len(fresh.queried()) == count

    return read


FAMILIES: Mapping[str, Family] = {
    "devices-supernet": Family(
        "architecture step by devices T; quality from the GPT supernet, 256 samples in all",
        (1, 4, 19, 64, 256),
        _supernet_step,
        {(64, 1): 1.3, (256, 1): 2.0},
    ),
    "devices-predictor": Family(
        "architecture step by devices T; quality from the predictor, 256 wishes in all",
        (1, 4, 19, 64, 256),
        _predictor_step,
        {(64, 1): 4.5},
    ),
    "objectives": Family(
        "architecture step by objectives M; quality from the GPT supernet, 4 devices",
        (2, 3, 6),
        lambda m: _supernet_step(4, m),
        {(6, 2): 1.2},
    ),
    "objectives-predictor": Family(
        "architecture step by objectives M; quality from the predictor, 4 devices",
        (2, 3, 6),
        lambda m: _predictor_step(4, m),
        {(6, 2): 1.5},
    ),
    "choices": Family(
        "architecture step by choices C; quality from the predictor, 4 devices",
        (9, 30, 80, 200),
        lambda c: _predictor_step(4, 3, c),
        {(200, 9): 8.0},
    ),
    "front": Family(
        "one more evaluation on a live front of 3 objectives, by evaluations so far",
        (1_000, 10_000, 100_000, 1_000_000),
        lambda n: one_more(known_problem(n))[1],
        {(100_000, 1_000): 4.0},
    ),
    "archive": Family(
        "archive read into an evaluator, by values",
        (1_000, 10_000, 100_000, 1_000_000),
        _reading,
        {(10_000, 1_000): 14.0},
        per="value",
    ),
}


def timed(works: Mapping[int, Work], rounds: int) -> dict[int, list[float]]:
    """Seconds of each round by size, after one that does not count."""
    spent: dict[int, list[float]] = {size: [] for size in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for size, work in works.items():
            begin = time.perf_counter()
            work()
            spent[size].append(time.perf_counter() - begin)
    return spent


def exponent(seconds: Mapping[int, float]) -> float:
    """Slope of the least squares line through the logarithms of sizes and times."""
    sizes = [math.log(size) for size in seconds]
    times = [math.log(value) for value in seconds.values()]
    return statistics.linear_regression(sizes, times).slope


def measure(name: str, rounds: int, sizes: Sequence[int] | None = None) -> dict[int, list[float]]:
    """Seconds of each round by size."""
    family = FAMILIES[name]
    return timed({size: family.work(size) for size in sizes or family.sizes}, rounds)


def main() -> None:
    """One line for each size, exponent and bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", default=",".join(FAMILIES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--largest", type=int, default=10**9, help="leave larger sizes out")
    given = parser.parse_args()
    for name in given.families.split(","):
        family = FAMILIES[name]
        sizes = [size for size in family.sizes if size <= given.largest]
        found = measure(name, given.rounds, sizes)
        median = {size: statistics.median(spent) for size, spent in found.items()}
        print(f"{name}: {family.what}")
        for size, spent in found.items():
            ends = f"{min(spent) * 1e3:.2f} to {max(spent) * 1e3:.2f}"
            print(f"  {size:9,d}  {median[size] * 1e3:10.2f} ms  ({ends})")
        if len(sizes) > 1:
            print(f"  exponent {exponent(median):.2f}")
        for (large, small), most in family.bounds.items():
            if large in median and small in median:
                ratio = median[large] / median[small]
                print(f"  {large:,d} / {small:,d}: {ratio:.2f} (at most {most})")


if __name__ == "__main__":
    main()
