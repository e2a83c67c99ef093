"""Faults planted one at a time in otherwise honest spaces; each is caught, with its message."""

# ruff: noqa: E501 - a table reads best with one row a line
from __future__ import annotations

import itertools
from typing import Any, ClassVar

import attrs
import pytest
import torch
from torch import Tensor

from monas_core.catalog.discovery import Discovery
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry, Spec
from monas_core.parts.task import Task
from monas_core.testing import contracts
from monas_core.testing.contracts import networks as nets
from monas_core.testing.fake_space import toy_choices
from monas_core.testing.fakes import (
    ToySpace,
    ToySupernet,
)
from monas_core.testing.stages import Stages
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation

STAGES = Stages(Catalog(Discovery((), ())))
COUNTER = itertools.count()


def a_space(supernet: type[ToySupernet] = ToySupernet, **methods: Any) -> type[ToySpace]:
    """The toy space with another supernet or other methods."""

    def make(self: ToySpace, task: Task) -> ToySupernet:
        return supernet(self.choices, task.n_outputs)

    return type("Space", (ToySpace,), {"supernet": make, **methods})


def drawn_anew(self: ToySpace) -> list[Architecture]:
    generator = torch.Generator().manual_seed(next(COUNTER))
    return population.decode(self.choices, population.sample_distinct(self.choices, 8, generator))


def always_tiny(self: ToySpace, task: Task) -> ToySupernet:
    return ToySupernet(toy_choices(2, (4, 8)), task.n_outputs)


class OffAtPresets(ToySupernet):
    """Right with two layers, wrong with the three of the preset."""

    def _sliced(self, inputs: Tensor, architecture: Architecture) -> Tensor:
        outputs = super()._sliced(inputs, architecture)
        return outputs if len(self.whole.hidden) == 2 else 1.01 * outputs


@pytest.mark.parametrize(
    ("subject", "test", "told"),
    [
        (a_space(references=drawn_anew), "test_references_are_the_same_in_every_run", "otherwise at every call"),
        (a_space(references=lambda self: super(ToySpace, self).references()[:1] * 3), "test_references_are_the_same_in_every_run", "repeats an architecture"),
        (a_space(OffAtPresets), "test_every_preset_has_its_own_supernet", 'preset "tiny"'),
    ],
)  # fmt: skip
def test_faults_of_spaces(subject: type[ToySpace], test: str, told: str) -> None:
    contract, more = contracts.PresetContract(), (STAGES,) if "preset" in test else ()
    getattr(contract, test)(None, ToySpace, *more)
    with pytest.raises(AssertionError, match=told):
        getattr(contract, test)(None, subject, *more)


def test_a_supernet_of_another_preset() -> None:
    subject = type("Space", (ToySpace,), {"supernet": always_tiny})
    with pytest.raises((AssertionError, RuntimeError, IndexError)):
        contracts.PresetContract().test_every_preset_has_its_own_supernet(None, subject, STAGES)


def test_a_forgotten_declaration() -> None:
    entry = Entry("space", Spec("toy", "S.", "nowhere:Toy"), "acme", "1")
    contract = contracts.PresetContract()
    with pytest.raises(AssertionError, match=r'provides=\{"supernet"\}'):
        contract.test_what_it_has_is_declared(entry, ToySpace, STAGES)
    declared = attrs.evolve(entry, spec=attrs.evolve(entry.spec, provides={"supernet"}))
    contract.test_what_it_has_is_declared(declared, ToySpace, STAGES)


class Homeless(ToySpace):
    modalities: ClassVar[frozenset[str]] = frozenset({"smell"})


def test_no_task_is_a_failure_and_no_silence() -> None:
    with pytest.raises(pytest.fail.Exception, match="none of its networks can be tried"):
        nets.prepared(Homeless.tiny(), STAGES)
    with pytest.raises(pytest.fail.Exception, match="none of its networks can be tried"):
        contracts.PresetContract().test_every_preset_has_its_own_supernet(None, Homeless, STAGES)


class Descending(ToySpace):
    """Widths from the largest to the smallest: the corners are not the ends."""

    def __init__(self, preset: str = "tiny") -> None:
        super().__init__(preset)
        turned = [
            attrs.evolve(choice, options=choice.options[::-1]) if "width" in choice.name else choice
            for choice in self.choices.choices
        ]
        self.choices = ChoiceSet(self.choices.space, self.choices.version, turned)


def test_options_in_the_wrong_order() -> None:
    contract = contracts.SpaceContract()
    contract.test_ends_are_the_smallest_and_the_largest(ToySpace, None, STAGES)
    with pytest.raises(AssertionError, match="order the options by size, or override ends"):
        contract.test_ends_are_the_smallest_and_the_largest(Descending, None, STAGES)


class RefusesMixtures(ToySupernet):
    def forward(self, inputs: Tensor, architectures: Any) -> Tensor:
        if isinstance(architectures, Relaxation):
            raise NotImplementedError
        return super().forward(inputs, architectures)


def test_words_that_cannot_be_kept_are_a_failure_and_no_silence() -> None:
    stage = contracts.MixtureContract.stage.__wrapped__  # the function under the fixture
    assert stage(contracts.MixtureContract(), ToySpace, STAGES)
    with pytest.raises(pytest.fail.Exception, match=r'provides "relaxed", but the supernet refuse'):
        stage(contracts.MixtureContract(), a_space(RefusesMixtures), STAGES)
    homeless = contracts.SpaceContract()
    given: dict[str, tuple[Any, ...]] = {
        "test_every_preset_traces_at_both_ends": (Homeless, None),
        "test_networks_of_tiny_run": (Homeless.tiny(),),
    }
    for test, arguments in given.items():
        with pytest.raises(pytest.fail.Exception, match="none of its networks can be tried"):
            getattr(homeless, test)(*arguments, STAGES)
