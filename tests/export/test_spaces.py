"""Networks of every installed space can be shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import TAKES_ARGUMENT
from monas_core.export import formats
from monas_core.export.subject import subject
from monas_core.record.config import RunConfig
from monas_core.running.resolving import resolve
from monas_core.running.session import Session
from monas_core.values import population

CATALOG = Catalog.installed()
SPACES = [
    e.name
    for e in CATALOG.entries("space")
    if "supernet" in e.spec.provides and TAKES_ARGUMENT not in e.spec.provides
]


def session(space: str) -> Session:
    """Untrained; what is exported is as good as what is trained."""
    config = RunConfig(
        space=space,
        objectives=("acc",),
        devices=("raspberry-pi-4",),
        held_out=(),
        optimizer="random",
    )
    return Session(resolve(config, CATALOG, training=False))


@pytest.mark.parametrize("space", SPACES)
def test_plain_source_of_the_largest_network(space: str, tmp_path: Path) -> None:
    made = session(space)
    choices = made.plan.space.choices
    largest = population.decode(choices, population.corners(choices))[-1]
    given = subject(made, largest, made.context.network(largest))
    report = formats.export(given, formats.find(CATALOG, "safetensors"), tmp_path / "model")
    assert report["check"]["max_difference"] <= 1e-4
    assert report["dynamic"]["batch"] == [1, None]
    text = (tmp_path / "model" / "model.py").read_text()
    assert "import monas" not in text
    assert "from monas" not in text


@pytest.mark.slow
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("form", ["pt2", "onnx"])
def test_programs_of_both_ends(space: str, form: str, tmp_path: Path) -> None:
    made = session(space)
    choices = made.plan.space.choices
    for architecture in population.decode(choices, population.corners(choices)):
        given = subject(made, architecture, made.context.network(architecture))
        report = formats.export(given, formats.find(CATALOG, form), tmp_path / architecture.key)
        assert report["check"]["max_difference"] <= 1e-4
