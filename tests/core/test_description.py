"""What the quality predictor is told, against plain sums."""

from __future__ import annotations

import math

import pytest
import torch

from monas_core.parts.description import Description, families
from monas_core.testing.fake_space import ToySpace
from monas_core.values import population
from monas_core.values.architecture import Choice, Condition
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation

KERNELS, WIDTHS = (3, 5, 7), (1, 2)
CHOICES = ChoiceSet(
    "blocks",
    1,
    [
        Choice("depth", (1, 2, 3)),
        *(Choice(f"kernel {i}", KERNELS) for i in range(2)),
        Choice("width", WIDTHS),
        Choice("kernel 2", KERNELS, condition=Condition("depth", (2, 3))),
        Choice("kernel 3", KERNELS, condition=Condition("depth", (3,))),
        Choice("bias", (True, False)),
    ],
)


class Blocks(ToySpace):
    """Choices in two families of which one has only one member, and one thing to know."""

    def __init__(self) -> None:
        super().__init__()
        self.choices = CHOICES

    def describe(self, relaxation: Relaxation) -> torch.Tensor:
        return relaxation.of("width")[:, 1:] * relaxation.of("depth")[:, 2:]


@pytest.fixture(scope="module")
def description() -> Description:
    return Description(Blocks())


def test_choices_with_the_same_options_are_a_family() -> None:
    assert families(CHOICES) == [[0], [1, 2, 4, 5], [3], [6]]
    alike = ChoiceSet("s", 1, [Choice("a", (0, 1)), Choice("b", (False, True))])
    assert families(alike) == [[0], [1]]


def test_columns_are_options_sums_of_families_and_what_the_space_adds(
    description: Description,
) -> None:
    rows = population.sample(CHOICES, 20, torch.Generator().manual_seed(0))
    found = description.rows(rows)
    relaxation = Relaxation.from_population(CHOICES, rows)
    options = relaxation.features().float()
    assert torch.equal(found[:, : options.shape[1]], options)
    active = population.activity(CHOICES, rows)
    kernels = [1, 2, 4, 5]
    for row, own in enumerate(rows.tolist()):
        for wave in range(3):
            for option in range(3):
                plain = sum(
                    math.cos(math.pi * wave * (place + 0.5) / 4)
                    for place, index in enumerate(kernels)
                    if active[row, index] and own[index] == option
                )
                scaled = plain * math.sqrt((2 if wave else 1) / 4)
                column = options.shape[1] + 3 * wave + option
                assert float(found[row, column]) == pytest.approx(scaled, abs=1e-6)
    assert torch.equal(found[:, -1:], Blocks().describe(relaxation).float())
    assert found.shape[1] == options.shape[1] + 9 + 1


def test_groups_and_families_cover_all_columns(description: Description) -> None:
    options = sum(CHOICES.sizes)
    assert len(description.groups) == options + 10
    assert description.groups.tolist()[options:] == list(range(7, 17))
    own, waves, known = description.families.split([7, 9, 1])
    assert own.tolist() == [0, 1, 1, 2, 1, 1, 3]
    assert len(set(waves.tolist())) == 1
    assert not set(waves.tolist()) & set(own.tolist())
    assert int(known) not in {*own.tolist(), *waves.tolist()}


def test_it_is_differentiable_in_the_weights(description: Description) -> None:
    logits = torch.randn(3, len(CHOICES), 3, dtype=torch.float64, requires_grad=True)

    def described(free: torch.Tensor) -> torch.Tensor:
        return description(Relaxation.from_logits(CHOICES, free))

    assert torch.autograd.gradcheck(described, (logits,))
