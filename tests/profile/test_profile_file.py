"""Profiles on disk: what is written comes back, what cannot be is one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from monas_core.errors import Unavailable, UsageError
from monas_core.parts.context import Context
from monas_core.profiling.device import Profiled
from monas_core.profiling.profile import Profile, from_json
from monas_core.profiling.reference_set import ReferenceSet
from monas_core.run import Run
from monas_core.testing.fakes import ToySpace, ToyTask
from monas_core.values.population import decode, sample_distinct


def test_a_profile_survives_its_file(profile: Profile, board: Path) -> None:
    assert Profile.read(board) == profile
    assert json.loads(board.read_text())["metrics"]["latency_ms"]["unit"] == "ms"


def changed(profile: Profile, path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = json.loads(json.dumps(profile.to_json()))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("metrics", "latency_ms", "median", 2), -1.0, r"network 3 is -1\.0; a cost must be"),
        (("metrics", "latency_ms", "median", 0), 0, "network 1 is 0; a cost must be"),
        (("metrics", "latency_ms", "median", 1), float("nan"), "network 2 is nan"),
        (("metrics", "latency_ms", "median", 1), "1", "network 2 is '1'"),
        (("metrics", "latency_ms", "median"), [1.0], "median must list 10 numbers"),
        (("metrics", "latency_ms", "spread", 4), -0.1, "spread of reference network 5"),
        (("metrics", "latency_ms", "unit"), "s", "must be given in ms, got 's'; convert"),
        (("metrics", "latency_ms", "origin"), "guessed", "origin must be one of measured"),
        (("metrics", "latency_ms"), 5, "must have unit, origin, median, spread"),
        (("metrics",), {}, "gives no costs"),
        (("schema",), 9, "has schema 9, and this version reads 1"),
        (("precision",), "fp8", "precision must be one of fp32"),
        (("batch",), 0, "batch must be an integer of at least 1, got 0"),
        (("name",), " ", "name is empty"),
        (("task",), None, "task must be text"),
        (("references",), "abc", "references must list"),
        (("colour",), "red", 'unknown key "colour"'),
    ],
)
def test_what_cannot_be_is_told(
    profile: Profile, path: tuple[Any, ...], value: Any, told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        from_json(changed(profile, path, value), "Device profile x.json")


def test_truncated_or_missing_files_are_told(board: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.json"
    short.write_bytes(board.read_bytes()[:200])
    with pytest.raises(UsageError, match=r"short\.json is no complete JSON document"):
        Profile.read(short)
    with pytest.raises(UsageError, match="Cannot read device profile"):
        Profile.read(tmp_path / "absent.json")


def test_other_reference_networks_are_refused(run: Run, profile: Profile) -> None:
    wanted = ReferenceSet.of(run.session.context)
    profile.require(wanted)
    attrs.evolve(profile, task="text:/elsewhere/corpus").require(wanted)  # equal networks
    other = attrs.evolve(profile, digest="0" * 16)
    for field, value, told in (
        ("space", "other", r"another space \(other\) than this run's \(gpt\)"),
        ("preset", "xl", "another preset"),
        ("space_version", 99, "another version of the space"),
        ("task", "other", "another task"),
        ("name", "other", "another reference set"),
    ):
        with pytest.raises(UsageError, match=told):
            attrs.evolve(other, **{field: value}).require(wanted)
    edited = attrs.evolve(profile, references=tuple(reversed(profile.references)))
    with pytest.raises(UsageError, match="other reference networks"):
        edited.require(wanted)


def test_the_digest_tells_networks_apart() -> None:
    same = {ReferenceSet.of(Context(ToySpace(), ToyTask())).digest for _ in range(2)}
    assert len(same) == 1
    other = ReferenceSet.of(Context(ToySpace.tiny(), ToyTask())).digest
    assert other not in same


def test_references_are_exact_and_the_rest_is_predicted(run: Run, profile: Profile) -> None:
    context = run.session.context
    device = Profiled(profile, context)
    references = context.space.references()
    median = list(profile.metrics["latency_ms"].median)
    for found in (device.cost, device.estimate):
        assert [v.value for v in found("latency_ms", references, context)] == median
    choices = context.space.choices
    drawn = decode(choices, sample_distinct(choices, 30, run_generator()))
    others = [a for a in drawn if a not in references]
    guesses = device.estimate("latency_ms", others, context)
    assert {v.origin for v in guesses} == {"predicted"}
    assert all(v.value > 0 for v in guesses)
    assert device.cost("latency_ms", others, context) == guesses
    with pytest.raises(Unavailable, match="cannot give"):
        device.cost("noise_db", references, context)


def run_generator():
    import torch

    return torch.Generator().manual_seed(3)
