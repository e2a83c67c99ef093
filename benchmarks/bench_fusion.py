"""Gates between two networks, of which it is known who needs whom (MTL-NAS, arXiv 2003.14058).

Labels of the drawn task need features of the normals' network, normals need nothing. One line for
each way to choose edges, all learnt equally long on equal samples, weights used as they are: mean
intersection over union of labels (%), mean angle of normals (deg), edges into the network of the
labels and into that of the normals, with deviations over seeds. For searched gates also: mean
distance of probabilities from 1/2, what is lost when gates are cut to open or closed, and the
share of gates that two seeds decide alike. Random edges are as many as the searched ones of their
seed.

    python benchmarks/bench_fusion.py [--seeds 5] [--steps 60]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import mean, stdev

import attrs
import torch
from torch import Tensor

from monas_core.parts.context import Context
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.problem import Problem
from monas_core.seeding import derived_generator, derived_seed, seeded_construction
from monas_core.testing.fakes import ToyEmbedding
from monas_core.values import population
from monas_core.values.budget import Budget, Meter
from monas_fusion.edges import Edges
from monas_fusion.space import FusionSpace
from monas_gated.gates import hard, mixture
from monas_gated.optimizer import Gated
from monas_gated.options import GatedOptions
from monas_multitask.loading import load
from monas_multitask.task import Multitask
from monas_quality.quality import Quality

USUAL = GatedOptions(aims=1, samples=24, weight_rate=1.0, price=0.1)
SEARCHES = {
    "searched, entropy ramped": USUAL,
    "searched, entropy constant": attrs.evolve(USUAL, schedule="constant"),
    "searched, constant and 10 x": attrs.evolve(USUAL, schedule="constant", entropy=3.0),
    "searched, no entropy": attrs.evolve(USUAL, schedule="none"),
}
_FAR = 30.0
"""Logit of a gate that is decided."""


@attrs.frozen(eq=False)
class Outcome:
    """What one way to choose edges came to with one seed.

    Attributes:
        hard: Scores with gates open or closed.
        soft: With gates as probable as they are.
        gates: ``(C,)``, 1 where open.
        decided: Mean distance of probabilities from 1/2.
    """

    hard: Mapping[str, float]
    soft: Mapping[str, float]
    gates: Tensor
    decided: float


def learnt(
    task: Multitask, seed: int, steps: int, options: GatedOptions, fixed: Tensor | None = None
) -> Outcome:
    """Gates and weights from scratch, or weights alone under fixed gates."""
    space = FusionSpace()
    with seeded_construction(derived_seed(seed, "supernet")):
        supernet = space.supernet(task)
    context = Context(space, task, supernet)
    objectives = (Quality(task, "seg"), Quality(task, "normal"), Edges(task))
    meter = Meter(Budget(10 * steps, "steps"))
    evaluator = Evaluator(context, objectives, meter)
    problem = Problem(context, objectives, (), evaluator, ToyEmbedding(), meter)
    if fixed is not None:
        options = attrs.evolve(options, gate_rate=1e-12, entropy=0.0)
    optimizer = Gated(options)
    optimizer.start(problem, derived_generator(seed, "gates"))
    if fixed is not None:
        with torch.no_grad():
            optimizer.logits.copy_(_FAR * (2.0 * fixed.float()[None] - 1.0))
    for step in range(steps):
        meter.steps = round(8.5 * step)  # learning is the first 85 % of a budget
        optimizer.step()
    rows, opened = hard(optimizer.logits), optimizer.probabilities
    (architecture,) = population.decode(space.choices, rows)

    def soft(inputs: Tensor) -> Mapping[str, Tensor]:
        with torch.no_grad():
            return supernet(inputs, mixture(space.choices, opened))

    scores = task.evaluate(soft, "test")
    decided = float((opened - 0.5).abs().mean())
    return Outcome(context.scores(architecture, "test"), scores, rows[0], decided)


def random_gates(like: Tensor, seed: int) -> Tensor:
    """As many open gates, anywhere."""
    order = torch.randperm(len(like), generator=derived_generator(seed, "random edges"))
    found = torch.zeros_like(like)
    found[order[: int(like.sum())]] = 1
    return found


def told(numbers: Sequence[float], form: str = "5.1f") -> str:
    """Mean and deviation."""
    spread = stdev(numbers) if len(numbers) > 1 else 0.0
    return f"{mean(numbers):{form}} ± {spread:<4.2g}"


def line(name: str, found: Sequence[Outcome], needy: Tensor, *, searched: bool) -> str:
    """One way to choose edges in one line."""
    columns = [
        told([o.hard["seg"] for o in found]),
        told([o.hard["normal"] for o in found], "5.2f"),
        told([float(o.gates[needy].sum()) for o in found]),
        told([float(o.gates[~needy].sum()) for o in found]),
    ]
    if searched:
        columns += [
            told([o.decided for o in found], "4.2f"),
            told([o.soft["seg"] - o.hard["seg"] for o in found], "+4.1f"),
            told([o.hard["normal"] - o.soft["normal"] for o in found], "+5.2f"),
        ]
        pairs = [float((a.gates == b.gates).float().mean()) for a, b in combinations(found, 2)]
        columns.append(f"{100 * mean(pairs):3.0f} %" if pairs else "")
    return f"{name:28s} " + "  ".join(columns)


def main() -> None:
    """All ways, seed by seed, so that what is printed is paired."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=60)
    asked = parser.parse_args()
    task = load()
    names = [choice.name for choice in FusionSpace().choices.choices]
    needy = torch.tensor([name.startswith("b") for name in names])
    table: dict[str, list[Outcome]] = {}
    for seed in range(asked.seeds):
        for name, options in SEARCHES.items():
            found = learnt(task, seed, asked.steps, options)
            table.setdefault(name, []).append(found)
        like = table["searched, entropy ramped"][-1].gates
        fixed = {
            "no edges": torch.zeros_like(like),
            "all edges": torch.ones_like(like),
            "random, equally many": random_gates(like, seed),
        }
        for name, gates in fixed.items():
            found = learnt(task, seed, asked.steps, USUAL, gates)
            table.setdefault(name, []).append(found)
        print(f"seed {seed} done", flush=True)
    print(f"{asked.seeds} seeds, {asked.steps} steps, {int(needy.sum())} edges each way")
    print("                             labels        normals       into labels   into normals  "
          "decided     soft-hard: labels, normals    agreement")  # fmt: skip
    for name, found in table.items():
        print(line(name, found, needy, searched=name in SEARCHES))


if __name__ == "__main__":
    main()
