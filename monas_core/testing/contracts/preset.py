"""A space at the sizes that runs use, not only at the one made for contracts."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from typing import Any, ClassVar

import pytest
import torch

from monas_core.catalog.specs import TAKES_ARGUMENT, Entry
from monas_core.parts.space import SearchSpace
from monas_core.parts.supernet import Supernet
from monas_core.testing.contracts import networks as nets
from monas_core.testing.contracts.base import Contract, loaded
from monas_core.testing.contracts.networks import presets_of
from monas_core.testing.stages import Stage, Stages
from monas_core.tracing.workload import trace

MOST_WEIGHTS = 60e6
MOST_FLOPS = 4e9
"""Of the largest network on one sample; a preset beyond either is compared by shapes alone."""


class PresetContract(Contract):
    """A class of search spaces; override ``subject`` to return yours."""

    kind: ClassVar[str | None] = "space"
    heading: ClassVar[str] = "Spaces and supernets"
    reads: ClassVar[str] = "monas_core.parts.space.SearchSpace"

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> type[SearchSpace]:
        """The class under test."""
        return loaded(entry)

    def test_what_it_has_is_declared(
        self, entry: Entry | None, subject: type[SearchSpace], stages: Stages
    ) -> None:
        if entry is None or "supernet" in entry.spec.provides:
            return
        space = subject.tiny()
        try:
            found: Any = space.supernet(nets.task_of(space, stages))
        except Exception:  # noqa: BLE001 - refusing is what a space without one does
            return
        assert not isinstance(found, Supernet), (
            f'supernet() works, but the Spec of "{entry.name}" does not say so: no run trains it '
            "and "
            'no contract of supernets is checked; add provides={"supernet"}'
        )

    def test_references_are_the_same_in_every_run(
        self, entry: Entry | None, subject: type[SearchSpace]
    ) -> None:
        smallest = presets_of(subject, entry)[0]
        for space in (subject.tiny(), smallest):
            found = []
            for seed in (1, 2):
                torch.manual_seed(seed)
                random.seed(seed)
                found.append([a.key for a in space.references()])
            assert found[0] == found[1], (
                "references() answers otherwise at every call: devices are described by them, so "
                "profiles of two runs could not be compared. Draw them from a fixed seed"
            )
            assert len(set(found[0])) == len(found[0]), "references() repeats an architecture"
            assert len(found[0]) >= min(2, space.choices.cardinality()), "one reference is too few"
        assert [a.key for a in presets_of(subject, entry)[0].references()] == found[0], (
            "references() of two instances differ"
        )
        if entry is not None and _importable(entry):
            assert _elsewhere(entry) == found[0], (
                "references() of another process differ: they depend on the order of a set or hash"
            )

    def test_every_preset_has_its_own_supernet(
        self, entry: Entry | None, subject: type[SearchSpace], stages: Stages
    ) -> None:
        if entry is not None and "supernet" not in entry.spec.provides:
            return
        for space in presets_of(subject, entry):
            if _is_small(space, stages):
                _compare(nets.prepared(space, stages), space.preset)
            else:
                _compare_shapes(space, stages, space.preset)


def _is_small(space: SearchSpace, stages: Stages) -> bool:
    task = nets.task_of(space, stages)
    largest = _ends(space)[1]
    with torch.device("meta"):
        network = space.build(largest, task)
    work = trace(network, task.example(1))
    return work.parameters <= MOST_WEIGHTS and work.total_flops <= MOST_FLOPS


def _ends(space: SearchSpace) -> Any:
    from monas_core.values import population

    return population.decode(space.choices, population.corners(space.choices))


def _compare(stage: Stage, preset: str) -> None:
    """Sliced, extracted and built agree on both ends and one between; mixed on the last, too.

    ``tiny()`` is compared on many more; here a preset's own sizes are at stake.
    """
    supernet, inputs = nets.supernet_of(stage), nets.inputs_of(stage, 2)
    space, task = stage.context.space, stage.context.require_task()
    mixtures = nets.takes_mixtures(stage)
    chosen = stage.architectures(3)
    for architecture in chosen:
        with torch.no_grad():
            sliced, extracted = (
                supernet(inputs, architecture),
                supernet.extract(architecture).eval(),
            )
            found = {"extracted": extracted(inputs)}
            if mixtures and architecture == chosen[-1]:
                found["mixed"] = supernet(inputs, nets.one_hot(stage, [architecture]))
        for name, outputs in found.items():
            gap = nets.gap(outputs, sliced)
            assert gap <= nets.TOLERANCE, (
                f'preset "{preset}": {name} and sliced differ by {gap:.1e} for {architecture.key}, '
                "though tiny() may be right: runs use presets"
            )
        built = sum(p.numel() for p in space.build(architecture, task).parameters())
        inherited = sum(p.numel() for p in extracted.parameters())
        assert built == inherited, (
            f'preset "{preset}": build() makes {built} weights, extract() {inherited}, for '
            f"{architecture.key}: the supernet is not of this preset"
        )


def _compare_shapes(space: SearchSpace, stages: Stages, preset: str) -> None:
    """As above on meta tensors, which have shapes and no numbers."""
    task, ends = nets.task_of(space, stages), _ends(space)
    try:
        with torch.device("meta"):
            supernet = space.supernet(task)
            inherited = [_weights(supernet.extract(architecture)) for architecture in ends]
            built = [_weights(space.build(architecture, task)) for architecture in ends]
    except NotImplementedError:  # an operation without a meta form
        return
    except RuntimeError as error:
        if "meta" not in str(error):
            raise
        return
    for architecture, own, other in zip(ends, built, inherited, strict=True):
        assert own == other, (
            f'preset "{preset}": build() makes {own} weights, extract() {other}, for '
            f"{architecture.key}: the supernet is not of this preset"
        )


def _weights(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _importable(entry: Entry) -> bool:
    module = sys.modules.get(entry.spec.factory.partition(":")[0])
    return module is not None and bool(getattr(module, "__file__", None))


def _elsewhere(entry: Entry) -> list[str]:
    """Keys of the references in a fresh process with another order of hashes."""
    module, _, name = entry.spec.factory.partition(":")
    takes_argument = TAKES_ARGUMENT in entry.spec.provides
    script = (
        f"import json, {module} as m; kind = m.{name}; "
        f"space = {'kind.tiny()' if takes_argument else 'kind(preset=kind.presets[0])'}; "
        "print(json.dumps([a.key for a in space.references()]))"
    )
    folders = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "4321", "PYTHONPATH": folders},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, f"cannot be made in a fresh process: {done.stderr[-300:]}"
    return json.loads(done.stdout.splitlines()[-1])
