"""Start-up: what a person waits for before anything is computed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Beside, Work

MONAS = "import sys; from monas_core.cli.main import main; main(sys.argv[1:])"
TORCH = ["-c", "import torch"]


def program(*words: str) -> Work:
    def started() -> None:
        subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)

    return started


def monas(*words: str) -> Work:
    return program("-c", MONAS, *words)


def test_help(beside: Beside) -> None:
    beside(
        "monas --help",
        monas("--help"),
        program("-c", "import typer, rich"),
        limited_by="import typer, rich",
        most=1.3,
    )


def test_discovery(beside: Beside) -> None:
    beside(
        "monas plugins --json",
        monas("plugins", "--json"),
        program("-c", "import typer, rich, attrs, cattrs, yaml, pluggy"),
        limited_by="import typer, rich, attrs, cattrs, yaml, pluggy",
    )


@pytest.mark.parametrize("words", ["info latency", "info raspberry-pi-5", "info gpt"])
def test_info(beside: Beside, words: str) -> None:
    beside(
        f"monas {words} --json",
        monas(*words.split(), "--json"),
        program(*TORCH),
        limited_by="import torch",
        below_s=None if words == "info gpt" else 0.4,
    )


def test_front(beside: Beside, finished: Path) -> None:
    beside(
        "monas front --json",
        monas("front", str(finished), "--json"),
        program(*TORCH),
        limited_by="import torch",
        below_s=0.4,
    )


def test_pick(beside: Beside, finished: Path) -> None:
    beside(
        "monas pick --json",
        monas("pick", str(finished), "--json"),
        program(*TORCH),
        limited_by="import torch",
    )
