"""A weight step of a supernet against a plain loop of the same network, data included.

The plain loop is what a person writes: batch, forward pass of the largest network standing alone,
loss, backward pass, clipping, the same weight optimizers. Rounds alternate and medians are
compared, so that a busy machine slows both alike.

    python benchmarks/bench_weight_step.py [--rounds 9] [--spaces gpt,hat,mobilenetv3]
    python benchmarks/bench_weight_step.py --spaces gpt --preset s --precision bf16 --batch 8
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

from monas_core.catalog.lookup import Catalog
from monas_core.computing.precision import cast
from monas_core.computing.rules import weight_optimizers
from monas_core.parts.task import Batch
from monas_core.record.config import load_config
from monas_core.running.plan import Plan
from monas_core.running.resolving import resolve
from monas_core.running.session import Session
from monas_core.updater import Updater

STEPS = 10
Step = Callable[[], None]


def planned(space: str, preset: str | None, precision: str | None, batch: int | None) -> Plan:
    """A run of the space with the default task; batches as its warm-up has them."""
    flags = {"space": space, "preset": preset, "objectives": ["flops", "params"], "held_out": []}
    flags |= {"devices": ["h100-sxm"]}
    dotted = [f"training.precision={precision}"] if precision else []
    dotted += [f"warm_up.batch_size={batch}"] if batch else []
    return resolve(load_config(None, flags, dotted), Catalog.installed())


def ours(plan: Plan) -> Step:
    """Steps of the largest subnet of the supernet, as trainers take them."""
    session = Session(plan)
    context, largest = session.context, plan.space.ends().largest
    supernet, task = context.require_supernet(), plan.task
    warm_up, generator = plan.warm_up, torch.Generator().manual_seed(0)
    updater = Updater(
        supernet, warm_up.learning_rate, 1000, matrix_rate=warm_up.matrix_rate,
        engine=context.engine,
    )  # fmt: skip
    supernet.train()

    def losses(piece: Batch) -> dict[str, torch.Tensor]:
        return {"loss": task.loss(supernet(piece.inputs, largest), piece.targets).mean()}

    def step() -> None:
        updater.learn(task.batch("train", warm_up.batch_size, generator), losses)

    return step


def plain(plan: Plan) -> Step:
    """Steps of the largest network alone, in a loop without monas."""
    task, place, recipe = plan.task, plan.torch_device, plan.warm_up.recipe
    network: nn.Module = plan.space.build(plan.space.ends().largest, task).to(place).train()
    rules = weight_optimizers(network, plan.warm_up.learning_rate, recipe=recipe)
    generator = torch.Generator().manual_seed(0)

    def step() -> None:
        batch = task.batch("train", plan.warm_up.batch_size, generator).to(place)
        network.zero_grad(set_to_none=True)
        with cast(recipe.precision, place):
            loss = task.loss(network(batch.inputs), batch.targets).mean()
        loss.backward()
        if recipe.clip:
            torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
        for rule in rules:
            rule.step()
        float(loss.detach())  # a loop tells its loss, too

    return step


def ratio(plan: Plan, rounds: int) -> tuple[float, float, float]:
    """Median seconds of a step of ours and of the plain loop, and the median of their ratios."""
    steps = ours(plan), plain(plan)
    for step in steps:
        step()
    times: list[tuple[float, float]] = []
    for _ in range(rounds):
        pair: list[float] = []
        for step in steps:
            begin = time.perf_counter()
            for _ in range(STEPS):
                step()
            if plan.torch_device.type == "cuda":
                torch.cuda.synchronize()
            pair.append((time.perf_counter() - begin) / STEPS)
        times.append((pair[0], pair[1]))
    mine, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    return mine, theirs, statistics.median(a / b for a, b in times)


def main() -> None:
    """Print a line for each space."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--spaces", default="gpt,hat,mobilenetv3")
    parser.add_argument("--preset")
    parser.add_argument("--precision")
    parser.add_argument("--batch", type=int)
    asked = parser.parse_args()
    for space in asked.spaces.split(","):
        plan = planned(space, asked.preset, asked.precision, asked.batch)
        mine, theirs, share = ratio(plan, asked.rounds)
        print(
            f"{space:12s} {mine * 1e3:8.2f} ms  plain {theirs * 1e3:8.2f} ms  ratio {share:.3f}"
            " (target <= 1.10)"
        )


if __name__ == "__main__":
    main()
