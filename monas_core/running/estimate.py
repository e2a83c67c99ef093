"""What a run will need: memory, traced without making anything, and time, from a short probe."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import attrs
import torch
from torch.utils._pytree import tree_map

from monas_core.computing.engine import Engine
from monas_core.computing.precision import cast
from monas_core.computing.rules import weight_optimizers
from monas_core.computing.traffic import sent_in_a_step
from monas_core.errors import Diverged
from monas_core.parts.scoring import score_of
from monas_core.parts.task import Batch
from monas_core.record.peak import current_mb
from monas_core.running.memory import available_bytes
from monas_core.running.plan import Plan
from monas_core.running.session import Session
from monas_core.seeding import derived_generator
from monas_core.tracing.footprint import pretended, without_data
from monas_core.tracing.workload import Tracer
from monas_core.train.steadiness import every
from monas_core.updater import Updater
from monas_core.values import population

_MB = 2**20
LATER_MB = 90.0
"""What is loaded after the start: figures, predictors, a screen (benchmarks/bench_dry_run.py)."""
_TIMED, _RANDOM = 2, 2


@attrs.frozen
class Memory:
    """Of the process that trains, in MB.

    Attributes:
        base: Program and data, as they are before the training.
        weights, gradients, updater: Of the largest network.
        activations: What a step needs besides, at its peak.
        kept: Copies of weights and updater that a training goes back to, and averages.
    """

    base: float
    weights: float
    gradients: float
    updater: float
    activations: float
    kept: float

    @property
    def peak(self) -> float:
        """The most at once, in a step; a checkpoint is written from what is there."""
        lasting = self.base + self.weights + self.updater + self.kept
        return lasting + max(self.activations, self.gradients)


@attrs.frozen
class Seconds:
    """Of the phases of a run; ``None`` where nobody can know.

    Attributes:
        step: Of the warm-up, in the mean of largest, smallest and random networks.
        evaluation: Of one network, likewise.
        warm_up, search, finish: Of the phases.
    """

    step: float
    evaluation: float
    warm_up: float
    search: float | None
    finish: float


def memory_of(plan: Plan) -> Memory:
    """Predicted without making a network; nothing is trained."""
    base = current_mb() + LATER_MB
    recipe, task = plan.warm_up.recipe, plan.task
    size = min(recipe.micro_batch or plan.warm_up.batch_size, plan.warm_up.batch_size)
    size = -(-size // plan.ranks.count)
    batch = task.batch("train", size, derived_generator(plan.config.seed, "dry run"))
    cpu, largest = torch.device("cpu"), plan.space.ends().largest
    network = Tracer().build(lambda: plan.space.build(largest, task))
    with pretended() as found:
        network = without_data(network).train()
        Engine(recipe, cpu).prepare(network)
        parameters = [p for p in network.parameters() if p.requires_grad]
        weights = sum(p.nbytes for p in parameters)
        own = Batch(*(tree_map(_empty, tree) for tree in (batch.inputs, batch.targets)))
        before = found.mark()
        with cast(recipe.precision, cpu):
            loss = task.loss(network(own.inputs), own.targets).mean()
        loss.backward()
        activations = found.peak - before
        rules = weight_optimizers(network, 1e-3, recipe=recipe)
        for rule in rules:
            rule.step()
    states = (state for rule in rules for state in rule.state.values())
    held = (v for state in states for v in state.values() if isinstance(v, torch.Tensor))
    updater = sum(value.nbytes for value in held)
    steps = plan.warm_up.steps
    later = every(steps) <= steps  # the first good state knows no updater yet
    kept = weights + (updater if later else 0) + (weights if recipe.ema else 0)
    sizes = (weights, weights, updater, activations, kept)
    return Memory(base, *(number / _MB for number in sizes))


def _empty(leaf: Any) -> Any:
    return torch.empty_like(leaf, device="cpu") if isinstance(leaf, torch.Tensor) else leaf


def seconds_of(plan: Plan) -> Seconds:
    """Two steps and an evaluation each of the ends and of as many random networks, timed."""
    session = Session(plan)
    context = session.context
    supernet, generator = context.require_supernet(), derived_generator(plan.config.seed, "dry run")
    updater = Updater(supernet, plan.warm_up.learning_rate, 100, engine=context.engine.alone())
    steps, passes = [], []
    ends, extra = plan.space.ends(), plan.warm_up.random_subnets
    drawn = population.sample(plan.space.choices, _RANDOM if extra else 0, generator)
    some = population.decode(plan.space.choices, drawn)
    for architecture in (ends.smallest, ends.largest, *some):

        def losses(piece: Batch, which: Any = architecture) -> Mapping[str, torch.Tensor]:
            outputs = supernet(piece.inputs, which)
            return {"loss": plan.task.loss(outputs, piece.targets).mean()}

        begin = 0.0
        for number in range(_TIMED + 1):
            supernet.train()
            batch = plan.task.batch("train", plan.warm_up.batch_size, generator)
            try:
                updater.learn(batch, losses)
            except Diverged:
                continue  # takes as long
            finally:
                begin = begin if number else time.perf_counter()  # the first is slower
        steps.append((time.perf_counter() - begin) / _TIMED)
        begin = time.perf_counter()
        score_of(plan.task, supernet.extract(architecture), plan.torch_device)
        passes.append(time.perf_counter() - begin)
    return _phases(plan, _mean(steps, extra), _mean(passes, extra))


def _mean(times: list[float], extra: int) -> float:
    """Over a round of the sandwich rule: the two ends, and so many random networks."""
    between = sum(times[2:]) / max(1, len(times) - 2)
    return (sum(times[:2]) + extra * between) / (2 + extra)


def _phases(plan: Plan, step: float, evaluation: float) -> Seconds:
    budget, ranks = plan.config.budget, plan.ranks.count
    search = {
        "seconds": budget.amount,
        "evaluations": budget.amount * evaluation / ranks,
    }.get(budget.unit)
    finish = len(plan.preferences) * evaluation / ranks
    return Seconds(step, evaluation, plan.warm_up.steps * step, search, finish)


def estimated(plan: Plan) -> dict[str, Any]:
    """What ``--dry-run`` says of memory and time; nothing where no supernet is trained."""
    if not plan.inherits or plan.warm_up.steps == 0:
        return {}
    memory = memory_of(plan)
    enough = memory.peak * _MB < available_bytes()
    found = told(memory, seconds_of(plan) if enough else None)
    if plan.ranks.count > 1 and plan.shares_training:
        numbers = int(memory.weights * _MB) // 4
        found["sent by each process in a step [MB]"] = round(
            sent_in_a_step(numbers, plan.ranks.count) / _MB, 3
        )
    return found


def told(memory: Memory, seconds: Seconds | None) -> dict[str, Any]:
    """Plain facts for a person and for programs."""
    found: dict[str, Any] = {
        "peak memory [MB]": round(memory.peak),
        "of which [MB]": {name: round(size) for name, size in attrs.asdict(memory).items()},
    }
    if seconds is not None:
        phases = {"warm-up": seconds.warm_up, "search": seconds.search, "finish": seconds.finish}
        found["time [s]"] = {n: None if s is None else round(s, 1) for n, s in phases.items()}
        found["a step [s]"] = round(seconds.step, 4)
        found["an evaluation [s]"] = round(seconds.evaluation, 4)
    return found
