"""A loss in place of a task's own: per sample, differentiable, what it searches is its state."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs
import pytest
import torch
from torch.utils._pytree import tree_leaves, tree_map

from monas_core.catalog.lookup import checked_options
from monas_core.catalog.specs import Entry
from monas_core.errors import UsageError
from monas_core.parts.loss import Loss
from monas_core.parts.task import Task
from monas_core.seeding import derived_generator, seeded_construction
from monas_core.testing.contracts.base import Contract, Subject, assert_same, made
from monas_core.testing.stages import Stage, Stages


@attrs.frozen(eq=False)
class Given:
    """A task with outputs of one of its networks.

    Attributes:
        task: Its own.
        outputs: Of four samples; leaves that want gradients.
        targets: Of the same samples.
    """

    task: Task
    outputs: Any
    targets: Any


class LossContract(Contract):
    """A loss; override ``subject`` with a function of ``task=`` that makes yours."""

    kind: ClassVar[str | None] = "loss"
    finds_stage: ClassVar[bool] = True
    reads: ClassVar[str] = "monas_core.parts.loss.Loss"

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> Subject:
        """A function that makes a loss of a task, with options if it is given any."""
        return lambda options=None, *, task: entry.create(
            task=task, **checked_options(entry, options or {})
        )

    @pytest.fixture(scope="class")
    @classmethod
    def given(cls, entry: Entry | None, subject: Subject, stages: Stages) -> Given:
        """Outputs of a network that the loss takes; a skip where no installed task has any."""
        needs = entry.spec.needs if entry is not None else frozenset[str]()
        for stage in stages.all():
            if needs <= stage.provides:
                found = _given(stage)
                try:
                    subject(task=found.task).per_sample(found.outputs, found.targets)
                except UsageError:
                    continue
                return found
        pytest.skip("no installed task has outputs that it takes")

    @pytest.fixture
    def loss(self, subject: Subject, given: Given, variant: dict[str, Any]) -> Loss:
        """A new one, by its options."""
        return subject(variant, task=given.task) if variant else subject(task=given.task)

    def test_one_value_per_sample_with_a_gradient(self, loss: Loss, given: Given) -> None:
        values = loss.per_sample(given.outputs, given.targets)
        assert tuple(values.shape) == (4,)
        assert torch.isfinite(values).all()
        leaves = tree_leaves(given.outputs)
        found = torch.autograd.grad(values.mean(), leaves, allow_unused=True)
        assert any(g is not None and g.abs().sum() > 0 for g in found), "trains nothing"

    def test_a_sample_ignores_the_others(self, loss: Loss, given: Given) -> None:
        part = tree_map(lambda leaf: leaf[1:2], (given.outputs, given.targets))
        together = loss.per_sample(given.outputs, given.targets)
        assert torch.allclose(loss.per_sample(*part), together[1:2], rtol=1e-4, atol=1e-6)

    def test_a_step_down_it_lowers_it(self, loss: Loss, given: Given) -> None:
        before = loss.per_sample(given.outputs, given.targets).mean()
        leaves = tree_leaves(given.outputs)
        found = torch.autograd.grad(before, leaves, allow_unused=True)
        moves = iter(found)
        length = torch.cat([g.flatten() for g in found if g is not None]).norm()
        rate = 1e-3 / float(length.clamp_min(1e-12))

        def moved(leaf: Any) -> Any:
            gradient = next(moves)
            return leaf if gradient is None else (leaf - rate * gradient).detach()

        after = loss.per_sample(tree_map(moved, given.outputs), given.targets).mean()
        assert after < before

    def test_what_it_searches_is_its_state(
        self, loss: Loss, subject: Subject, given: Given, variant: dict[str, Any]
    ) -> None:
        leaves = list(loss.searched())
        assert all(leaf.is_leaf and leaf.requires_grad for leaf in leaves)
        before = loss.per_sample(given.outputs, given.targets).detach()
        with torch.no_grad():
            for leaf in leaves:
                noise = torch.randn(leaf.shape, generator=derived_generator(0, "loss"))
                leaf.add_(noise.to(leaf))
        after = loss.per_sample(given.outputs, given.targets).detach()
        assert torch.equal(before, after) == (not leaves), "searches what it does not read"
        other = made(lambda options=None: subject(options, task=given.task), variant)
        other.load_state_dict(loss.state_dict())
        assert torch.equal(other.per_sample(given.outputs, given.targets).detach(), after)
        assert_same(other.state_dict(), loss.state_dict(), "state")
        assert all(isinstance(value, float) for value in loss.told().values())


def _given(stage: Stage) -> Given:
    context = stage.context
    task = context.require_task()
    batch = task.batch("train", 4, derived_generator(0, "loss"))
    with seeded_construction(0):
        network = context.space.build(context.space.ends().largest, task)
    outputs = network(batch.inputs)
    return Given(task, tree_map(lambda x: x.detach().requires_grad_(), outputs), batch.targets)
