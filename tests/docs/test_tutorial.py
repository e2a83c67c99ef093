"""The tutorial's commands, as written, one after the other."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"


def section(number: int) -> str:
    """The text of a step."""
    return re.split(r"^## \d\. ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[number]


def commands(number: int) -> list[list[str]]:
    """The commands of a step."""
    lines = re.findall(r"^    ((?:monas|pip) .+)$", section(number), re.MULTILINE)
    assert lines
    return [shlex.split(line) for line in lines]


def carry_out(command: list[str], cwd: Path, *folders: Path) -> None:
    """Run one command where the tutorial's reader would."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    program = [sys.executable, "-m", "monas_core.cli.main", *command[1:]]
    done = subprocess.run(
        program, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_first_run(tmp_path: Path) -> None:
    for command in commands(1):
        carry_out(command, tmp_path)
    assert (tmp_path / "first.onnx").is_file()
    assert list((tmp_path / "runs" / "first").glob("*.html"))


@pytest.mark.slow
def test_a_device_of_ones_own(tmp_path: Path) -> None:
    (board,) = re.findall(r"```json\n(.*?)```", section(3), re.DOTALL)
    (tmp_path / "board.json").write_text(board)
    for command in commands(3):
        carry_out([*command, "--budget", "12evals", "warm_up.steps=20", "preferences=4"], tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_plugin_of_ones_own(tmp_path: Path) -> None:
    pytest.importorskip("copier")
    new, installation, *others = commands(4)
    carry_out(new, tmp_path)
    assert installation[:3] == ["pip", "install", "-e"]
    source = tmp_path / installation[3]
    wheel = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*wheel, "--target", str(tmp_path / "site"), str(source)], check=True)
    for command in others:
        carry_out(command, tmp_path, tmp_path / "site")
