"""Whether inherited weights rank subnets as training each of them alone does.

Trains a supernet as a run does, then every one of some random subnets from scratch, and
prints Spearman's rank correlation between the two qualities: what the search sees (inherited
weights, search part) and what it is meant to tell (own weights, unseen part).

    python benchmarks/bench_inherited.py --space gpt [--preset tiny] [--subnets 24] [--steps 400]

A long comparison can be done in pieces: with --out FILE every subnet is written down as soon
as it is trained, and the same command goes on from there.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
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


def compare(plan: Plan, count: int, steps: int, out: Path | None) -> None:
    """Train, evaluate and print, one line per subnet."""
    begin = time.perf_counter()
    objective = next(o for o in plan.objectives if o.query)
    supernet = trained_supernet(plan)
    drawn = derived_generator(plan.config.seed, "judged")
    subnets = population.decode(
        plan.space.choices, population.sample_distinct(plan.space.choices, count, drawn)
    )
    inherited = quality(plan, objective, supernet, subnets, "search")
    print(f"supernet: {plan.warm_up.steps} steps, {time.perf_counter() - begin:.0f} s", flush=True)
    known: dict[str, float] = json.loads(out.read_text()) if out and out.exists() else {}
    own: list[float] = []
    for number, subnet in enumerate(subnets):
        if subnet.key not in known:
            alone = Alone(trained_alone(plan, subnet, steps)).eval()
            known[subnet.key] = quality(plan, objective, alone, [subnet], "final")[0]
            if out:
                write_text(out, json.dumps(known))
        own.append(known[subnet.key])
        print(f"{number + 1:3d}  {inherited[number]:9.4f}  {own[-1]:9.4f}", flush=True)
    print(f"{objective.short} [{objective.unit}]: inherited (search part), alone (unseen part)")
    print(f"{correlation(inherited, own)} over {count} subnets of {plan.space.name}")
    told = "; ".join(leading(plan, subnets, inherited, own))
    print(f"choices that decide most, correlation with either: {told}")
    print(f"{time.perf_counter() - begin:.0f} s")


def main() -> None:
    """Compare on one space."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", required=True)
    parser.add_argument("--preset")
    parser.add_argument("--task")
    parser.add_argument("--subnets", type=int, default=24)
    parser.add_argument("--steps", type=int, default=400, help="batches each subnet trains alone")
    parser.add_argument("--warm-up", type=int, help="steps of the supernet, if not as recommended")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="file of what is already trained alone")
    arguments = parser.parse_args()
    asked = {name: getattr(arguments, name) for name in ("space", "preset", "task", "seed")}
    config = load_config(None, {**asked, "objectives": ["acc"], "torch_device": "cpu"})
    plan = resolve(config, Catalog.installed())
    if arguments.warm_up is not None:
        plan = attrs.evolve(plan, warm_up=attrs.evolve(plan.warm_up, steps=arguments.warm_up))
    compare(plan, arguments.subnets, arguments.steps, arguments.out)


if __name__ == "__main__":
    main()
