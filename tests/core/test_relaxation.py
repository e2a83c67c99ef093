"""Relaxations: rows of weights over options."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from monas_core.testing.fakes import ToySpace
from monas_core.values import population
from monas_core.values.architecture import Choice, Condition
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation, option_mask

CHOICES = ToySpace().choices
CHAIN = ChoiceSet(
    "chain",
    1,
    (
        Choice("a", (0, 1, 2)),
        Choice("b", (0, 1), condition=Condition("a", (1, 2))),
        Choice("c", (0, 1), condition=Condition("b", (1,))),
    ),
)


def test_mask_marks_existing_options() -> None:
    assert option_mask(CHAIN).tolist() == [
        [True, True, True],
        [True, True, False],
        [True, True, False],
    ]


@given(st.integers(0, 1000))
def test_one_hot_round_trips(seed: int) -> None:
    rows = population.sample(CHOICES, 8, torch.Generator().manual_seed(seed))
    relaxation = Relaxation.from_population(CHOICES, rows)
    assert torch.equal(relaxation.to_population(), rows)
    assert relaxation.to_architectures() == population.decode(CHOICES, rows)
    assert torch.equal(relaxation.weights.sum(-1), torch.ones(8, len(CHOICES)))


@given(st.integers(0, 1000))
def test_activity_of_one_hot_rows_is_plain_activity(seed: int) -> None:
    rows = population.sample(CHAIN, 8, torch.Generator().manual_seed(seed))
    found = Relaxation.from_population(CHAIN, rows).activity()
    assert torch.equal(found, population.activity(CHAIN, rows).float())


def test_activity_multiplies_up_the_chain() -> None:
    weights = torch.tensor([[[0.2, 0.3, 0.5], [0.4, 0.6, 0.0], [0.5, 0.5, 0.0]]])
    relaxation = Relaxation(CHAIN, weights)
    assert relaxation.activity()[0].tolist() == pytest.approx([1.0, 0.8, 0.8 * 0.6])
    expected = [0.2, 0.3, 0.5, 0.32, 0.48, 0.24, 0.24]
    assert relaxation.features()[0].tolist() == pytest.approx(expected)


def test_activity_is_differentiable() -> None:
    weights = torch.rand(1, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda w: Relaxation(CHAIN, w).features(), (weights,))


def test_features_of_equal_networks_are_equal() -> None:
    """Answers to inactive choices must not reach a predictor."""
    raw = torch.tensor([[0, 1, 1], [0, 0, 0], [0, 1, 0]])
    features = Relaxation.from_population(CHAIN, raw).features()
    assert torch.equal(features[0], features[1])
    assert torch.equal(features[0], features[2])


def test_logits_give_probabilities_of_valid_options() -> None:
    logits = torch.zeros(2, 3, 3)
    logits[:, :, 2] = 100.0  # beyond the options of b and c
    weights = Relaxation.from_logits(CHAIN, logits).weights
    assert weights[0, 1].tolist() == pytest.approx([0.5, 0.5, 0.0])
    assert torch.allclose(weights.sum(-1), torch.ones(2, 3))


def test_rounding_ignores_missing_options() -> None:
    weights = torch.tensor([[[0.2, 0.3, 0.5], [0.4, 0.6, 9.0], [0.5, 0.4, 9.0]]])
    assert Relaxation(CHAIN, weights).to_population().tolist() == [[2, 1, 0]]


def test_rounding_is_canonical() -> None:
    weights = torch.tensor([[[0.9, 0.1, 0.0], [0.1, 0.9, 0.0], [0.1, 0.9, 0.0]]])
    assert Relaxation(CHAIN, weights).to_population().tolist() == [[0, 0, 0]]


def test_of_names_one_choice() -> None:
    relaxation = Relaxation.from_population(CHAIN, torch.tensor([[1, 1, 0], [2, 0, 0]]))
    assert relaxation.of("b").tolist() == [[0.0, 1.0], [1.0, 0.0]]
    assert len(relaxation) == 2


@pytest.mark.parametrize("shape", [(3, 3), (1, 2, 3), (1, 3, 4)])
def test_wrong_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(A, 3, 3\)"):
        Relaxation(CHAIN, torch.zeros(shape))
