"""One optimizer with one seed on a problem: search, answers, final values of both."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from monas_core.bench.contest import Contest, chosen, default_embedding
from monas_core.bench.judge import Judge
from monas_core.bench.reference_only import ReferenceOnly
from monas_core.bench.variant import Variant, build
from monas_core.catalog.blame import plugin_fault, said
from monas_core.catalog.lookup import Catalog
from monas_core.errors import Interrupted, MonasError, PluginError, UsageError
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.problem.benchmark import Benchmark
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.patience import Patience
from monas_core.problem.problem import Problem
from monas_core.record.archive import Known
from monas_core.seeding import derived_generator
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.budget import Budget, Meter
from monas_core.values.constraint import Constraint, holding
from monas_core.values.preference import Preference, lattice
from monas_core.values.wish import Wish, wishes

SCHEMA = 1
ZERO_SHOT = "zero-shot"
"""Capability of an optimizer that answers for a device from its reference measurements."""

Heed = Callable[[float], None]
"""Told the share of the budget that is spent; raises Interrupted to stop."""


def attempt(
    contest: Contest,
    benchmark: Benchmark,
    catalog: Catalog,
    variant: Variant,
    seed: int,
    heed: Heed,
) -> dict[str, Any]:
    """Search once and answer for every device; the document that is stored.

    ``devices[i].points`` are minimised final values of the answers, ``found`` the
    non-dominated among everything queried or answered.

    Raises:
        PluginError: The optimizer fails or breaks a rule of the contest; it is named.
        Interrupted: ``heed`` asked to stop.
    """
    problem = pose(
        contest.budget, benchmark, chosen(benchmark, contest.devices), catalog, contest.limits
    )
    optimizer = build(catalog, variant)
    seconds = search(problem, optimizer, variant.label, seed, heed)
    provides = catalog.find("optimizer", variant.optimizer).spec.provides
    judge = Judge(benchmark)
    preferences = lattice_within([o.short for o in problem.objectives], contest.answers)
    queried = problem.evaluator.queried()
    devices: list[dict[str, Any]] = []
    for device in chosen(benchmark, contest.all_devices):
        split = "search" if device.name in contest.devices else "held-out"
        shown = device
        if split == "held-out" and ZERO_SHOT in provides:
            shown = ReferenceOnly(device, benchmark.space.references())
        answers, took = _answers(
            problem,
            optimizer,
            variant.label,
            shown,
            contest.answers,
            wishes(preferences, holding(contest.limits, device.name)),
        )
        devices.append(
            {
                "device": device.name,
                "split": split,
                "answer_seconds": took,
                "answers": [dict(answer.answers) for answer in answers],
                "points": judge.points(answers, device).tolist(),
                "found": judge.front(list(dict.fromkeys([*queried, *answers])), device).tolist(),
            }
        )
        heed(1.0)
    return {
        "schema": SCHEMA,
        "optimizer": variant.label,
        "seed": seed,
        "queries": problem.meter.evaluations,
        "steps": problem.meter.steps,
        "search_seconds": seconds,
        "devices": devices,
    }


def pose(
    budget: Budget,
    benchmark: Benchmark,
    devices: Sequence[Device],
    catalog: Catalog,
    limits: Sequence[Constraint] = (),
) -> Problem:
    """A fresh problem with nothing known and nothing spent."""
    context, meter = Context(benchmark.space), Meter(budget)
    named = {device.name for device in devices}
    return Problem(
        context=context,
        objectives=benchmark.objectives,
        devices=tuple(devices),
        evaluator=Evaluator(context, benchmark.objectives, meter),
        embedding=default_embedding(catalog).create(),
        meter=meter,
        limits=tuple(c for c in limits if c.device is None or c.device in named),
    )


def search(
    problem: Problem,
    optimizer: Optimizer,
    label: str,
    seed: int,
    heed: Heed,
    *,
    patience: float = math.inf,
) -> float:
    """Step until the budget is spent or the optimizer is done; seconds it took.

    ``patience`` ends it after so many steps without a new query.

    Raises:
        PluginError: More queries than the budget, a look at final data, or any failure.
    """
    begin = time.perf_counter()
    meter = problem.meter
    queried = {objective.name for objective in problem.objectives if objective.query}

    def no_peeking(known: Known) -> None:
        if known.objective in queried and known.split == "final":
            raise PluginError(
                f'Optimizer "{label}" asked for final data ({known.objective}) during its search; '
                "only the verdict may use them."
            )

    problem.evaluator.listen(no_peeking)
    with _blamed(label):
        optimizer.start(problem, derived_generator(seed, "optimizer"))
    _check_budget(meter, label)
    finished, idle, stall = False, 0, Patience(f'Optimizer "{label}"', problem)
    while meter.fraction < 1 and not finished and idle < patience:
        heed(meter.fraction)
        before = meter.evaluations
        step_begin = time.perf_counter()
        with _blamed(label):
            report: StepReport = optimizer.step()
        meter.seconds += time.perf_counter() - step_begin
        meter.steps += 1
        finished = report.finished
        idle = 0 if meter.evaluations > before else idle + 1
        if not finished:
            stall.step_taken()
        _check_budget(meter, label)
    return time.perf_counter() - begin


def lattice_within(names: Sequence[str], at_most: int) -> list[Preference]:
    """The finest lattice of at most so many preferences (at least one per objective)."""
    divisions, parts = 1, len(names) - 1
    while parts and math.comb(divisions + 1 + parts, parts) <= at_most:
        divisions += 1
    return lattice(names, divisions)


def _answers(
    problem: Problem,
    optimizer: Optimizer,
    label: str,
    device: Device,
    size: int,
    asked: Sequence[Wish],
) -> tuple[list[Architecture], float]:
    """The portfolio of a device and the seconds it took, checked against the rules."""
    before = problem.meter.evaluations
    begin = time.perf_counter()
    with _blamed(label):
        answers = list(optimizer.portfolio(device, size, asked))
    took = time.perf_counter() - begin
    fault = None
    if problem.meter.evaluations != before:
        fault = f"queried {problem.meter.evaluations - before} architectures after its search"
    elif not 1 <= len(answers) <= size or len(set(answers)) < len(answers):
        fault = f"named {len(answers)} architectures, {len(set(answers))} of them distinct"
    elif not bool(problem.available(population.encode(problem.choices, answers)).all()):
        fault = "named an architecture that has no published values"
    if fault is not None:
        raise PluginError(
            f'Optimizer "{label}" {fault} for device "{device.name}"; '
            f"1 to {size} distinct available ones are allowed, without new queries."
        )
    return answers, took


def _check_budget(meter: Meter, label: str) -> None:
    if meter.spent > meter.budget.amount:
        raise PluginError(
            f'Optimizer "{label}" made {meter.evaluations} quality queries, more than the '
            f"budget of {meter.budget}."
        )


@contextmanager
def _blamed(label: str) -> Iterator[None]:
    """Name the optimizer in whatever fault its code causes."""
    try:
        yield
    except (PluginError, Interrupted):
        raise
    except UsageError as error:
        raise UsageError(f'Optimizer "{label}" refuses this problem: {error}') from error
    except MonasError as error:
        raise PluginError(f'Optimizer "{label}" failed: {error}') from error
    except Exception as error:
        fault = plugin_fault(error)
        raise fault or PluginError(f'Optimizer "{label}" failed: {said(error)}') from error


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread, so that results and timings do not depend on --jobs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
