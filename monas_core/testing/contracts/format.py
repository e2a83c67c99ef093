"""A format: what it writes is read back without monas and answers alike."""

from __future__ import annotations

import ast
import re
import sys
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
    heading: ClassVar[str] = "Formats"
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
        assert 0 <= check["max_difference"] <= check["tolerance"] <= TOLERANCE, (
            f"its check allows {check['tolerance']:.1e} and found {check['max_difference']:.1e}; "
            f"at most {TOLERANCE:.1e} is no difference"
        )
        assert len(check["shapes"]) == len(shipped[0].probes), (
            "it was compared on fewer inputs than compare() has"
        )

    def test_it_is_a_file_or_a_folder_as_declared(
        self, subject: Format, shipped: tuple[Subject, Path, dict[str, Any]]
    ) -> None:
        found = "a file" if shipped[1].is_file() else "a folder"
        declared = "a file" if subject.suffix else "a folder"
        assert found == declared, f"suffix {subject.suffix!r} declares {declared}, it wrote {found}"

    def test_the_loader_stands_alone(self, subject: Format) -> None:
        text = bundle((subject.loader,), "loader")
        assert "def load(" in text, f"{subject.loader} has no function load(path)"
        used = _imported(text) - {
            *sys.stdlib_module_names,
            "numpy",
            *map(_module, subject.packages),
        }
        assert not used, (
            f"the loader imports {', '.join(sorted(used))}, which packages= does not name: whoever "
            "is given the files does not know what to install"
        )

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
                assert tuple(found.shape) == tuple(wanted.shape), (
                    f"loaded, it answers {tuple(found.shape)} in place of {tuple(wanted.shape)}"
                )
                gap = float((wanted - torch.from_numpy(found)).abs().max() / scale)
                assert gap <= TOLERANCE, (
                    f"loaded, it answers otherwise than the network by {gap:.1e}"
                )

    def test_the_network_stays_as_it_was(
        self, subject: Format, stages: Stages, tmp_path: Path
    ) -> None:
        for stage in stages.all():
            item = _network(stage)
            before = {name: value.clone() for name, value in item.network.state_dict().items()}
            modes = [module.training for module in item.network.modules()]
            try:
                export(item, Chosen("tested", subject), tmp_path / f"network{subject.suffix}")
            except UsageError:
                continue
            after = item.network.state_dict()
            changed = [
                name for name, value in before.items() if not torch.equal(value, after[name])
            ]
            assert not changed, f"writing it changes {changed[0]} of the network"
            assert [module.training for module in item.network.modules()] == modes, (
                "writing it switches the training mode of the network"
            )
            return

    def test_another_network_under_the_name_is_an_error(
        self, subject: Format, shipped: tuple[Subject, Path, dict[str, Any]]
    ) -> None:
        item, out, _ = shipped
        with pytest.raises(UsageError, match="already exists"):
            export(item, Chosen("tested", subject), out)


def _imported(text: str) -> set[str]:
    """Top-level packages that a text imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found


def _module(requirement: str) -> str:
    """The package that a requirement installs, as it is imported."""
    name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0].replace("-", "_").lower()
    return {"pillow": "PIL", "scikit_learn": "sklearn", "llama_cpp_python": "llama_cpp"}.get(
        name, name
    )


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
