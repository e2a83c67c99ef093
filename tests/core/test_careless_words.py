"""Careless settings and names get a sentence, not what Python says inside."""

from __future__ import annotations

from pathlib import Path

import pytest

from monas_core.errors import UsageError, nearest
from monas_core.record.config import load_config


@pytest.mark.parametrize("key", ["warm_up", "options"])
@pytest.mark.parametrize("value", ["", "5", "[1, 2]", "word"])
def test_a_group_without_keys(tmp_path: Path, key: str, value: str) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(f"space: gpt\n{key}: {value}\n")
    with pytest.raises(UsageError, match=rf"{key}: expected a group of keys"):
        load_config(file, {})


@pytest.mark.parametrize(
    ("name", "meant"),
    [("H100", "h100-sxm"), ("h100", "h100-sxm"), ("A100", "a100-sxm"), ("N100", "n100"),
     ("gtp", "gpt"), ("rasberry-pi-4", "raspberry-pi-4"), ("zzz", None), ("", None)],
)  # fmt: skip
def test_the_nearest_name_is_not_the_one_of_as_many_letters(name: str, meant: str | None) -> None:
    known = ["n100", "h100-sxm", "a100-sxm", "t4", "gpt", "raspberry-pi-4"]
    assert nearest(name, known) == meant
