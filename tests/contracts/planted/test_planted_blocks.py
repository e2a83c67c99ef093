"""Faults planted one at a time in otherwise honest blocks; each is caught, with its message."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from torch import Tensor

from monas_core.catalog.discovery import Discovery
from monas_core.catalog.lookup import Catalog
from monas_core.parts.task import Task
from monas_core.testing import contracts
from monas_core.testing.contracts import networks as nets
from monas_core.testing.fakes import ToySpace, ToySupernet
from monas_core.testing.stages import Stage, Stages
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet

STAGES = Stages(Catalog(Discovery((), ())))


class OtherForward(ToySupernet):
    """The forward pass is not made of the blocks."""

    def _sliced(self, inputs: Tensor, architecture: Architecture) -> Tensor:
        return super()._sliced(inputs, architecture) + 1e-2


class OtherInTraining(ToySupernet):
    def run_head(self, features: Tensor, architecture: Architecture) -> Tensor:
        found = super().run_head(features, architecture)
        return found if self.blocks_only or not self.training else 2 * found

    blocks_only = False

    def _sliced(self, inputs: Tensor, architecture: Architecture) -> Tensor:
        self.blocks_only = True
        try:
            return super()._sliced(inputs, architecture)
        finally:
            self.blocks_only = False


class Peers(ToySupernet):
    """A block is scaled by the width of another."""

    def run_block(self, name: str, inputs: Tensor, architecture: Architecture) -> Tensor:
        found = super().run_block(name, inputs, architecture)
        other = 2 if name == "layer 1" else 1
        known = architecture.choices.get(f"width_{other}")
        return found * (1.0 + 0.1 * int(known or 0))


class Together(ToySupernet):
    """Every block reads the bias of the first."""

    def run_block(self, name: str, inputs: Tensor, architecture: Architecture) -> Tensor:
        found = super().run_block(name, inputs, architecture)
        return (
            found + 0.0 * self.whole.hidden[0].bias.sum() + 1e-9 * self.whole.hidden[0].bias.sum()
        )


class NoTaps(ToySpace):
    def taps(self, architecture: Architecture) -> tuple[str, ...]:
        return super().taps(architecture)[:1]


class OtherTaps(ToySpace):
    """Taps in the wrong order."""

    def taps(self, architecture: Architecture) -> tuple[str, ...]:
        return super().taps(architecture)[::-1]


def grouped(groups: dict[str, str | None]) -> type[ToySpace]:
    """The toy space whose choices belong to other groups."""

    def tiny(cls: type[ToySpace]) -> ToySpace:
        space = cls()
        known = ToySpace.tiny().choices
        choices = [attrs.evolve(c, group=groups.get(c.name, c.group)) for c in known.choices]
        space.choices = ChoiceSet(known.space, known.version, choices)
        return space

    return type("Grouped", (ToySpace,), {"tiny": classmethod(tiny)})


FORWARD = "test_blocks_and_head_are_the_forward_pass"
FAULTS: list[tuple[Any, Any, str, str]] = [
    (OtherForward, ToySpace, FORWARD, "blocks and head are not the forward pass in "),
    (OtherInTraining, ToySpace, FORWARD, "forward pass in training"),
    (Peers, ToySpace, "test_a_block_depends_on_its_own_and_on_shared_choices", "of other blocks"),
    (Together, ToySpace, "test_a_block_has_weights_of_its_own", "share the weight whole.layers.0"),
    (ToySupernet, NoTaps, "test_a_tap_is_where_a_block_ends", "one tap for each block"),
    (ToySupernet, OtherTaps, "test_a_tap_is_where_a_block_ends", "its tap among"),
    (
        ToySupernet, grouped({"width_2": "layer 1"}),
        "test_every_block_has_choices_and_none_belongs_to_two", "block layer 2 has no choices",
    ),
]  # fmt: skip


def stage_of(supernet: type[ToySupernet], space: type[ToySpace]) -> Stage:
    def make(self: ToySpace, task: Task) -> ToySupernet:
        return supernet(self.choices, task.n_outputs)

    return nets.prepared(type("Space", (space,), {"supernet": make}).tiny(), STAGES)


@pytest.mark.parametrize(
    ("supernet", "space", "test", "told"), FAULTS, ids=[f"{n}-{f[2]}" for n, f in enumerate(FAULTS)]
)
def test_faults_of_blocks(supernet: Any, space: Any, test: str, told: str) -> None:
    contract = contracts.BlockwiseContract()
    getattr(contract, test)(stage_of(ToySupernet, ToySpace))
    with pytest.raises(AssertionError, match=told):
        getattr(contract, test)(stage_of(supernet, space))


def test_blocks_that_are_declared_and_not_there() -> None:
    class Plain(ToySupernet):
        pass

    stage = stage_of(Plain, ToySpace)
    stage.context.supernet = stage.context.space.build(
        stage.architectures(1)[0], stage.context.task
    )  # pyright: ignore
    with pytest.raises(AssertionError, match='declares "blocks", but its supernet is no Blockwise'):
        contracts.BlockwiseContract().test_blocks_and_head_are_the_forward_pass(stage)
