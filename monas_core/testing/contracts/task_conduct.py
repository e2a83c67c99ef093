"""How a task treats the models it is handed, and whether its loss has its own slope."""

from __future__ import annotations

from typing import Any, ClassVar, get_args

import pytest
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_leaves, tree_map, tree_unflatten

from monas_core.catalog.specs import Entry
from monas_core.parts.task import Part, Task
from monas_core.seeding import seeded_construction
from monas_core.testing.contracts.base import Contract
from monas_core.testing.contracts.task import made
from monas_core.testing.stages import Stages
from monas_core.values import population

PARTS: tuple[Part, ...] = get_args(Part)
STEP = 1e-3


class TaskConductContract(Contract):
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
                f'modality is "{subject.modality}", for which no installed space builds '
                "networks: no "
                "run can have this task. Read: monas_core.parts.task.Task.modality"
            )
        smallest = population.decode(space.choices, population.corners(space.choices))[0]
        with seeded_construction(0):
            return space.build(smallest, subject).eval()

    def test_evaluation_leaves_the_model_as_it_was(self, subject: Task, network: nn.Module) -> None:
        for mode in (True, False):
            network.train(mode)
            network.zero_grad(set_to_none=True)
            before = [m.training for m in network.modules()]
            weights = {name: value.clone() for name, value in network.state_dict().items()}
            flags = [w.requires_grad for w in network.parameters()]
            subject.evaluate(_still(network, mode=mode), "search")
            after = [m.training for m in network.modules()]
            network.eval()
            assert after == before, "evaluate() switches the training mode of the model it is given"
            assert [w.requires_grad for w in network.parameters()] == flags, (
                "evaluate() switches requires_grad of the model"
            )
            assert all(w.grad is None for w in network.parameters()), "evaluate() leaves gradients"
            assert torch.is_grad_enabled(), "evaluate() leaves gradients switched off for everyone"
            if not mode:
                same = all(torch.equal(v, weights[k]) for k, v in network.state_dict().items())
                assert same, "evaluate() changes the weights of the model"

    def test_evaluation_needs_no_gradients(self, subject: Task, network: nn.Module) -> None:
        seen: list[bool] = []

        def model(inputs: Any) -> Any:
            seen.append(torch.is_grad_enabled())
            return network(inputs)

        subject.evaluate(model, "search")
        assert not any(seen), (
            "evaluate() runs the model with gradients on: memory grows with the data. Wrap it in "
            "torch.no_grad()"
        )

    def test_evaluation_is_of_the_model(self, subject: Task, network: nn.Module) -> None:
        state = torch.get_rng_state()
        first = subject.evaluate(network, "search")
        assert torch.equal(torch.get_rng_state(), state), (
            "evaluate() draws from the global generator"
        )
        torch.manual_seed(9)
        assert subject.evaluate(network, "search") == first, "evaluate() repeats otherwise"

        def noisy(inputs: Any) -> Any:
            generator = torch.Generator().manual_seed(2)
            return tree_map(
                lambda x: x + 3 * torch.randn(x.shape, generator=generator), network(inputs)
            )

        with torch.no_grad():
            other = subject.evaluate(noisy, "search")
        assert other != first, "evaluate() gives another model the same score: it ignores the model"

    def test_losses_have_their_own_slope(self, subject: Task, network: nn.Module) -> None:
        batch = subject.batch("train", 3, torch.Generator().manual_seed(0))
        with torch.no_grad():
            leaves, shape = tree_flatten(network(batch.inputs))
        leaves = [leaf.double() for leaf in leaves]
        leaf = leaves[0].clone().requires_grad_()

        def total(value: Tensor) -> Tensor:
            return subject.loss(tree_unflatten([value, *leaves[1:]], shape), batch.targets).sum()

        (gradient,) = torch.autograd.grad(total(leaf), leaf)
        generator = torch.Generator().manual_seed(1)
        for _ in range(3):
            direction = torch.randn(leaf.shape, generator=generator, dtype=torch.float64)
            direction /= direction.norm()
            with torch.no_grad():
                ahead, behind = (float(total(leaves[0] + s * STEP * direction)) for s in (1, -1))
            measured, claimed = (ahead - behind) / (2 * STEP), float((gradient * direction).sum())
            assert abs(measured - claimed) <= 0.05 * float(gradient.norm()) + 1e-6, (
                f"loss() changes by {measured:.4g} where its gradient says {claimed:.4g}"
            )

    def test_losses_depend_on_targets(self, subject: Task, network: nn.Module) -> None:
        generator = torch.Generator().manual_seed(0)
        batch, other = (subject.batch("train", 6, generator) for _ in range(2))
        with torch.no_grad():
            outputs = network(batch.inputs)
            first = subject.loss(outputs, batch.targets)
            turned = tree_map(lambda leaf: leaf.flip(0), batch.targets)
            second = subject.loss(outputs, turned)
        del other
        same = all(
            torch.equal(a, b)
            for a, b in zip(tree_leaves(turned), tree_leaves(batch.targets), strict=True)
        )
        assert same or not torch.equal(first, second), "loss() ignores the targets"

    def test_parts_are_fixed(self, entry: Entry | None, subject: Task) -> None:
        if entry is None:
            return
        twin: Task = entry.create(argument=None)
        for part in PARTS:
            one, two = (
                task.batch(part, 4, torch.Generator().manual_seed(3)) for task in (subject, twin)
            )
            for left, right in zip(
                tree_leaves((one.inputs, one.targets)), tree_leaves((two.inputs, two.targets)),
                strict=True,
            ):  # fmt: skip
                assert torch.equal(left, right), f"two instances have another part {part}"


def _still(network: nn.Module, *, mode: bool) -> Any:
    """The network itself in eval mode; in training mode as a model whose statistics stay."""
    if not mode:
        return network
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):  # pyright: ignore
            module.momentum = 0.0
    return network
