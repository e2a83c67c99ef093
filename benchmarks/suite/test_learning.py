"""What lies between steps: candidates judged, predictors fitted, answers bred."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from bench_weight_step import planned
from conftest import Beside, Work
from torch import nn
from workbench import learning, toy

from monas_core.learning.perceptron import fit, perceptron
from monas_core.learning.predictors import QualityPredictor
from monas_core.parts.description import Description
from monas_core.running.session import Session
from monas_core.values import population
from monas_core.values.relaxation import Relaxation
from monas_modnas.options import Options


@pytest.mark.parametrize("space", ["gpt", "hat", "nasbench201", "mobilenetv3"])
def test_candidate(beside: Beside, space: str) -> None:
    """A fresh subnet each round: values that are known cost nothing."""
    session = Session(planned(space, None, None, None))
    context, generator = session.context, torch.Generator().manual_seed(0)
    supernet, task = context.require_supernet(), context.require_task()
    choices = context.space.choices
    drawn = population.sample_distinct(choices, 3 * (beside.rounds + 2), generator)
    architectures = population.decode(choices, drawn)
    supernet.eval()
    judged: Iterator[object] = iter(architectures)
    alone = iter([supernet.extract(a).eval() for a in architectures])

    def ours() -> None:
        for _ in range(3):
            context.scores(next(judged), "search")  # pyright: ignore[reportArgumentType]

    def plain() -> None:
        with torch.no_grad():
            for _ in range(3):
                task.evaluate(next(alone), "search")

    beside(
        f"candidate evaluation, {space}",
        ours,
        plain,
        limited_by="the same networks standing alone",
        least=0.95,
        share=3,
    )


def test_predictor_of_quality(beside: Beside) -> None:
    problem = toy(2, 3, 30)
    rows = problem.draw(300, torch.Generator().manual_seed(0))
    describe = Description(problem.context.space)
    described, targets = describe.rows(rows), torch.randn(len(rows), 1)
    predictor = QualityPredictor(describe, 1)
    steps = 20
    some = described.double()[:: max(1, len(rows) // 150)]
    kernel = some @ some.T + torch.eye(len(some), dtype=torch.float64)

    def factorised() -> None:
        for _ in range(steps):
            matrix = kernel.clone().requires_grad_()
            torch.linalg.cholesky(matrix).diagonal().log().sum().backward()

    beside(
        f"quality predictor fitted to {len(rows)} evaluations, a step",
        lambda: predictor.fit(described, targets, steps),
        factorised,
        limited_by=f"Cholesky factor of {len(some)} points and its gradient",
        share=steps,
    )


def test_predictor_of_cost(beside: Beside) -> None:
    problem = toy(19, 3, 30)
    optimizer = learning(problem, Options(initial_queries=24, cost_samples=64, enumerate=0))
    landscape, sample, steps = optimizer._landscape, optimizer._sample, 40
    found = optimizer._prices.asked(sample, problem.devices)
    features = Relaxation.from_population(problem.choices, sample).features().float()
    first = landscape.cost.network[0]
    assert isinstance(first, nn.Linear)
    width = first.in_features
    plain = perceptron(width, 96, 2)
    inputs, targets = torch.randn(2560, width), torch.randn(2560, 2)
    generator = torch.Generator().manual_seed(0)
    beside(
        "cost predictor fitted to 19 devices, a step",
        lambda: landscape.cost.fit(features, found, steps, generator),
        lambda: fit(plain, inputs, targets, steps, generator, batch=384),
        limited_by="plain loop over the same perceptron",
        share=steps,
    )


def _bred() -> tuple[Work, Work, Work]:
    problem = toy(6, 3, 30)
    options = Options(initial_queries=48, cost_samples=64, enumerate=0, final_generations=8)
    optimizer = learning(problem, options)
    answers, known = optimizer.answers, optimizer._rows
    some, device = problem.draw(options.children, torch.Generator().manual_seed(1)), None
    device = problem.devices[0]

    def candidates() -> None:
        own = torch.Generator().manual_seed(0)
        answers.candidates([device], known, 8, own, ())

    def portfolio() -> None:
        answers.portfolio(device, 24, known, ())

    def judged() -> None:
        for _ in range(9):
            answers.judge.linear(answers.judge.opinions(some), device)

    return candidates, portfolio, judged


def test_breeding(beside: Beside) -> None:
    candidates, _, judged = _bred()
    beside(
        "eight generations of 300 children for a device",
        candidates,
        judged,
        limited_by="the predictors' opinion of as many",
    )


def test_portfolio(beside: Beside) -> None:
    candidates, portfolio, _ = _bred()
    beside(
        "portfolio of 24, breeding included",
        portfolio,
        candidates,
        limited_by="the breeding alone",
    )
