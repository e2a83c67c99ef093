"""Settings from strangers: refused in one line, in no time and no memory."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monas_core.errors import UsageError
from monas_core.record.config import load_config, read_config
from monas_core.record.yamltext import parse_yaml

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "alias bomb": BOMB,
    "endless integer": "seed: " + "9" * 5000,
    "large integer": "seed: !!int '" + "9" * 5000 + "'",
    "impossible date": "seed: !!timestamp 2020-13-45",
    "maybe": "seed: !!bool maybe",
    "odd key": "? [1, 2]\n: x",
    "number as key": "1: x",
    "the same key twice": "space: gpt\nspace: hat",
    "deep": "a: " + "[" * 5000 + "]" * 5000,
    "deep mappings": "{a: " * 500 + "}" * 500,
    "code": "a: !!python/object/apply:os.system [echo]",
    "long": "a: " + "x" * 2_000_000,
    "half": "a: [1, 2",
    "binary": "a: !!binary ====x",
    "control": "a: \x07",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_settings_are_one_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(HOSTILE[kind], encoding="utf-8")
    begin = time.perf_counter()
    with pytest.raises(UsageError) as fault:
        read_config(path)
    assert time.perf_counter() - begin < 10
    assert len(str(fault.value)) < 600
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize("value", ["9" * 5000, "*x", "!!bool maybe", "[" * 3000, "2020-13-45x: ["])
def test_hostile_overrides_are_one_sentence(value: str) -> None:
    with pytest.raises(UsageError):
        load_config(None, {"space": "gpt"}, [f"seed={value}"])


def test_what_people_write_is_read() -> None:
    found = parse_yaml("a: 1e-3\nb: [x, 2, true]\nc: {d: null, e: 2020-01-02}\n")
    assert found == {"a": 1e-3, "b": ["x", 2, True], "c": {"d": None, "e": "2020-01-02"}}


@given(st.text(max_size=60))
def test_any_text_is_a_value_or_a_value_error(text: str) -> None:
    try:
        parse_yaml(text)
    except ValueError as fault:
        assert "\n" not in str(fault)  # noqa: PT017 - most texts are values
