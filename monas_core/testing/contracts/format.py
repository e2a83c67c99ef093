"""A format: what it writes is read back without monas and answers alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch.utils._pytree import tree_leaves, tree_map

from monas_core.catalog.specs import Entry
from monas_core.errors import UsageError
from monas_core.export.bundle import bundle
from monas_core.export.check import TOLERANCE
from monas_core.export.format import Format
from monas_core.export.formats import Chosen, export
from monas_core.export.subject import Subject, prepared
from monas_core.seeding import seeded_construction
from monas_core.testing.contracts.base import Contract
from monas_core.testing.stages import Stage, Stages


class FormatContract(Contract):
    """A format; override ``subject`` to return yours, ``space`` where it ships but some."""

    kind: ClassVar[str | None] = "format"
    reads: ClassVar[str] = "monas_core.export.format.Format"

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> Format:
        """The format under test."""
        try:
            entry.load()
        except UsageError as missing:
            pytest.skip(str(missing))
        return entry.create()

    @pytest.fixture(scope="class")
    @classmethod
    def shipped(
        cls, subject: Format, stages: Stages, tmp_path_factory: pytest.TempPathFactory
    ) -> tuple[Subject, Path, dict[str, Any]]:
        """A network of the first installed space that has this form, written."""
        refusals: list[str] = []
        for stage in stages.all():
            item = _network(stage)
            out = tmp_path_factory.mktemp("format") / f"network{subject.suffix}"
            try:
                return item, out, export(item, Chosen("tested", subject), out)
            except UsageError as refusal:
                refusals.append(f"{stage.label}: {refusal}")
        pytest.fail(f"no installed space has networks of this form: {refusals}")

    def test_what_is_written_was_compared(
        self, shipped: tuple[Subject, Path, dict[str, Any]]
    ) -> None:
        check = shipped[2]["check"]
        assert 0 <= check["max_difference"] <= check["tolerance"] <= TOLERANCE
        assert len(check["shapes"]) == len(shipped[0].probes)

    def test_it_is_a_file_or_a_folder_as_declared(
        self, subject: Format, shipped: tuple[Subject, Path, dict[str, Any]]
    ) -> None:
        assert shipped[1].is_file() if subject.suffix else shipped[1].is_dir()

    def test_the_loader_stands_alone(self, subject: Format) -> None:
        assert "def load(" in bundle((subject.loader,), "loader")

    def test_loaded_it_answers_as_the_network(
        self, subject: Format, shipped: tuple[Subject, Path, dict[str, Any]]
    ) -> None:
        item, out, _ = shipped
        scope: dict[str, Any] = {"__name__": "loading"}
        exec(bundle((subject.loader,), "loader"), scope)  # noqa: S102 - as a stranger would
        model = scope["load"](out)
        for probe in item.probes:
            got = tree_leaves(model(tree_map(lambda x: x.numpy(), probe)))
            for wanted, found in zip(item.outputs(probe), got, strict=True):
                assert isinstance(found, np.ndarray), "the loader's network must give arrays"
                scale = wanted.abs().max().clamp(min=1)
                assert (wanted - torch.from_numpy(found)).abs().max() <= TOLERANCE * scale

    def test_another_network_under_the_name_is_an_error(
        self, subject: Format, shipped: tuple[Subject, Path, dict[str, Any]]
    ) -> None:
        item, out, _ = shipped
        with pytest.raises(UsageError, match="already exists"):
            export(item, Chosen("tested", subject), out)


def _network(stage: Stage) -> Subject:
    """The stage's smallest network, with the weights it happens to start with."""
    context = stage.context
    architecture = stage.architectures(1)[0]
    with seeded_construction(0):
        network = context.space.build(architecture, context.require_task())
    return prepared(
        context.space, context.require_task(), architecture, network,
        seed=0, capabilities=stage.provides,
    )  # fmt: skip
