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
    heading: ClassVar[str] = "Losses"
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
        assert tuple(values.shape) == (4,), (
            f"per_sample() of 4 samples has the shape {tuple(values.shape)}, not (4,)"
        )
        assert torch.isfinite(values).all(), "per_sample() gives nan or inf"
        assert values.requires_grad, "per_sample() has no gradient: it trains nothing"
        leaves = tree_leaves(given.outputs)
        found = torch.autograd.grad(values.mean(), leaves, allow_unused=True)
        assert any(g is not None and g.abs().sum() > 0 for g in found), "trains nothing"

    def test_a_sample_ignores_the_others(self, loss: Loss, given: Given) -> None:
        part = tree_map(lambda leaf: leaf[1:2], (given.outputs, given.targets))
        together = loss.per_sample(given.outputs, given.targets)
        alone = loss.per_sample(*part)
        assert torch.allclose(alone, together[1:2], rtol=1e-4, atol=1e-6), (
            "the loss of a sample depends on the batch around it"
        )

    def test_targets_matter(self, loss: Loss, given: Given) -> None:
        turned = tree_map(lambda leaf: leaf.roll(1, 0), given.targets)
        differ = [
            not torch.equal(a, b)
            for a, b in zip(tree_leaves(turned), tree_leaves(given.targets), strict=True)
        ]
        assert any(differ), "four samples have the same targets"
        first = loss.per_sample(given.outputs, given.targets)
        other = loss.per_sample(given.outputs, turned)
        assert not torch.equal(first, other), "the loss ignores the targets"

    def test_the_same_again(self, loss: Loss, given: Given) -> None:
        before = [leaf.detach().clone() for leaf in tree_leaves((given.outputs, given.targets))]
        first = loss.per_sample(given.outputs, given.targets)
        again = loss.per_sample(given.outputs, given.targets)
        assert torch.equal(first, again), "the same outputs and targets have two losses"
        after = tree_leaves((given.outputs, given.targets))
        assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True)), (
            "per_sample() changes what it is shown"
        )

    def test_confident_outputs_are_no_fault(self, loss: Loss, given: Given) -> None:
        leaves = tree_map(lambda leaf: (300.0 * leaf).detach().requires_grad_(), given.outputs)
        values = loss.per_sample(leaves, given.targets)
        assert torch.isfinite(values).all(), "large outputs give nan or inf"
        found = torch.autograd.grad(values.mean(), tree_leaves(leaves), allow_unused=True)
        assert all(torch.isfinite(g).all() for g in found if g is not None), (
            "large outputs give a gradient of nan or inf"
        )

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
        assert after < before, (
            f"a small step down its gradient raises it from {float(before.detach()):.6g} to "
            f"{float(after.detach()):.6g}: the gradient is none of its own"
        )

    def test_what_it_searches_is_its_state(
        self, loss: Loss, subject: Subject, given: Given, variant: dict[str, Any]
    ) -> None:
        leaves = list(loss.searched())
        assert all(leaf.is_leaf and leaf.requires_grad for leaf in leaves), (
            "searched() must give leaves that want gradients"
        )
        before = loss.per_sample(given.outputs, given.targets).detach()
        with torch.no_grad():
            for leaf in leaves:
                noise = torch.randn(leaf.shape, generator=derived_generator(0, "loss"))
                leaf.add_(noise.to(leaf))
        after = loss.per_sample(given.outputs, given.targets).detach()
        assert torch.equal(before, after) == (not leaves), "searches what it does not read"
        other = made(lambda options=None: subject(options, task=given.task), variant)
        other.load_state_dict(loss.state_dict())
        restored = other.per_sample(given.outputs, given.targets).detach()
        assert torch.equal(restored, after), (
            "after load_state_dict() the loss is another: something it searches is not in its state"
        )
        assert_same(other.state_dict(), loss.state_dict(), "state")
        told = loss.told()
        assert all(isinstance(value, float) for value in told.values()), (
            f"told() must give plain numbers, got {told}"
        )


def _given(stage: Stage) -> Given:
    context = stage.context
    task = context.require_task()
    batch = task.batch("train", 4, derived_generator(0, "loss"))
    with seeded_construction(0):
        network = context.space.build(context.space.ends().largest, task)
    outputs = network(batch.inputs)
    return Given(task, tree_map(lambda x: x.detach().requires_grad_(), outputs), batch.targets)
