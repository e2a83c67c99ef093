"""What less precision and other options of a recipe do to a training: losses after some steps.

The same warm-up of the tiny GPT space, the same seeds, under each precision; the mean loss of the
last 40 steps, of all kinds of subnets together, is compared with that of fp32.

    python benchmarks/bench_recipe.py [--steps 300] [--seeds 0]
"""

from __future__ import annotations

import argparse
import statistics

from monas_core.catalog.lookup import Catalog
from monas_core.record.config import load_config
from monas_core.running.resolving import resolve
from monas_core.running.session import Session

LAST = 40
VARIANTS = {
    "fp32": [],
    "bf16": ["training.precision=bf16"],
    "fp32, 4 pieces": ["training.micro_batch=4"],
}


def reached(dotted: list[str], steps: int, seed: int) -> float:
    """Mean loss of the last steps of a warm-up."""
    flags = {"space": "gpt", "objectives": ["flops", "params"], "devices": ["h100-sxm"]}
    flags |= {"held_out": [], "seed": seed}
    plan = resolve(
        load_config(None, flags, [f"warm_up.steps={steps}", *dotted]), Catalog.installed()
    )
    trainer = Session(plan).trainer
    losses: list[float] = []
    while trainer.done < trainer.steps:
        losses.append(statistics.mean(trainer.step().losses.values()))
    return statistics.mean(losses[-LAST:])


def main() -> None:
    """Print losses and their ratios to fp32."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seeds", default="0")
    asked = parser.parse_args()
    for seed in (int(text) for text in asked.seeds.split(",")):
        found = {name: reached(dotted, asked.steps, seed) for name, dotted in VARIANTS.items()}
        for name, loss in found.items():
            share = loss / found["fp32"] - 1
            print(
                f"seed {seed}  {name:16s} loss {loss:.4f} nats  against fp32 {100 * share:+.2f} %"
            )


if __name__ == "__main__":
    main()
