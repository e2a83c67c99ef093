"""Profiles survive JSON, and every fault gets one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from monas_core.errors import UsageError
from monas_devices.profiles import (
    from_json,
    read_profile,
    require_figures,
    to_json,
    write_profile,
)


def test_round_trip(tmp_path: Path, make_profile: Any) -> None:
    profile = make_profile()
    write_profile(profile, tmp_path / "round.json")
    assert read_profile(tmp_path / "round.json") == profile


def test_truncated_file(tmp_path: Path, make_profile: Any) -> None:
    path = tmp_path / "cut.json"
    write_profile(make_profile(), path)
    path.write_text(path.read_text()[:200])
    with pytest.raises(UsageError, match=r"cut\.json is no complete JSON document"):
        read_profile(path)


def test_absent_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Cannot read device profile .*none\.json"):
        read_profile(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("precision",), "fp33", "precision must be one of fp32, fp16, bf16, int8, got 'fp33'"),
        (("origin",), "guessed", "origin must be one of measured"),
        (("batch",), 0, "batch must be a positive integer, got 0"),
        (("batch",), True, "batch must be a positive integer, got True"),
        (("name",), 3, "name must be text, got 3"),
        (("figures",), [], "figures must be an object"),
        (("colour",), "red", 'unknown key "colour"'),
        (("figures", "peak"), 3.0, "figure peak must have value, unit and source, got 3.0"),
        (("figures", "peak", "value"), -1, "figure peak must be positive, got -1"),
        (("figures", "bandwidth", "value"), 0, "figure bandwidth must be positive, got 0 B/s"),
        (("figures", "peak", "value"), "fast", "finite number as value, got 'fast'"),
        (("figures", "peak", "value"), float("nan"), "finite number as value, got nan"),
        (("figures", "launch", "unit"), "ms", "launch must be given in s, got 'ms'; convert it"),
        (("figures", "efficiency", "value"), 60, "is a fraction and must be at most 1, got 60"),
        (("figures", "peak", "source"), " ", "figure peak must name its source"),
    ],
)
def test_each_fault_is_named(
    make_profile: Any, path: tuple[str, ...], value: Any, sentence: str
) -> None:
    document = json.loads(json.dumps(to_json(make_profile())))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(UsageError) as caught:
        from_json(document, "my.json")
    assert str(caught.value).startswith("my.json: ")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_key(make_profile: Any) -> None:
    document = to_json(make_profile())
    del document["runtime"]
    with pytest.raises(UsageError, match='key "runtime" is missing'):
        from_json(document, "my.json")


def test_missing_figure(make_profile: Any) -> None:
    profile = make_profile()
    figures = {name: f for name, f in profile.figures.items() if name != "launch"}
    with pytest.raises(UsageError, match=r"lacks the figure launch \[s\]"):
        require_figures(attrs.evolve(profile, figures=figures))


def test_not_an_object() -> None:
    with pytest.raises(UsageError, match="a device profile is a JSON object, got 3"):
        from_json(3, "my.json")
