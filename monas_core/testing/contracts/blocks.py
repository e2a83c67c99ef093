"""A supernet with blocks: they make up the network, and each depends on its own choices alone."""

from __future__ import annotations

from typing import Any, ClassVar, cast

import pytest
import torch
from torch import Tensor

from monas_core.catalog.specs import Entry
from monas_core.parts.blockwise import Blockwise
from monas_core.parts.space import SearchSpace, taps_of
from monas_core.parts.supernet import Supernet
from monas_core.parts.teacher import tapped
from monas_core.testing.contracts.base import Contract, loaded
from monas_core.testing.contracts.supernet import TOLERANCE, generic_stage
from monas_core.testing.stages import Stage, Stages
from monas_core.values.architecture import Architecture

_SAMPLES = 12


class BlockwiseContract(Contract):
    """A space whose supernet has blocks; override ``subject`` to return your class."""

    kind: ClassVar[str | None] = "space"
    heading: ClassVar[str] = "Blocks"
    provides: ClassVar[frozenset[str]] = frozenset({"blocks"})
    reads: ClassVar[str] = "monas_core.parts.blockwise.Blockwise"

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

    def test_blocks_and_head_are_the_forward_pass(self, stage: Stage) -> None:
        supernet, blocks = _parts(stage)
        inputs = _inputs(stage)
        for training in (False, True):
            supernet.train(training)
            with torch.no_grad():
                for architecture in stage.architectures(_SAMPLES):
                    features = _features(blocks, inputs, architecture)
                    outputs = blocks.run_head(features[-1], architecture)
                    mode = "training" if training else "evaluation"
                    fault = f"blocks and head are not the forward pass in {mode}"
                    _assert_close(outputs, supernet(inputs, architecture), fault)
        supernet.eval()

    def test_a_tap_is_where_a_block_ends(self, stage: Stage) -> None:
        supernet, blocks = _parts(stage)
        inputs = _inputs(stage)
        with torch.no_grad():
            for architecture in stage.architectures(_SAMPLES):
                taps = taps_of(stage.context.space, architecture)
                assert len(taps) == len(blocks.blocks), "there must be one tap for each block"
                network = supernet.extract(architecture).eval()
                _, found = tapped(network, taps, inputs)
                features = _features(blocks, inputs, architecture)
                for mine, theirs in zip(features, found, strict=True):
                    assert mine.shape == theirs.shape, (
                        f"a block gives {tuple(mine.shape)}, its tap among {', '.join(taps)} "
                        f"{tuple(theirs.shape)}"
                    )

    def test_a_block_depends_on_its_own_and_on_shared_choices(self, stage: Stage) -> None:
        """It takes features of the largest network and gives the same whatever the others are.

        In training, when norms take the statistics of the batch and not of a whole subnet.
        """
        supernet, blocks = _parts(stage)
        supernet.train()
        space = stage.context.space
        inputs, (_, largest) = _inputs(stage), stage.architectures(2)
        with torch.no_grad():
            given = [inputs, *_features(blocks, inputs, largest)[:-1]]
            for architecture in stage.architectures(_SAMPLES):
                for name, start in zip(blocks.blocks, given, strict=True):
                    own = set(space.choices.block(name))
                    others = {i for b in blocks.blocks for i in space.choices.block(b)} - own
                    known = space.choices.to_indices(architecture)
                    wide = space.choices.to_indices(largest)
                    mixed = [wide[i] if i in others else k for i, k in enumerate(known)]
                    other = space.choices.from_indices(mixed)
                    alone = blocks.run_block(name, start, architecture)
                    fault = f"block {name} depends on choices of other blocks"
                    _assert_close(blocks.run_block(name, start, other), alone, fault)
        supernet.eval()

    def test_every_block_has_choices_and_none_belongs_to_two(self, stage: Stage) -> None:
        _, blocks = _parts(stage)
        owned = [i for name in blocks.blocks for i in stage.context.space.choices.block(name)]
        assert len(owned) == len(set(owned)), "a choice belongs to two blocks"
        for name in blocks.blocks:
            assert stage.context.space.choices.block(name), (
                f"block {name} has no choices: Choice(group=...) says to which one each belongs"
            )

    def test_a_block_has_weights_of_its_own(self, stage: Stage) -> None:
        """Training one leaves what the others give as it was."""
        supernet, blocks = _parts(stage)
        inputs, (_, largest) = _inputs(stage), stage.architectures(2)
        given = [inputs, *(f.detach() for f in _features(blocks, inputs, largest)[:-1])]
        owners: dict[str, str] = {}
        for name, start in zip(blocks.blocks, given, strict=True):
            supernet.zero_grad(set_to_none=True)
            blocks.run_block(name, start, largest).sum().backward()
            for weight, value in supernet.named_parameters():
                if value.grad is not None and bool(value.grad.abs().sum() > 0):
                    other = owners.setdefault(weight, name)
                    assert other == name, f"blocks {other} and {name} share the weight {weight}"
        supernet.zero_grad(set_to_none=True)


def _parts(stage: Stage) -> tuple[Supernet, Blockwise]:
    supernet = stage.context.require_supernet()
    assert isinstance(supernet, Blockwise), 'declares "blocks", but its supernet is no Blockwise'
    return supernet.eval(), cast("Blockwise", supernet)


def _features(blocks: Blockwise, inputs: Any, architecture: Architecture) -> list[Tensor]:
    found: list[Tensor] = []
    for name in blocks.blocks:
        found.append(blocks.run_block(name, found[-1] if found else inputs, architecture))
    return found


def _inputs(stage: Stage) -> Any:
    return stage.context.require_task().batch("train", 4, torch.Generator().manual_seed(0)).inputs


def _assert_close(found: Tensor, expected: Tensor, fault: str) -> None:
    scale = max(1.0, float(expected.abs().max()))
    assert found.shape == expected.shape, f"{fault}: {found.shape} against {expected.shape}"
    gap = float((found - expected).abs().max()) / scale
    assert gap <= TOLERANCE, f"{fault}: they differ by {gap:.1e}"
