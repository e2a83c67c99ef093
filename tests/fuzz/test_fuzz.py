"""Parsers of what strangers hand us: random inputs for a bounded time, and what was found once."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HERE = Path(__file__).parent


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


KIT, MUTATE = _module("targets"), _module("mutate")
NAMES = (
    "config YAML", "override", "options", "architecture", "front", "archive line", "event",
    "result", "given.json", "data.json", "usage.json", "checkpoint JSON", "safetensors", "manifest",
    "mark", "device profile", "datasheet", "profile", "timings", "table of costs", "wish", "limit",
    "budget", "quantity",
)  # fmt: skip
QUICK, LONG = 60, 4000


@pytest.fixture(scope="module")
def parsers() -> Iterator[dict[str, Any]]:
    with KIT.scratch() as folder:
        yield KIT.targets(Path(folder))


def test_every_parser_has_its_row(parsers: dict[str, Any]) -> None:
    assert tuple(parsers) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_what_it_accepts_is_accepted(parsers: dict[str, Any], name: str) -> None:
    assert any(parsers[name](seed) for seed in parsers[name].seeds)


@pytest.mark.parametrize("count", [QUICK, pytest.param(LONG, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_a_sentence(parsers: dict[str, Any], name: str, count: int) -> None:
    target, generator = parsers[name], random.Random(name)
    for _ in range(count):
        data = MUTATE.mutated(generator.choice(target.seeds), generator)
        try:
            target(data)
        except Exception as error:
            raise AssertionError(f"{name}: {data!r}") from error


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)  # fmt: skip
DOCUMENTS = ("architecture", "front", "event", "result", "checkpoint JSON", "profile", "datasheet")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_any_document(parsers: dict[str, Any], name: str) -> None:
    """Documents that have nothing in common with what is expected, and mixtures with it."""
    import json

    target = parsers[name]
    base = next(json.loads(seed) for seed in target.seeds)

    @settings(max_examples=25, suppress_health_check=list(HealthCheck), database=None)
    @given(PLAIN, st.sampled_from(sorted(base)) if isinstance(base, dict) else st.just(""))
    def parse(value: Any, key: str) -> None:
        target(json.dumps(value).encode())
        if isinstance(base, dict):
            target(json.dumps({**base, key: value}).encode())

    parse()


@pytest.mark.parametrize("file", sorted((HERE / "corpus").glob("*.*")), ids=lambda path: path.name)
def test_what_was_found_once(parsers: dict[str, Any], file: Path) -> None:
    name = file.name.rpartition(".")[0].replace("_", " ")
    parsers[name](file.read_bytes())
