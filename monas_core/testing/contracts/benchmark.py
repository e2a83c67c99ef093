"""A problem on published measurements: what it promises is there, what is not is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch

from monas_core.catalog.specs import Entry
from monas_core.errors import Unavailable, UsageError
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective, sign
from monas_core.problem.benchmark import Benchmark
from monas_core.testing.contracts.base import Contract, check_value
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.front import Points
from monas_core.values.value import Split, Value

FOLDER = "MONAS_DATA"
"""Variable of the environment that names the folder of published tables."""
REFERENCES = 10
ROUNDING = 1e-6
"""Relative: files hold single precision."""


class BenchmarkContract(Contract):
    """A benchmark; override ``subject`` to return yours, read from its files."""

    kind: ClassVar[str | None] = "benchmark"
    heading: ClassVar[str] = "Benchmarks"
    reads: ClassVar[str] = "monas_core.problem.benchmark.Benchmark"

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> Benchmark:
        """The benchmark under test."""
        folder = os.environ.get(FOLDER)
        if not folder:
            pytest.skip(f"{FOLDER} does not name the folder of published tables")
        try:
            return entry.create(data=Path(folder))
        except UsageError as reason:
            pytest.skip(f"cannot be read from {folder}: {reason}")

    @pytest.fixture(scope="class")
    @classmethod
    def known(cls, subject: Benchmark) -> list[Architecture]:
        """Some architectures that the files have values of."""
        rows = _drawn(subject)
        found = population.decode(subject.space.choices, rows[subject.space.available(rows)][:64])
        assert found, "the files have nothing of what is drawn"
        return found

    def test_entry_and_class_agree(self, entry: Entry | None, subject: Benchmark) -> None:
        assert entry is None or entry.name == subject.name, (
            f'the Spec is named "{entry.name if entry else ""}", its class "{subject.name}"'
        )

    def test_default_devices_exist_and_differ(self, subject: Benchmark) -> None:
        odd = [name for name, device in subject.devices.items() if device.name != name]
        assert not odd, f'devices["{odd[0]}"] has another name'
        assert subject.search_devices, "no device is searched for"
        chosen = [*subject.search_devices, *subject.held_out]
        assert len(set(chosen)) == len(chosen), "a device is searched for and held out"
        unknown = sorted(set(chosen) - set(subject.devices))
        assert not unknown, f'no device "{unknown[0]}" is among its devices'

    def test_objectives_are_ordered_and_told_apart(self, subject: Benchmark) -> None:
        queried = [objective.query for objective in subject.objectives]
        assert queried == sorted(queried, reverse=True), "queried objectives come first"
        assert any(queried), "no objective is queried: nothing counts against a budget"
        assert len({objective.short for objective in subject.objectives}) == len(queried), (
            "two objectives have one short name"
        )

    def test_default_devices_give_every_cost(self, subject: Benchmark) -> None:
        wanted = {o.device_metric for o in subject.objectives} - {None}
        for device in _default(subject):
            assert wanted <= device.metrics, f"{device.name} lacks {wanted - device.metrics}"

    def test_references_are_there(self, subject: Benchmark) -> None:
        found = subject.space.references()
        assert len(set(found)) == len(found) == REFERENCES, (
            f"references() must be {REFERENCES} different architectures"
        )
        assert subject.space.references() == found, "references() answers otherwise at every call"
        rows = population.encode(subject.space.choices, found)
        assert bool(subject.space.available(rows).all()), "the files lack a reference"

    def test_values_are_there_on_both_splits(
        self, subject: Benchmark, known: list[Architecture]
    ) -> None:
        for objective in subject.objectives:
            for device in _places(subject, objective):
                splits: tuple[Split, ...] = ("search", "final")
                for split in splits:
                    found = _ask(subject, objective, known, device, split)
                    assert len(found) == len(known), "one value for each architecture"
                    for value in found:
                        check_value(value, objective.unit)

    def test_company_does_not_matter(self, subject: Benchmark, known: list[Architecture]) -> None:
        for objective in subject.objectives:
            device = _places(subject, objective)[0]
            together = _ask(subject, objective, known[::-1], device)[::-1]
            alone = [v for a in known[:3] for v in _ask(subject, objective, [a], device)]
            assert [v.value for v in alone] == [v.value for v in together[:3]], (
                f"{objective.short}: a value must not depend on what else is asked for"
            )

    def test_missing_rows_are_unavailable(self, subject: Benchmark) -> None:
        rows = _drawn(subject)
        absent = population.decode(subject.space.choices, rows[~subject.space.available(rows)][:3])
        if not absent:
            pytest.skip("every architecture has values")
        for architecture in absent:
            told = _refusal(subject, architecture)
            assert told, (
                f"available() says there is no row for {architecture.key}, yet every value is "
                "given: raise Unavailable where a table has none, and make up nothing"
            )
            assert architecture.key in told, f"{told!r} does not name the architecture"

    def test_scale_is_finite_and_fixed(self, subject: Benchmark) -> None:
        for device in _default(subject):
            scale = subject.scale(device)
            assert len(scale.low) == len(scale.high) == len(subject.objectives), (
                "scale() has one low and one high for each objective"
            )
            assert np.isfinite([scale.low, scale.high]).all(), "scale() holds nan or inf"
            assert (scale.low < scale.high).all(), "scale() has an objective without width"
            assert scale.reference == 1.0, "scale() of a benchmark ends at its worst: reference=1.0"
            again = subject.scale(device)
            same = (again.low == scale.low).all() and (again.high == scale.high).all()
            assert same, "scale() answers otherwise the second time: hypervolumes would not compare"

    def test_scale_fits_what_is_there(self, subject: Benchmark, known: list[Architecture]) -> None:
        for device in _default(subject):
            volume = subject.scale(device).hypervolume(_points(subject, known, device))
            assert 0.0 < volume <= 1.0, (
                f"on {device.name} the hypervolume of what is there is {volume:.3g} of the scale"
            )

    def test_front_is_known_or_can_be_searched(self, subject: Benchmark) -> None:
        fronts = [subject.true_front(device) is not None for device in _default(subject)]
        assert all(fronts) or subject.reference_search, "nothing to compare with"

    def test_true_front_is_the_best_there_is(
        self, subject: Benchmark, known: list[Architecture]
    ) -> None:
        for device in _default(subject):
            front = subject.true_front(device)
            if front is None:
                pytest.skip("its front cannot be enumerated")
            assert np.isfinite(front).all(), "the front holds nan or inf"
            assert front.shape == (len(front), len(subject.objectives)), (
                f"the front has the shape {front.shape}, not (n, {len(subject.objectives)})"
            )
            scale = subject.scale(device)
            inside = scale.apply(front)
            inside = inside[(inside < scale.reference).all(axis=1)]
            assert len(inside), "the whole front is beyond the scale"
            assert (inside >= -ROUNDING).all(), "the front leaves the scale"
            slack = ROUNDING * np.abs(front)
            for point in _points(subject, known, device):
                assert (front - slack <= point).all(axis=1).any(), f"better than the front: {point}"

    def test_facts_are_plain(self, subject: Benchmark) -> None:
        facts = dict(subject.facts())
        try:
            json.dumps(facts, allow_nan=False)
        except (TypeError, ValueError) as error:
            pytest.fail(f"facts() must be plain values that JSON has words for: {error}")
        assert facts, "facts() says nothing"


def _drawn(benchmark: Benchmark) -> torch.Tensor:
    """A few hundred rows, there or not."""
    generator = torch.Generator().manual_seed(0)
    return population.sample_distinct(benchmark.space.choices, 400, generator)


def _default(benchmark: Benchmark) -> list[Device]:
    return [benchmark.devices[n] for n in (*benchmark.search_devices, *benchmark.held_out)]


def _places(benchmark: Benchmark, objective: Objective) -> Sequence[Device | None]:
    return [None] if objective.device_metric is None else _default(benchmark)


def _ask(
    benchmark: Benchmark,
    objective: Objective,
    architectures: list[Architecture],
    device: Device | None,
    split: Split = "search",
) -> list[Value]:
    return objective.evaluate(architectures, device, Context(benchmark.space), split)


def _refusal(benchmark: Benchmark, architecture: Architecture) -> str:
    """How it says that there are no values; empty where it gives some."""
    try:
        for objective in benchmark.objectives:
            for device in _places(benchmark, objective):
                _ask(benchmark, objective, [architecture], device)
    except Unavailable as told:
        return str(told)
    return ""


def _points(benchmark: Benchmark, architectures: list[Architecture], device: Device) -> Points:
    """Minimised final values, ``(n, M)``."""
    columns = [
        [
            sign(o) * value.value
            for value in _ask(
                benchmark, o, architectures, None if o.device_metric is None else device, "final"
            )
        ]
        for o in benchmark.objectives
    ]
    return np.array(columns).T
