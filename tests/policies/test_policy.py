"""Policies are distributions over architectures, conditions included."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from monas_core.learning.policy import Policy, SequentialPolicy, TablePolicy
from monas_core.learning.ranking import pair_accuracy, pairwise_loss, under_budget
from monas_core.testing.fakes import ToySpace
from monas_core.values import population
from monas_core.values.architecture import Choice, Condition
from monas_core.values.choices import ChoiceSet

CHOICES = ChoiceSet(
    "conditional",
    1,
    (
        Choice("depth", (1, 2, 3)),
        Choice("kind", ("a", "b"), condition=Condition("depth", (2, 3))),
        Choice("size", (4, 8, 16), condition=Condition("kind", ("b",))),
        Choice("last", (0, 1), condition=Condition("depth", (3,))),
    ),
)


def made(kind: str, choices: ChoiceSet = CHOICES) -> tuple[Policy, Tensor]:
    """A policy that prefers something, and a context of one row."""
    torch.manual_seed(3)
    if kind == "table":
        policy = TablePolicy(choices, 2)
        torch.nn.init.normal_(policy.table)
        return policy, torch.tensor([1])
    return SequentialPolicy(choices, 3, 8), torch.randn(1, 3)


@pytest.mark.parametrize("kind", ["table", "sequential"])
@pytest.mark.parametrize("choices", [CHOICES, ToySpace().choices], ids=["conditional", "toy"])
def test_probabilities_of_all_architectures_sum_to_one(kind: str, choices: ChoiceSet) -> None:
    policy, context = made(kind, choices)
    rows = population.encode(choices, choices.enumerate())
    assert len(rows) == choices.cardinality()
    with torch.no_grad():
        log_p = policy.log_probability(context.expand(len(rows), *context.shape[1:]), rows)
    assert math.isclose(float(log_p.exp().sum()), 1.0, rel_tol=1e-5)


@pytest.mark.parametrize("kind", ["table", "sequential"])
def test_draws_follow_the_probabilities(kind: str) -> None:
    policy, context = made(kind)
    many = context.expand(6000, *context.shape[1:])
    drawn = policy.draw(many, torch.Generator().manual_seed(0))
    assert torch.equal(population.canonical(CHOICES, drawn.rows), drawn.rows)
    assert torch.allclose(
        policy.log_probability(many, drawn.rows), drawn.log_probability, atol=1e-5
    )
    rows = population.encode(CHOICES, CHOICES.enumerate())
    with torch.no_grad():
        wanted = policy.log_probability(context.expand(len(rows), *context.shape[1:]), rows).exp()
    share = torch.stack([(drawn.rows == row).all(1).float().mean() for row in rows])
    assert (share - wanted).abs().max() < 0.03
    # entropy of a draw counts what was decided: in the mean it is that of the distribution
    exact = -(wanted * wanted.log()).sum()
    assert abs(float(drawn.entropy.detach().mean() - exact)) < 0.05


@pytest.mark.parametrize("kind", ["table", "sequential"])
def test_gradients_are_those_of_the_expected_reward(kind: str) -> None:
    policy, context = made(kind)
    rows = population.encode(CHOICES, CHOICES.enumerate())
    reward = torch.arange(len(rows)).float()
    log_p = policy.log_probability(context.expand(len(rows), *context.shape[1:]), rows)
    exact = torch.autograd.grad((log_p.exp() * reward).sum(), list(policy.parameters()))
    many = context.expand(40_000, *context.shape[1:])
    drawn = policy.draw(many, torch.Generator().manual_seed(1))
    place = (drawn.rows[:, None] == rows[None]).all(2).float().argmax(1)
    centred = reward[place] - reward[place].mean()
    found = torch.autograd.grad((centred * drawn.log_probability).mean(), list(policy.parameters()))
    a, b = (torch.cat([g.flatten() for g in side]) for side in (exact, found))
    assert torch.nn.functional.cosine_similarity(a, b, dim=0) > 0.98


def test_greedy_is_the_most_probable_where_answers_are_independent() -> None:
    policy, context = made("table")
    assert isinstance(policy, TablePolicy)
    row = policy.greedy(context)[0]
    best = policy.table[1, 0, :3].argmax()
    assert int(row[0]) == int(best)
    assert torch.equal(population.canonical(CHOICES, row[None])[0], row)


def test_order_under_a_budget() -> None:
    cost = torch.tensor([[1.0, 2.0], [1.0, 2.0], [5.0, 4.0], [9.0, 1.0]])
    quality = torch.tensor([[0.5, 0.1], [0.1, 0.5], [0.0, 9.0], [0.0, 9.0]])
    budget = torch.tensor([3.0, 3.0, 3.0, 3.0])
    # both within: the better; both over: the cheaper; mixed: who is within
    assert under_budget(cost, quality, budget).tolist() == [-1.0, 1.0, -1.0, -1.0]


def test_pairs_teach_an_order() -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(200, 4, generator=generator)
    truth = features @ torch.tensor([1.0, -2.0, 0.5, 0.0])
    weights = torch.zeros(4, requires_grad=True)
    adam = torch.optim.Adam([weights], 0.05)
    for _ in range(150):
        pair = torch.randint(150, (64, 2), generator=generator)
        better = torch.sign(truth[pair[:, 0]] - truth[pair[:, 1]])
        scores = features @ weights
        adam.zero_grad()
        pairwise_loss(scores[pair[:, 0]], scores[pair[:, 1]], better).backward()
        adam.step()
    held = torch.randint(150, 200, (500, 2), generator=generator)
    better = torch.sign(truth[held[:, 0]] - truth[held[:, 1]])
    scores = (features @ weights).detach()
    assert pair_accuracy(scores[held[:, 0]], scores[held[:, 1]], better) > 0.97
