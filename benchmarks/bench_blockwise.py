"""Whether ratings of blocks rank networks as training each of them alone does.

Trains some random networks alone, with several seeds, then prints Kendall's tau between their
mean score on unseen data and: ratings of a block-wise supervised supernet; scores inherited from a
single-path supernet and from the default one, trained for as much time as teacher and blocks
together; numbers of parameters; and what needs no training. A second table looks at networks of
nearly equal size, where parameters do not explain quality.

    python benchmarks/bench_blockwise.py [--miniature] [--task glyphs] [--networks 24] [--steps 300]

With --out FILE every network is written down as soon as it is trained, and the same command goes
on from there.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev

import attrs
import torch
from bench_inherited import quality, trained_alone, truth
from ranks import kendall

from monas_blocks.rating import Rating
from monas_blocks.trainer import BlockwiseTrainer
from monas_core.catalog.lookup import Catalog
from monas_core.parts.context import Context
from monas_core.parts.objective import Objective
from monas_core.parts.space import taps_of
from monas_core.parts.teacher import Teacher
from monas_core.parts.trainer import Trainer
from monas_core.record.config import load_config
from monas_core.running.plan import Plan
from monas_core.running.resolving import resolve
from monas_core.seeding import derived_generator
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_mobilenetv3.space import MobileNetV3Space
from monas_similarity.nwot import Distinctness
from monas_similarity.options import SimilarityOptions
from monas_similarity.similarity import Similarity
from monas_similarity.synflow import SynapticFlow

BAND = 0.1
"""Networks of nearly equal size differ by so much from the median at most."""
Ratings = Mapping[str, Sequence[float]]


def drawn(plan: Plan, count: int, *, band: bool) -> list[Architecture]:
    """Random networks; with ``band``, of nearly the median's number of parameters."""
    choices, generator = plan.space.choices, derived_generator(0, "judged")
    if not band:
        rows = population.sample_distinct(choices, count, generator)
        return population.decode(choices, rows)
    pool = population.decode(choices, population.sample_distinct(choices, 20 * count, generator))
    sizes = parameters(plan, pool)
    middle = sorted(sizes)[len(sizes) // 2]
    near = [a for a, s in zip(pool, sizes, strict=True) if abs(s / middle - 1) < BAND]
    return near[:count]


def parameters(plan: Plan, networks: Sequence[Architecture]) -> list[float]:
    """Numbers of weights."""
    context = Context(plan.space, plan.task)
    return [float(context.workload(network).parameters) for network in networks]


def _score(plan: Plan) -> Objective:
    return next(o for o in plan.objectives if o.query)


def rated(
    plan: Plan, networks: Sequence[Architecture], steps: int, seed: int
) -> tuple[Ratings, float]:
    """What each way of ranking says, larger being better; CPU seconds of teacher and blocks."""
    seeded = attrs.evolve(plan, config=attrs.evolve(plan.config, seed=seed))
    begin = time.process_time()
    largest = plan.space.ends().largest
    network = trained_alone(seeded, largest, steps)
    teacher = Teacher(network.eval(), taps_of(plan.space, largest), "largest")
    context = Context(plan.space, plan.task, seeded.build_supernet(), teacher=lambda: teacher)
    trained(BlockwiseTrainer(), context, seeded, lambda trainer: trainer.done < trainer.steps)
    context.require_supernet().eval()
    spent = time.process_time() - begin
    ratings = [-v.value for v in Rating().evaluate(networks, None, context)]
    found: dict[str, Sequence[float]] = {"block ratings": ratings}
    for name in ("fair", "sandwich"):
        found[f"{name} supernet"] = inherited(seeded, networks, name, spent)
    bare = Context(plan.space, plan.task, teacher=lambda: teacher)
    untrained: Mapping[str, Objective] = {
        "similarity": Similarity(options=SimilarityOptions(steps=20)),
        "synflow": SynapticFlow(plan.task),
        "nwot": Distinctness(),
    }
    for name, objective in untrained.items():
        found[name] = [value.value for value in objective.evaluate(networks, None, bare)]
    return found, spent


def trained(
    trainer: Trainer, context: Context, plan: Plan, go_on: Callable[[Trainer], bool]
) -> None:
    """Take steps as long as it is said."""
    trainer.start(context, plan.warm_up, derived_generator(plan.config.seed, "warm-up"))
    while go_on(trainer):
        trainer.step()


def inherited(
    plan: Plan, networks: Sequence[Architecture], name: str, seconds: float
) -> list[float]:
    """Scores on search data from a supernet that was trained for so many CPU seconds."""
    trainer = Catalog.installed().create("trainer", name)
    context = Context(plan.space, plan.task, plan.build_supernet())
    # the schedule of learning rates must fit the time: first steps tell how many fit
    pace, begin = 10, time.process_time()
    trained(trainer, context, plan, lambda t: t.done < pace)
    fit = max(2 * pace, int(pace * seconds / (time.process_time() - begin)))
    timed = attrs.evolve(plan, warm_up=attrs.evolve(plan.warm_up, steps=fit))
    context = Context(plan.space, plan.task, plan.build_supernet())
    again = Catalog.installed().create("trainer", name)
    trained(again, context, timed, lambda t: t.done < t.steps)
    return quality(plan, _score(plan), context.require_supernet().eval(), networks, "search")


def compare(plan: Plan, networks: Sequence[Architecture], words: argparse.Namespace) -> None:
    """One table."""
    rows = truth(plan, networks, words.steps, words.alone, words.out)
    own = [mean(column) for column in zip(*rows, strict=True)]
    print(f"  trained alone: {mean(own):.4f}±{stdev(own):.4f}", flush=True)
    taus: dict[str, list[float]] = {}
    for seed in range(words.seeds):
        ratings, spent = rated(plan, networks, words.steps, seed)
        for name, values in ratings.items():
            taus.setdefault(name, []).append(kendall(values, own))
        print(f"  seed {seed}: {spent:.0f} CPU seconds for teacher and blocks", flush=True)
    taus["parameters"] = [kendall(parameters(plan, networks), own)]
    for name, found in taus.items():
        spread = f" (each {', '.join(f'{tau:.2f}' for tau in found)})" if len(found) > 1 else ""
        print(f"  Kendall {mean(found):+.3f}  {name}{spread}", flush=True)


def main() -> None:
    """Compare on MobileNetV3."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--miniature", action="store_true", help="the 800 networks of tiny()")
    parser.add_argument("--task", default="digits")
    parser.add_argument("--networks", type=int, default=24)
    parser.add_argument("--steps", type=int, default=300, help="alone, of teacher and of blocks")
    parser.add_argument("--alone", type=int, default=2, help="seeds of each network alone")
    parser.add_argument("--seeds", type=int, default=2, help="of teacher and supernets")
    parser.add_argument("--out", type=Path, help="file of what is already trained alone")
    words = parser.parse_args()
    torch.set_num_threads(1)
    asked = {"space": "mobilenetv3", "task": words.task, "objectives": ["acc"]}
    config = load_config(None, {**asked, "torch_device": "cpu"})
    plan = resolve(config, Catalog.installed())
    if words.miniature:
        plan = attrs.evolve(plan, space=MobileNetV3Space.tiny())
    warm_up = attrs.evolve(plan.warm_up, steps=words.steps)
    plan = attrs.evolve(plan, warm_up=warm_up)
    size = plan.space.choices.cardinality()
    print(f"mobilenetv3 ({size} networks) on {words.task}, {words.steps} steps of each kind")
    for title, band in (("random networks", False), ("networks of nearly equal size", True)):
        networks = drawn(plan, words.networks, band=band)
        print(f"{len(networks)} {title}:", flush=True)
        compare(plan, networks, words)


if __name__ == "__main__":
    main()
