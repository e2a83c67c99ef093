"""Whether inherited weights rank subnets as training each of them alone does.

Trains every one of some random subnets from scratch, and supernets as runs do, and prints
Spearman's rank correlation between the two qualities: what the search sees (inherited weights,
search part) and what it is meant to tell (own weights, unseen part).

    python benchmarks/bench_inherited.py --space gpt [--preset tiny] [--subnets 24] [--steps 400]

With --alone 2 every subnet trains alone with two seeds. How the two rank the subnets bounds what
any supernet can reach: their mean is what all are compared with. Several --trainers are compared on
the same subnets, with --seeds supernets each.

A long comparison can be done in pieces: with --out FILE every subnet is written down as soon
as it is trained, and the same command goes on from there.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import attrs
import torch
from ranks import kendall, spearman
from torch import nn

from monas_core.catalog.lookup import Catalog
from monas_core.files import write_text
from monas_core.parts.context import Context
from monas_core.parts.objective import Objective
from monas_core.parts.supernet import Supernet
from monas_core.record.config import load_config
from monas_core.running.plan import Plan
from monas_core.running.resolving import resolve
from monas_core.seeding import derived_generator, derived_seed, seeded_construction
from monas_core.updater import Updater
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation
from monas_core.values.value import Split


class Alone(Supernet):
    """A network with weights of its own, where an objective looks for inherited ones."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: Any, architectures: Architecture | Relaxation) -> Any:
        """Outputs of the network, whichever architecture is named."""
        del architectures
        return self.network(inputs)

    def extract(self, architecture: Architecture) -> nn.Module:
        """The network itself."""
        del architecture
        return self.network


def trained_supernet(plan: Plan) -> Supernet:
    """A supernet after the plan's warm-up."""
    supernet = plan.build_supernet()
    context = Context(plan.space, plan.task, supernet, torch_device=plan.torch_device)
    generator = derived_generator(plan.config.seed, "warm-up")
    plan.trainer.start(context, plan.warm_up, generator)
    while plan.trainer.done < plan.trainer.steps:
        plan.trainer.step()
    return supernet.eval()


def trained_alone(plan: Plan, architecture: Architecture, steps: int) -> nn.Module:
    """A fresh network of this architecture after ``steps`` batches of its own."""
    with seeded_construction(derived_seed(plan.config.seed, f"alone {architecture.key}")):
        network = plan.space.build(architecture, plan.task).to(plan.torch_device).train()
    generator = derived_generator(plan.config.seed, f"batches {architecture.key}")
    updater = Updater(network, plan.warm_up.learning_rate, steps)
    for _ in range(steps):
        batch = plan.task.batch("train", plan.warm_up.batch_size, generator)
        updater.update(plan.task.loss(network(batch.inputs), batch.targets).mean())
    return network.eval()


def quality(
    plan: Plan, objective: Objective, supernet: Supernet, subnets: Sequence[Architecture], on: Split
) -> list[float]:
    """Values of the plan's quality objective with the weights a supernet holds."""
    context = Context(plan.space, plan.task, supernet, torch_device=plan.torch_device)
    return [value.value for value in objective.evaluate(subnets, None, context, on)]


def correlation(first: Sequence[float], second: Sequence[float]) -> str:
    """Both rank correlations, in words."""
    return f"Spearman {spearman(first, second):.3f}, Kendall {kendall(first, second):.3f}"


def leading(
    plan: Plan, subnets: Sequence[Architecture], inherited: Sequence[float], own: Sequence[float]
) -> list[str]:
    """The choices that decide most about the quality alone, with either quality.

    Spearman's correlation of the number of the chosen option (0 where a choice is inactive).
    """
    rows = population.encode(plan.space.choices, subnets)
    lines: list[tuple[float, str]] = []
    for column, choice in enumerate(plan.space.choices.choices):
        options = rows[:, column].tolist()
        if len(set(options)) > 1:
            first, second = (spearman(options, q) for q in (inherited, own))
            lines.append((abs(second), f"{choice.name} {first:.2f} and {second:.2f}"))
    return [line for _, line in sorted(lines, reverse=True)[:3]]


def truth(
    plan: Plan, subnets: Sequence[Architecture], steps: int, seeds: int, out: Path | None
) -> list[list[float]]:
    """Qualities on unseen data of subnets trained alone, by seed."""
    objective = _quality(plan)
    known: dict[str, float] = json.loads(out.read_text()) if out and out.exists() else {}
    where = f"{plan.config.task}/{plan.space.choices.cardinality()}"
    found: list[list[float]] = []
    for seed in range(plan.config.seed, plan.config.seed + seeds):
        seeded = attrs.evolve(plan, config=attrs.evolve(plan.config, seed=seed))
        names = [f"{subnet.key}/{seed}/{steps}/{where}" for subnet in subnets]
        for subnet, name in zip(subnets, names, strict=True):
            if name not in known:
                alone = Alone(trained_alone(seeded, subnet, steps)).eval()
                known[name] = quality(seeded, objective, alone, [subnet], "final")[0]
                if out:
                    write_text(out, json.dumps(known))
        found.append([known[name] for name in names])
    return found


def _quality(plan: Plan) -> Objective:
    return next(o for o in plan.objectives if o.query)


def judged(
    plan: Plan, subnets: Sequence[Architecture], own: Sequence[float], trainer: str
) -> float:
    """Train one supernet and say how it ranks; Spearman's correlation."""
    begin = time.process_time()
    made = Catalog.installed().create("trainer", trainer)
    supernet = trained_supernet(attrs.evolve(plan, trainer=made))
    seconds = time.process_time() - begin
    inherited = quality(plan, _quality(plan), supernet, subnets, "search")
    print(
        f"  {trainer}, seed {plan.config.seed}, {plan.warm_up.steps} steps, {seconds:.0f} CPU s: "
        f"{correlation(inherited, own)}; {min(inherited):.1f} to {max(inherited):.1f}",
        flush=True,
    )
    told = "; ".join(leading(plan, subnets, inherited, own))
    print(f"    choices that decide most, correlation with inherited and own: {told}", flush=True)
    return spearman(inherited, own)


def compare(plan: Plan, words: argparse.Namespace) -> None:
    """Train, evaluate and print."""
    objective, drawn = _quality(plan), derived_generator(plan.config.seed, "judged")
    subnets = population.decode(
        plan.space.choices, population.sample_distinct(plan.space.choices, words.subnets, drawn)
    )
    rows = truth(plan, subnets, words.steps, words.alone, words.out)
    own = [mean(column) for column in zip(*rows, strict=True)]
    print(
        f"{len(subnets)} subnets of {plan.space.name} on {plan.config.task}, alone for "
        f"{words.steps} steps: {objective.short} [{objective.unit}] "
        f"{min(own):.1f} to {max(own):.1f}"
    )
    if len(rows) > 1:
        print(f"  alone with one seed against another: {correlation(rows[0], rows[1])}")
    context = Context(plan.space, plan.task)
    sizes = [float(context.workload(subnet).parameters) for subnet in subnets]
    print(f"  number of parameters: {correlation(sizes, own)}", flush=True)
    for trainer in words.trainers.split(","):
        found = [
            judged(
                attrs.evolve(plan, config=attrs.evolve(plan.config, seed=seed)),
                subnets,
                own,
                trainer,
            )
            for seed in range(plan.config.seed, plan.config.seed + words.seeds)
        ]
        print(f"  {trainer}: Spearman {mean(found):.3f} in the mean of {len(found)}", flush=True)


def main() -> None:
    """Compare on one space."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--space", required=True)
    parser.add_argument("--preset")
    parser.add_argument("--task")
    parser.add_argument("--subnets", type=int, default=24)
    parser.add_argument("--steps", type=int, default=400, help="batches each subnet trains alone")
    parser.add_argument("--alone", type=int, default=1, help="seeds of each subnet alone")
    parser.add_argument("--trainers", default="sandwich", help="names, with commas between")
    parser.add_argument("--seeds", type=int, default=1, help="supernets of each trainer")
    parser.add_argument("--warm-up", type=int, help="steps of the supernet, if not as recommended")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="file of what is already trained alone")
    words = parser.parse_args()
    torch.set_num_threads(1)
    asked = {name: getattr(words, name) for name in ("space", "preset", "task", "seed")}
    config = load_config(None, {**asked, "objectives": ["acc"], "torch_device": "cpu"})
    plan = resolve(config, Catalog.installed())
    if words.warm_up is not None:
        plan = attrs.evolve(plan, warm_up=attrs.evolve(plan.warm_up, steps=words.warm_up))
    compare(plan, words)


if __name__ == "__main__":
    main()
