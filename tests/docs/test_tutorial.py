"""The tutorial, as written, from top to bottom: its commands, its files, its edits."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$|^    ((?:monas|pip) [^\n]+)$", re.MULTILINE | re.DOTALL)
SITE = "site-of-the-reader"


def section(number: int) -> str:
    """The text of a step."""
    return re.split(r"^## \d\. ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[number]


def blocks(number: int) -> Iterator[tuple[str, str]]:
    """The blocks of a step in order, each with its language; of commands ``shell``."""
    for language, text, command in BLOCK.findall(section(number)):
        yield (language, text) if language else ("shell", command)


def python(arguments: list[str], cwd: Path) -> str:
    """Run Python where the tutorial's reader would, with what was installed there."""
    environment = {**os.environ, "PYTHONPATH": str(cwd / SITE), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{shlex.join(arguments)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def carry_out(command: str, cwd: Path) -> None:
    """Run one command; installations go beside the environment, not into it."""
    program, *arguments = shlex.split(command)
    if program == "monas":
        python(["-m", "monas_core.cli.main", *arguments], cwd)
        return
    source = cwd / arguments[-1]
    if not source.exists():
        source = ROOT / arguments[-1]  # what the page calls a folder of the checkout
    offline = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    options = [*offline, "--upgrade", "--target", str(cwd / SITE)]
    python(["-m", "pip", "install", *options, str(source)], cwd)


def follow(number: int, cwd: Path) -> None:
    """Do what a step says: run commands and Python, write the files it shows."""
    for language, text in blocks(number):
        if language == "shell":
            carry_out(text, cwd)
        elif language == "json":
            (cwd / "board.json").write_text(text, encoding="utf-8")
        elif text.startswith('"""'):  # a module of the new plugin, which is installed editable
            module = cwd / "monas-traffic" / "monas_traffic" / "objective.py"
            assert module.is_file()
            module.write_text(text, encoding="utf-8")
            carry_out("pip install monas-traffic", cwd)
        else:
            python(["-c", text], cwd)


def front(folder: Path, device: str) -> list[dict[str, float]]:
    """Values of the members of a front."""
    document = json.loads((folder / "front" / f"{device}.json").read_text(encoding="utf-8"))
    return [member["values"] for member in document["members"]]


def test_every_block_has_a_language_that_is_carried_out() -> None:
    found = [list(blocks(number)) for number in range(1, 6)]
    assert [len(step) for step in found] == [6, 3, 2, 12, 3]
    assert {language for step in found for language, _ in step} == {"shell", "json", "python"}


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_first_run(tmp_path: Path) -> None:
    follow(1, tmp_path)
    assert (tmp_path / "first.onnx").is_file()
    assert list((tmp_path / "runs" / "first").glob("*.html"))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_data_of_ones_own(tmp_path: Path) -> None:
    follow(2, tmp_path)
    assert front(tmp_path / "runs" / "photos", "host")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_device_of_ones_own(tmp_path: Path) -> None:
    follow(3, tmp_path)
    assert front(tmp_path / "runs" / "board", "my-board")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_plugin_of_ones_own(tmp_path: Path) -> None:
    pytest.importorskip("copier")
    follow(4, tmp_path)
    for values in front(tmp_path / "runs" / "traffic", "jetson-nano"):
        assert 0 < values["traffic"] <= 20
    assert all(v["peak"] <= 5 for v in front(tmp_path / "runs" / "resnet", "pico-2"))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_model_of_ones_own(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    follow(5, tmp_path)
    assert (tmp_path / "smaller" / "config.json").is_file()
    page = (ROOT / "docs" / "own-model.md").read_text(encoding="utf-8")
    (loading,) = re.findall(r"^```python\n([^`]+from_pretrained[^`]+)^```", page, re.MULTILINE)
    python(["-c", loading], tmp_path)
