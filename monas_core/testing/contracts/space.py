"""A search space: its declarations agree with each other and with its networks."""

from __future__ import annotations

import itertools
from typing import ClassVar

import pytest
import torch
from torch.utils._pytree import tree_leaves

from monas_core.catalog.specs import Entry
from monas_core.errors import UsageError
from monas_core.parts.discrete import discretise
from monas_core.parts.space import SearchSpace
from monas_core.testing.contracts import networks as nets
from monas_core.testing.contracts.base import Contract, loaded
from monas_core.testing.ends import ends_fault
from monas_core.testing.stages import Stages
from monas_core.tracing.workload import trace
from monas_core.values import population
from monas_core.values.relaxation import Relaxation

MOST = 20_000
"""More architectures than this are not enumerated."""


class SpaceContract(Contract):
    """A class of search spaces; override ``subject`` to return yours."""

    kind: ClassVar[str | None] = "space"
    heading: ClassVar[str] = "Spaces and supernets"
    reads: ClassVar[str] = "monas_core.parts.space.SearchSpace, monas_core.values.architecture"

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> type[SearchSpace]:
        """The class under test."""
        return loaded(entry)

    @pytest.fixture(scope="class")
    @classmethod
    def tiny(cls, subject: type[SearchSpace]) -> SearchSpace:
        """The instance for contracts."""
        return subject.tiny()

    def test_entry_and_class_have_one_name(
        self, entry: Entry | None, subject: type[SearchSpace]
    ) -> None:
        assert entry is None or entry.name == subject.name
        assert subject.tiny().choices.space == subject.name

    def test_declares_modalities_and_presets(self, subject: type[SearchSpace]) -> None:
        assert subject.modalities
        assert subject.presets

    def test_encoding_round_trips(self, tiny: SearchSpace) -> None:
        rows = population.sample(tiny.choices, 64, torch.Generator().manual_seed(0))
        architectures = population.decode(tiny.choices, rows)
        assert torch.equal(population.encode(tiny.choices, architectures), rows)
        relaxation = Relaxation.from_population(tiny.choices, rows)
        assert relaxation.to_architectures() == architectures
        for architecture in architectures:
            assert tiny.choices.from_json(architecture.to_json()) == architecture

    def test_architectures_are_discretised_as_themselves(self, tiny: SearchSpace) -> None:
        rows = population.sample(tiny.choices, 64, torch.Generator().manual_seed(0))
        relaxation = Relaxation.from_population(tiny.choices, rows)
        assert torch.equal(discretise(tiny, relaxation), rows)

    def test_mixtures_are_discretised_to_architectures(self, tiny: SearchSpace) -> None:
        size = (32, len(tiny.choices), tiny.choices.max_options)
        logits = torch.randn(size, generator=torch.Generator().manual_seed(5)).requires_grad_()
        found = discretise(tiny, Relaxation.from_logits(tiny.choices, logits))
        assert torch.equal(found, population.canonical(tiny.choices, found))
        assert len(population.decode(tiny.choices, found)) == len(logits)

    def test_a_proxy_has_the_same_choices(self, tiny: SearchSpace) -> None:
        assert tiny.proxy is None or tiny.proxy.choices == tiny.choices

    def test_samples_are_valid_and_canonical(self, tiny: SearchSpace) -> None:
        rows = population.sample(tiny.choices, 64, torch.Generator().manual_seed(1))
        for architecture in population.decode(tiny.choices, rows):
            assert tiny.choices.architecture(architecture.choices) == architecture

    def test_cardinality_is_the_number_of_architectures(self, tiny: SearchSpace) -> None:
        listed = list(itertools.islice(tiny.choices.enumerate(), MOST + 1))
        assert len(listed) <= MOST, f"tiny() must have at most {MOST} architectures"
        assert len(set(listed)) == len(listed)
        assert tiny.choices.cardinality() == len(listed)

    def test_descriptions_follow_from_each_architecture_alone(self, tiny: SearchSpace) -> None:
        rows = population.sample(tiny.choices, 8, torch.Generator().manual_seed(3))
        relaxation = Relaxation.from_population(tiny.choices, rows)
        found = tiny.describe(relaxation)
        assert found.shape[0] == 8
        assert torch.isfinite(found).all()
        for index in range(8):
            alone = Relaxation(tiny.choices, relaxation.weights[index : index + 1])
            torch.testing.assert_close(tiny.describe(alone)[0], found[index])

    def test_descriptions_are_differentiable(self, tiny: SearchSpace) -> None:
        size = (2, len(tiny.choices), tiny.choices.max_options)
        logits = torch.randn(size, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
        logits.requires_grad_()
        found = tiny.describe(Relaxation.from_logits(tiny.choices, logits))
        if found.shape[1]:
            assert torch.autograd.grad(found.sum(), logits)[0].isfinite().all()

    def test_every_preset_traces_at_both_ends(
        self, subject: type[SearchSpace], entry: Entry | None, stages: Stages
    ) -> None:
        for space in nets.presets_of(subject, entry):
            assert space.preset in subject.presets
            assert space.warm_up.steps >= 0
            task = nets.task_of(space, stages)
            ends = space.ends()
            for architecture in (ends.smallest, ends.largest):
                with torch.device("meta"):
                    network = space.build(architecture, task)
                workload = trace(network, task.example(1))
                assert workload.parameters > 0
                assert len(workload.elements) > 0

    def test_ends_are_the_smallest_and_the_largest(
        self, subject: type[SearchSpace], entry: Entry | None, stages: Stages
    ) -> None:
        for space in (subject.tiny(), *nets.presets_of(subject, entry)):
            fault = ends_fault(space, nets.task_of(space, stages))
            assert fault is None, f"preset {space.preset}: {fault}"

    def test_unknown_preset_is_refused(self, subject: type[SearchSpace]) -> None:
        with pytest.raises(UsageError):
            subject(preset="no such preset")  # pyright: ignore[reportCallIssue]

    def test_networks_of_tiny_run(self, tiny: SearchSpace, stages: Stages) -> None:
        task = nets.task_of(tiny, stages)
        batch = task.batch("train", 2, torch.Generator().manual_seed(0))
        rows = population.sample_distinct(tiny.choices, 4, torch.Generator().manual_seed(2))
        for architecture in population.decode(tiny.choices, rows):
            outputs = tiny.build(architecture, task).eval()(batch.inputs)
            assert all(torch.isfinite(leaf).all() for leaf in tree_leaves(outputs))
            assert task.loss(outputs, batch.targets).shape == (2,)
