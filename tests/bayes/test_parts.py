"""Features, warp, kernel and surrogate, each against what it claims."""

from __future__ import annotations

import pytest
import torch

from monas_bayes.features import Features
from monas_bayes.kernel import ChoiceMatern
from monas_bayes.surrogate import Surrogate
from monas_core.learning.warping import TailWarp
from monas_core.parts.description import Description
from monas_core.testing.fakes import ToySpace, toy_problem
from monas_core.values import population
from monas_core.values.architecture import Choice
from monas_core.values.choices import ChoiceSet


def everything(choices: ChoiceSet) -> torch.Tensor:
    return population.encode(choices, choices.enumerate())


def test_features_tell_all_architectures_apart() -> None:
    choices = ToySpace().choices
    columns = Features(choices)(everything(choices))
    assert len(torch.unique(columns, dim=0)) == choices.cardinality()
    assert columns.min() == 0
    assert columns.max() == 1


def test_ordered_choices_are_ranks_and_inactive_ones_are_off() -> None:
    choices = ToySpace().choices  # activation; depth; three widths, two of them conditional
    features = Features(choices)
    assert features.groups.tolist() == [0, 0, 1, 2, 3, 3, 4, 4]
    (row,) = features(torch.tensor([[1, 1, 2, 1, 0]])).tolist()
    assert row == [0, 1, 0.5, 1, 0.5, 1, 0, 0]


def test_a_description_adds_its_columns_beyond_the_options() -> None:
    space = ToySpace()
    rows, description = everything(space.choices), Description(space)
    plain, features = Features(space.choices), Features(space.choices, description)
    columns = features(rows)
    assert torch.equal(columns[:, : len(plain.groups)], plain(rows))
    added = columns[:, len(plain.groups) :]
    assert torch.equal(added.float(), description.rows(rows)[:, sum(space.choices.sizes) :])
    assert added.shape[1] == 9  # three widths: as many waves of three options
    assert features.groups.tolist() == [*plain.groups.tolist(), *range(5, 14)]


def test_choices_without_alternative_have_no_columns() -> None:
    choices = ChoiceSet("small", 1, (Choice("only", (1,)), Choice("two", ("a", "b"))))
    assert Features(choices)(torch.tensor([[0, 1]])).tolist() == [[0, 1]]


@pytest.mark.parametrize(
    "values",
    [[5.0, 1.0, 2.0, 3.0, 90.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 2.0, 50.0], [3.0, 4.0]],
    ids=["bad tail", "constant", "best half equal", "two"],
)
def test_warp_keeps_order_and_comes_back(values: list[float]) -> None:
    column = torch.tensor(values, dtype=torch.float64)[:, None]
    warp = TailWarp.fitted(column)
    warped = warp.apply(column)
    assert torch.allclose(warp.invert(warped), column, atol=1e-6)
    order = column[:, 0].argsort()
    assert (warped[order].diff(dim=0) >= 0).all()
    assert warped.isfinite().all()


def test_warp_draws_a_bad_tail_in() -> None:
    values = torch.tensor([1.0, 2.0, 3.0, 4.0, 1000.0], dtype=torch.float64)[:, None]
    warped = TailWarp.fitted(values).apply(values)[:, 0]
    assert warped[4] - warped[3] < 5 * (warped[3] - warped[0])


def test_kernel_is_matern_when_choices_are_alike() -> None:
    from gpytorch.kernels import MaternKernel  # after the package, which imports it quietly

    choices = ToySpace().choices
    features = Features(choices)
    columns = features(everything(choices))
    beside = torch.cat([columns, torch.rand(len(columns), 1, dtype=torch.float64)], dim=1)
    kernel = ChoiceMatern(features.groups, torch.Size([]))
    reference = MaternKernel(nu=2.5).double()
    reference.lengthscale = kernel.scales[0, 0].item()
    with torch.no_grad():
        found, expected = kernel(beside).to_dense(), reference(columns).to_dense()
    assert torch.allclose(found, expected, atol=1e-8), "further columns are no part of it"


def test_kernel_shares_length_scales_within_a_choice() -> None:
    choices = ToySpace().choices
    kernel = ChoiceMatern(Features(choices).groups, torch.Size([]))
    assert kernel.scales.shape == (1, len(choices))


@pytest.fixture(scope="module")
def fitted() -> tuple[Surrogate, torch.Tensor, torch.Tensor]:
    problem = toy_problem()
    rows = everything(problem.choices)
    values = problem.evaluator.matrix(population.decode(problem.choices, rows), problem.devices[0])[
        :, :1
    ]
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
    surrogate = Surrogate(problem.choices, fit_steps=50)
    inputs = surrogate.features(rows)
    surrogate.fit(inputs[order[:30]], values[order[:30]])
    return surrogate, inputs[order], values[order]


def test_surrogate_predicts_what_it_has_not_seen(
    fitted: tuple[Surrogate, torch.Tensor, torch.Tensor],
) -> None:
    surrogate, inputs, values = fitted
    mean, deviation = surrogate.marginals(inputs)
    error = (surrogate.warp.invert(mean) - values)[30:].abs().mean()
    assert error < 0.1 * values.std()
    assert deviation[30:].mean() > deviation[:30].mean()


def test_hyperparameters_outlive_new_data(
    fitted: tuple[Surrogate, torch.Tensor, torch.Tensor],
) -> None:
    surrogate, inputs, values = fitted
    other = Surrogate(toy_problem().choices, fit_steps=50)
    other.hyperparameters = surrogate.hyperparameters
    other.condition(inputs[:40], values[:40])
    for name, value in other.model.named_parameters():
        assert torch.equal(value, surrogate.hyperparameters[name]), name
