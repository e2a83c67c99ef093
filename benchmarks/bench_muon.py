"""Whether Muon is worth its time: weights after equal seconds, not after equal steps.

The largest network of a space stands alone and is trained for the same CPU seconds, with Muon for
the matrices of linear layers (as warm-ups have it) and with fused AdamW for everything, at three
learning rates. Told is the task's headline score on the search part, and how many steps there were.
Rates fall to 3 % along the seconds, so that neither is cut off in the middle.

    python benchmarks/bench_muon.py [--spaces gpt,hat] [--seconds 20] [--seeds 2]
"""

from __future__ import annotations

import argparse
import math
import statistics
import time

import torch
from bench_weight_step import planned

from monas_core.computing.rules import weight_optimizers
from monas_core.parts.scoring import judged
from monas_core.running.plan import Plan
from monas_core.seeding import seeded_construction
from monas_core.values.recipe import Recipe

RATES = (1e-3, 3e-3, 1e-2)
"""Of AdamW for everything; with Muon it is the space's own."""


def trained(plan: Plan, seconds: float, seed: int, rate: float | None) -> tuple[float, int]:
    """Score and steps; with Muon where no rate is given."""
    task = plan.task
    with seeded_construction(seed):
        network = plan.space.build(plan.space.ends().largest, task).train()
    if rate is None:
        warm_up = plan.warm_up
        matrix = warm_up.matrix_rate
        rules = weight_optimizers(
            network, warm_up.learning_rate, matrix_rate=matrix, recipe=Recipe(updater="muon")
        )
    else:
        rules = [torch.optim.AdamW(network.parameters(), lr=rate, betas=(0.9, 0.95), fused=True)]
    groups = [(group, group["lr"]) for rule in rules for group in rule.param_groups]
    generator, count = torch.Generator().manual_seed(seed), 0
    begin = time.process_time()
    while (share := (time.process_time() - begin) / seconds) < 1:
        for group, peak in groups:
            falling = 0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * share))
            group["lr"] = peak * min(falling, (count + 1) / 20)
        batch = task.batch("train", plan.warm_up.batch_size, generator)
        network.zero_grad(set_to_none=True)
        task.loss(network(batch.inputs), batch.targets).mean().backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for rule in rules:
            rule.step()
        count += 1
    network.eval()
    return judged(task, network, "search", "The network")[task.score.name], count


def main() -> None:
    """A line for each space and rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spaces", default="gpt,hat")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seeds", type=int, default=2)
    given = parser.parse_args()
    for space in given.spaces.split(","):
        plan = planned(space, None, None, None)
        score = plan.task.score
        print(f"{space}, {given.seconds:g} CPU seconds, {score.name} ({score.direction})")
        for rate in (None, *RATES):
            found = [trained(plan, given.seconds, seed, rate) for seed in range(given.seeds)]
            scores, counts = zip(*found, strict=True)
            name = "Muon and AdamW" if rate is None else f"fused AdamW, rate {rate:g}"
            print(
                f"  {name:24s} {statistics.fmean(scores):.4f} ({min(scores):.4f} to "
                f"{max(scores):.4f}) after {statistics.fmean(counts):.0f} steps",
                flush=True,
            )


if __name__ == "__main__":
    main()
