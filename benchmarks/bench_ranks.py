"""Evaluation of candidates and training steps with two processes against one.

The same 24 random subnets are evaluated, and the same steps taken, by one process and by two, in
turn; medians over rounds. With one core for each the figure to reach for evaluation is 1.7.

    python benchmarks/bench_ranks.py [--rounds 3] [--ranks 2]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import socket
import statistics
import time
from typing import Any

import attrs
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.computing.joining import join
from monas_core.computing.launch import Launch
from monas_core.computing.ranks import ALONE, Ranks
from monas_core.record.config import load_config
from monas_core.running.crew import END, Crew, serve, trained_together
from monas_core.running.plan import Plan
from monas_core.running.resolving import resolve
from monas_core.running.session import Session
from monas_core.values import population

SUBNETS, STEPS = 24, 20


def work(plan: Plan, ranks: Ranks, rounds: int) -> list[tuple[float, float]]:
    """Seconds of the evaluations and of the steps of each round, in rank 0."""
    torch.set_num_threads(1)
    session = Session(attrs.evolve(plan, ranks=ranks))
    if ranks.number:
        serve(session)
        return []
    crew = Crew(session)
    session.context.helpers = crew if ranks.count > 1 else None
    (objective,) = (o for o in plan.objectives if o.query)
    found: list[tuple[float, float]] = []
    for number in range(rounds + 1):
        begin = time.perf_counter()
        for _ in range(STEPS):
            crew.step_together()
            trained_together(session)
            crew.stepped()
        steps = time.perf_counter() - begin
        rows = population.sample(plan.space.choices, SUBNETS, torch.Generator().manual_seed(number))
        begin = time.perf_counter()
        session.evaluator.values(objective, population.decode(plan.space.choices, rows), None)
        found.append((time.perf_counter() - begin, steps))
    ranks.tell({"do": END})
    return found[1:]


def _child(plan: Plan, launch: Launch, rounds: int, answers: Any) -> None:
    answers.put(work(plan, join(launch), rounds))


def main() -> None:
    """Print seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    asked = parser.parse_args()
    flags = {"space": "gpt", "objectives": ["acc", "flops"], "devices": ["h100-sxm"]}
    flags |= {"held_out": []}
    settings = ["warm_up.steps=1000", f"warm_up.batch_size={asked.batch}"]
    plan = resolve(load_config(None, flags, settings), Catalog.installed())
    alone = work(plan, ALONE, asked.rounds)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(probe.getsockname()[1])}
    fork = multiprocessing.get_context("fork")
    answers = fork.Queue()
    processes = [
        fork.Process(target=_child, args=(plan, Launch(n, asked.ranks, n), asked.rounds, answers))
        for n in range(asked.ranks)
    ]
    for process in processes:
        process.start()
    together = max((answers.get() for _ in processes), key=len)
    print(f"{asked.ranks} ranks, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for name, column in (("evaluation", 0), ("steps", 1)):
        one, many = (statistics.median(r[column] for r in found) for found in (alone, together))
        print(f"{name:12s} one {one:7.2f} s  {asked.ranks} ranks {many:7.2f} s  {one / many:.2f} x")


if __name__ == "__main__":
    main()
