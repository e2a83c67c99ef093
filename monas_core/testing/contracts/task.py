"""A task: repeatable batches, a loss per sample, a score, parts that share nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, get_args

import pytest
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map, tree_structure

from monas_core.catalog.specs import Entry
from monas_core.errors import UsageError
from monas_core.parts.task import Batch, Part, Task
from monas_core.seeding import seeded_construction
from monas_core.testing.contracts.base import Contract
from monas_core.testing.stages import Stages

PARTS: tuple[Part, ...] = get_args(Part)
COINCIDENCES = 0.02
"""Share of samples two parts may have in common by chance (blank stretches of text)."""


def made(entry: Entry) -> Task:
    """The task of an entry; a skip for one that cannot be made from its name alone."""
    try:
        return entry.create(argument=None)
    except UsageError as reason:
        pytest.skip(f"cannot be made from its name alone: {reason}")


class TaskContract(Contract):
    """A task; override ``subject`` to return yours, with its argument if it takes one."""

    kind: ClassVar[str | None] = "task"
    heading: ClassVar[str] = "Tasks"
    reads: ClassVar[str] = "monas_core.parts.task.Task"

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> Task:
        """The task under test."""
        return made(entry)

    @pytest.fixture(scope="class")
    @classmethod
    def network(cls, subject: Task, stages: Stages) -> nn.Module:
        """A network of an installed space, with weights it happens to start with."""
        space = stages.space_for(subject)
        if space is None:
            pytest.fail(
                f'modality is "{subject.modality}", for which no installed space builds networks: '
                "no run can have this task. Read: monas_core.parts.task.Task.modality"
            )
        smallest = space.ends().smallest
        with seeded_construction(0):
            return space.build(smallest, subject).eval()

    @pytest.mark.parametrize("part", PARTS)
    def test_seeded_batch_repeats_exactly(self, subject: Task, part: Part) -> None:
        before = torch.get_rng_state()
        first, again, other = (
            _flat(subject.batch(part, 4, torch.Generator().manual_seed(s))) for s in (3, 3, 4)
        )
        assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
        assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))
        assert torch.equal(torch.get_rng_state(), before), "draws from the global generator"

    def test_batch_has_the_size_asked_for(self, subject: Task) -> None:
        for size in (1, 3):
            batch = subject.batch("train", size, torch.Generator().manual_seed(0))
            assert all(len(leaf) == size for leaf in _flat(batch))

    def test_example_looks_like_inputs(self, subject: Task) -> None:
        inputs = subject.batch("train", 3, torch.Generator().manual_seed(0)).inputs
        example = subject.example(3)
        assert tree_structure(example) == tree_structure(inputs)
        for left, right in zip(tree_leaves(example), tree_leaves(inputs), strict=True):
            assert left.shape == right.shape
            assert left.dtype == right.dtype

    def test_every_score_is_had_on_every_part(self, subject: Task, network: nn.Module) -> None:
        names = [score.name for score in (subject.score, *subject.scores)]
        assert len(set(names)) == len(names)
        for part in PARTS:
            found = subject.evaluate(network, part)
            assert set(names) <= set(found), part

    def test_loss_is_one_per_sample_and_differentiable(
        self, subject: Task, network: nn.Module
    ) -> None:
        batch = subject.batch("train", 5, torch.Generator().manual_seed(0))
        loss = subject.loss(network(batch.inputs), batch.targets)
        assert loss.shape == (5,)
        assert torch.isfinite(loss).all()
        network.zero_grad(set_to_none=True)
        loss.mean().backward()
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())

    def test_loss_of_a_sample_ignores_the_others(self, subject: Task, network: nn.Module) -> None:
        batch = subject.batch("train", 4, torch.Generator().manual_seed(0))
        with torch.no_grad():
            outputs = network(batch.inputs)
            together = subject.loss(outputs, batch.targets)
            part = tree_map(lambda leaf: leaf[1:2], (outputs, batch.targets))
        assert torch.allclose(subject.loss(*part), together[1:2], atol=1e-5)

    @pytest.mark.parametrize("part", PARTS)
    def test_score_is_declared_finite_and_fixed(
        self, subject: Task, network: nn.Module, part: Part
    ) -> None:
        assert subject.score.direction in ("min", "max")
        found = subject.evaluate(network, part)
        assert subject.score.name in found
        assert all(isinstance(v, float) and math.isfinite(v) for v in found.values()), found
        assert subject.evaluate(network, part) == found

    def test_evaluation_data_are_disjoint(self, subject: Task, network: nn.Module) -> None:
        seen: dict[Part, set[bytes]] = {part: _evaluated(subject, network, part) for part in PARTS}
        assert all(seen.values()), "evaluate never calls the model"
        _assert_disjoint(seen)

    def test_drawn_samples_are_disjoint(self, subject: Task) -> None:
        generator = torch.Generator().manual_seed(0)
        drawn: dict[Part, set[bytes]] = {
            part: _fingerprints(subject.batch(part, 256, generator).inputs) for part in PARTS
        }
        _assert_disjoint(drawn)

    def test_description_is_plain(self, subject: Task) -> None:
        assert subject.describe()
        assert all(isinstance(key, str) for key in subject.describe())


def _flat(batch: Batch) -> list[Tensor]:
    return tree_leaves((batch.inputs, batch.targets))


def _evaluated(task: Task, network: nn.Module, part: Part) -> set[bytes]:
    """Every sample the model is shown while a part is evaluated."""
    shown: set[bytes] = set()

    def model(inputs: Any) -> Any:
        shown.update(_fingerprints(inputs))
        return network(inputs)

    task.evaluate(model, part)
    return shown


def _fingerprints(inputs: Any) -> set[bytes]:
    leaves = tree_leaves(inputs)
    return {
        b"".join(leaf[row].contiguous().numpy().tobytes() for leaf in leaves)
        for row in range(len(leaves[0]))
    }


def _assert_disjoint(seen: Mapping[Part, set[bytes]]) -> None:
    for first in PARTS:
        for second in PARTS:
            if first < second:
                shared = len(seen[first] & seen[second])
                most = COINCIDENCES * min(len(seen[first]), len(seen[second]))
                assert shared <= most, f"{first} and {second} share {shared} samples"
