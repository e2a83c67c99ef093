"""Expected costs of mixtures against the mean over all architectures."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from torch import Tensor

from monas_core.learning.expected import ExpectedCost
from monas_core.learning.policy import TablePolicy
from monas_core.parts.context import Context
from monas_core.seeding import seeded_construction
from monas_core.testing.fake_costs import ToyDevice, ToyLatency
from monas_core.testing.fakes import ToySpace
from monas_core.values import population
from monas_core.values.relaxation import Relaxation

SPACE = ToySpace()
ROWS = population.encode(SPACE.choices, SPACE.choices.enumerate())
DEVICES = (ToyDevice("one"), ToyDevice("two", power=0.7))


class Opaque(ToyLatency):
    """The same latency, of which no mixture is known."""

    differentiable: ClassVar[bool] = False


class Entangled(Opaque):
    """Not additive: the square."""

    def evaluate(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        import attrs

        found = super().evaluate(*args, **kwargs)
        return [attrs.evolve(value, value=value.value**2) for value in found]


def fitted(objective: ToyLatency, rows: Tensor = ROWS) -> ExpectedCost:
    context = Context(SPACE)
    with seeded_construction(0):
        model = ExpectedCost(objective, DEVICES, context)
    model.fit(rows, costs(objective, rows), torch.Generator().manual_seed(0))
    return model


def costs(objective: ToyLatency, rows: Tensor) -> Tensor:
    found = population.decode(SPACE.choices, rows)
    columns = [objective.evaluate(found, device, Context(SPACE)) for device in DEVICES]
    return torch.tensor([[v.value for v in c] for c in columns], dtype=torch.float64).T


def mean_cost(logits: Tensor) -> Tensor:
    """The mean over every architecture by its probability, ``(D,)``."""
    policy = TablePolicy(SPACE.choices, 1)
    with torch.no_grad():
        policy.table.copy_(logits[None].float())
    place = torch.zeros(len(ROWS), dtype=torch.int64)
    with torch.no_grad():
        shares = policy.log_probability(place, ROWS).exp().double()
    return shares @ costs(Opaque(), ROWS)


@pytest.mark.parametrize("objective", [ToyLatency(), Opaque()], ids=["asked", "fitted"])
def test_expectations_are_means_over_all_architectures(objective: ToyLatency) -> None:
    model = fitted(objective)
    assert model.exact == objective.differentiable
    logits = torch.randn(
        len(SPACE.choices), SPACE.choices.max_options, generator=torch.Generator().manual_seed(1)
    )
    found = model(Relaxation.from_logits(SPACE.choices, logits[None]))
    assert found.shape == (2, 1)
    assert found[:, 0].tolist() == pytest.approx(mean_cost(logits).tolist(), rel=1e-4)
    assert model.error.max() < 1e-4


@pytest.mark.parametrize("objective", [ToyLatency(), Opaque()], ids=["asked", "fitted"])
def test_gradients_are_those_of_the_mean(objective: ToyLatency) -> None:
    model = fitted(objective)
    shape = (len(SPACE.choices), SPACE.choices.max_options)
    logits = torch.randn(shape, generator=torch.Generator().manual_seed(2)).double()
    moving = logits.clone().requires_grad_()
    model(Relaxation.from_logits(SPACE.choices, moving[None]))[1, 0].backward()
    assert moving.grad is not None
    for place in [(0, 0), (0, 1), (1, 2), (2, 1), (4, 0)]:
        step = torch.zeros(shape).double()
        step[place] = 1e-2
        slope = (mean_cost(logits + step) - mean_cost(logits - step))[1] / 2e-2
        assert float(moving.grad[place]) == pytest.approx(float(slope), abs=2e-3)


def test_what_does_not_add_up_is_predicted_with_its_error_told() -> None:
    seen = ROWS[torch.arange(len(ROWS)) % 3 != 0]
    model = fitted(Entangled(), seen)
    assert not model.exact
    true, found = costs(Entangled(), ROWS), model(Relaxation.from_population(SPACE.choices, ROWS)).T
    wrong = (found - true).abs().mean(0) / true.mean(0)
    assert 0.0 < float(model.error.max()) < 0.2
    assert float(wrong.max()) < 0.1


def test_a_saved_model_says_the_same() -> None:
    first, again = fitted(Entangled()), ExpectedCost(Entangled(), DEVICES, Context(SPACE))
    again.load_state_dict(first.state_dict())
    rows = Relaxation.from_population(SPACE.choices, ROWS)
    assert torch.equal(first(rows), again(rows))
