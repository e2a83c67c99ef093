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
                    _assert_close(outputs, supernet(inputs, architecture))
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
                    assert mine.shape == theirs.shape, taps

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
                    _assert_close(blocks.run_block(name, start, other), alone)
        supernet.eval()

    def test_every_block_has_choices_and_none_belongs_to_two(self, stage: Stage) -> None:
        _, blocks = _parts(stage)
        owned = [i for name in blocks.blocks for i in stage.context.space.choices.block(name)]
        assert len(owned) == len(set(owned))
        assert all(stage.context.space.choices.block(name) for name in blocks.blocks)


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


def _assert_close(found: Tensor, expected: Tensor) -> None:
    scale = max(1.0, float(expected.abs().max()))
    assert found.shape == expected.shape
    assert float((found - expected).abs().max()) <= TOLERANCE * scale
