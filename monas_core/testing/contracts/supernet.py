"""A supernet: the ways to run an architecture give one answer."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

from monas_core.catalog.specs import Entry
from monas_core.parts.context import Context
from monas_core.parts.space import SearchSpace
from monas_core.parts.supernet import RelaxedSupernet, Supernet
from monas_core.seeding import seeded_construction
from monas_core.testing.contracts import networks as nets
from monas_core.testing.contracts.base import Contract, loaded
from monas_core.testing.stages import Stage, Stages
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation, option_mask

TOLERANCE = 1e-5
"""Of outputs in float32, relative to their largest magnitude (at least 1)."""
_SAMPLES = 50


class SupernetContract(Contract):
    """A space that provides a supernet; override ``subject`` to return your class."""

    kind: ClassVar[str | None] = "space"
    heading: ClassVar[str] = "Spaces and supernets"
    reads: ClassVar[str] = "monas_core.parts.supernet.Supernet"
    provides: ClassVar[frozenset[str]] = frozenset({"supernet"})

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> type[SearchSpace]:
        """The class under test."""
        return loaded(entry)

    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, subject: type[SearchSpace], stages: Stages) -> Stage:
        """``tiny()`` with a task and a supernet whose weights are all generic."""
        return generic_stage(subject, stages, cls.provides)

    def test_sliced_and_extracted_agree(self, stage: Stage) -> None:
        supernet = _supernet(stage)
        inputs = _inputs(stage, 2)
        with torch.no_grad():
            for architecture in stage.architectures(_SAMPLES):
                sliced = supernet(inputs, architecture)
                _assert_close(supernet.extract(architecture).eval()(inputs), sliced, architecture)

    def test_training_one_subnet_tells_another_nothing(self, stage: Stage) -> None:
        """Only weights are shared: no statistics, no state of a pass."""
        supernet, inputs = _supernet(stage), _inputs(stage, 4)
        smallest, largest = stage.architectures(2)
        with torch.no_grad():
            before = supernet(inputs, smallest)
            supernet.train()(inputs, largest)
            after = supernet.eval()(inputs, smallest)
        for left, right in zip(tree_leaves(before), tree_leaves(after), strict=True):
            assert torch.equal(left, right), "a pass of another subnet changed this one's outputs"

    def test_gradients_reach_the_weights(self, stage: Stage) -> None:
        supernet = _supernet(stage)
        supernet.zero_grad(set_to_none=True)
        largest = stage.architectures(2)[-1]
        outputs = tree_leaves(supernet(_inputs(stage, 2), largest))
        torch.stack([o.square().sum() for o in outputs]).sum().backward()
        touched = [p for p in supernet.parameters() if p.grad is not None and p.grad.abs().sum()]
        assert touched, "training a sliced subnet changes no weight of the supernet"
        supernet.zero_grad(set_to_none=True)

    def test_extracted_networks_stand_alone(self, stage: Stage) -> None:
        supernet = _supernet(stage)
        architecture = stage.architectures(2)[-1]
        before = {name: value.clone() for name, value in supernet.state_dict().items()}
        extracted = supernet.extract(architecture)
        with torch.no_grad():
            for weight in extracted.parameters():
                weight.fill_(7.0)
        for name, value in supernet.state_dict().items():
            assert torch.equal(value, before[name]), f"extract shares {name} with the supernet"

    def test_built_and_extracted_have_equally_many_weights(self, stage: Stage) -> None:
        space, task = stage.context.space, stage.context.require_task()
        for architecture in stage.architectures(6):
            built = sum(p.numel() for p in space.build(architecture, task).parameters())
            extracted = _supernet(stage).extract(architecture)
            assert sum(p.numel() for p in extracted.parameters()) == built


class RelaxedContract(Contract):
    """A space whose supernet also runs mixtures; override ``subject`` to return your class."""

    kind: ClassVar[str | None] = "space"
    heading: ClassVar[str] = "Spaces and supernets"
    reads: ClassVar[str] = "monas_core.parts.supernet.Supernet"
    provides: ClassVar[frozenset[str]] = frozenset({"relaxed"})

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> type[SearchSpace]:
        """The class under test."""
        return loaded(entry)

    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, subject: type[SearchSpace], stages: Stages) -> Stage:
        """As for ``SupernetContract``."""
        return generic_stage(subject, stages, cls.provides)

    def test_supernet_says_that_it_mixes(self, stage: Stage) -> None:
        assert isinstance(_supernet(stage), RelaxedSupernet)

    def test_one_hot_mixtures_agree_with_subnets(self, stage: Stage) -> None:
        supernet, choices = _supernet(stage), stage.context.space.choices
        inputs = _inputs(stage, 2)
        with torch.no_grad():
            for architecture in stage.architectures(_SAMPLES):
                sliced = supernet(inputs, architecture)
                relaxation = Relaxation.from_architectures(choices, [architecture])
                _assert_close(supernet(inputs, relaxation), sliced, architecture)

    def test_each_group_sees_its_own_architecture(self, stage: Stage) -> None:
        supernet, choices = _supernet(stage), stage.context.space.choices
        members = stage.architectures(3)
        inputs = _inputs(stage, 2 * len(members))
        with torch.no_grad():
            mixed = supernet(inputs, Relaxation.from_architectures(choices, members))
            for group, architecture in enumerate(members):
                rows = slice(2 * group, 2 * group + 2)
                alone = supernet(_rows(inputs, rows), architecture)
                _assert_close(_rows(mixed, rows), alone, architecture)

    def test_indivisible_batch_is_refused(self, stage: Stage) -> None:
        choices = stage.context.space.choices
        relaxation = Relaxation.from_architectures(choices, stage.architectures(2))
        with pytest.raises(ValueError, match=r"\d"):
            _supernet(stage)(_inputs(stage, 3), relaxation)

    def test_gradients_reach_every_option(self, stage: Stage) -> None:
        supernet, choices = _supernet(stage), stage.context.space.choices
        members = stage.architectures(6)
        one_hot = Relaxation.from_architectures(choices, members)
        weights = one_hot.weights.clone().requires_grad_()
        inputs = _inputs(stage, 2 * len(members))
        outputs = tree_leaves(supernet(inputs, Relaxation(choices, weights)))
        generator = torch.Generator().manual_seed(3)
        total = sum((o * torch.randn(o.shape, generator=generator)).sum() for o in outputs)
        assert isinstance(total, Tensor)
        (gradient,) = torch.autograd.grad(total, weights)  # (A, C, K)
        expected = option_mask(choices) & (one_hot.activity() > 0)[..., None]
        expected &= (torch.tensor(choices.sizes) > 1)[:, None]
        reached = expected & (gradient != 0)
        # an answer elsewhere may cut a choice off; then none of its options has an effect
        heard = reached.any(-1, keepdim=True)
        silent = expected & heard & ~reached
        names = [
            (choices.choices[c].name, choices.choices[c].options[k])
            for c, k in silent.any(0).nonzero().tolist()
            if _matters(supernet, inputs, one_hot, silent, (c, k))
        ]
        assert not names, f"no gradient reaches {names}"
        mute = (expected.any(-1).any(0) & ~heard.squeeze(-1).any(0)).nonzero().flatten().tolist()
        assert not mute, f"no gradient reaches {[choices.choices[c].name for c in mute]}"


def _matters(
    supernet: Supernet, inputs: Any, one_hot: Relaxation, silent: Tensor, place: tuple[int, int]
) -> bool:
    """Whether a little more of an option changes anything; one that adds nothing has no slope."""
    c, k = place
    more = one_hot.weights.clone()
    more[:, c, k] += 0.05 * silent[:, c, k]
    with torch.no_grad():
        pairs = zip(
            tree_leaves(supernet(inputs, one_hot)),
            tree_leaves(supernet(inputs, Relaxation(one_hot.choices, more))),
            strict=True,
        )
        return any(not torch.equal(before, after) for before, after in pairs)


def generic_stage(subject: type[SearchSpace], stages: Stages, provides: frozenset[str]) -> Stage:
    """``tiny()`` with a task and a supernet whose weights are all generic."""
    space = subject.tiny()
    task = nets.task_of(space, stages)
    with seeded_construction(0):
        supernet = space.supernet(task)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():  # a weight that starts at zero would hide what it multiplies
        for weight in supernet.parameters():
            weight.add_(0.1 * torch.randn(weight.shape, generator=generator))
    return Stage("tiny()", provides, Context(space, task, supernet.eval()))


def _supernet(stage: Stage) -> Supernet:
    assert stage.context.supernet is not None
    return stage.context.supernet


def _inputs(stage: Stage, size: int) -> Any:
    generator = torch.Generator().manual_seed(5)
    return stage.context.require_task().batch("train", size, generator).inputs


def _rows(tree: Any, rows: slice) -> Any:
    return tree_map(lambda leaf: leaf[rows], tree)


def _assert_close(found: Any, expected: Any, architecture: Architecture) -> None:
    for left, right in zip(tree_leaves(found), tree_leaves(expected), strict=True):
        assert left.shape == right.shape
        gap = float((left - right).abs().max() / right.abs().max().clamp_min(1.0))
        assert gap <= TOLERANCE, f"{architecture.choices}: outputs differ by {gap:.1e}"
