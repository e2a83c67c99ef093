"""A space that is choices and build, from a stranger's wheel: checked, run, picked, trained."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

PLUGIN = Path(__file__).parent / "plain_plugin" / "monas_plain"


@pytest.fixture(scope="module")
def run(plain_shell: Any) -> Mapping[str, Any]:
    """What a finished run of the stranger's space says, in folder ``run``."""
    done = plain_shell.monas(
        "run",
        *("--space", "plain", "--task", "digits", "--objectives", "acc,lat,params"),
        *("--devices", "raspberry-pi-4", "--held-out", "t4", "--budget", "24evals"),
        *("--torch-device", "cpu", "--out-dir", "run", "--json", "warm_up.steps=40"),
        "preferences=6",
    )
    return json.loads(done.stdout)


def test_it_is_choices_and_build() -> None:
    tree = ast.parse((PLUGIN / "space.py").read_text())
    (space,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "PlainSpace")
    methods = {n.name for n in space.body if isinstance(n, ast.FunctionDef)}
    assert methods == {"__init__", "tiny", "build"}
    assert len((PLUGIN / "space.py").read_text().splitlines()) <= 70


def test_it_passes_the_kit(plain_shell: Any) -> None:
    kit = ["-p", "monas_core.testing.pytest_plugin", "--pyargs", "monas_core.testing"]
    options = ["-p", "no:cacheprovider", "--provider", "monas-plain", "-v"]
    report = plain_shell.python("-m", "pytest", *kit, *options).stdout
    for contract in ("Spaces", "Supernets"):
        passed = [line for line in report.splitlines() if f"Test{contract}::" in line]
        assert any("PASSED" in line for line in passed), f"no {contract} were checked\n{report}"
    mixtures = [line for line in report.splitlines() if "TestRelaxedSupernets::" in line]
    assert not any("PASSED" in line for line in mixtures), "none are promised"


def test_it_runs_and_picks(plain_shell: Any, run: Mapping[str, Any]) -> None:
    facts = run["devices"]["raspberry-pi-4"]
    front = json.loads((plain_shell.cwd / facts["front"]).read_text())
    assert front["space"] == "plain"
    assert len(front["members"]) >= 2
    picked = json.loads(plain_shell.monas("pick", "run", "--prefer", "acc=1", "--json").stdout)
    assert picked["architecture"]["space"] == "plain"


@pytest.mark.usefixtures("run")
def test_it_trains_and_exports(plain_shell: Any) -> None:
    trained = plain_shell.monas("train", "run", "--steps", "20", "--distil", "--json")
    assert json.loads(trained.stdout)
    exported = plain_shell.monas(
        "export", "run", "--format", "safetensors", "--weights", "trained", "--out", "out", "--json"
    )
    assert json.loads(exported.stdout)
    assert (plain_shell.cwd / "out" / "model.py").is_file()


def test_methods_that_mix_are_refused_before_training(plain_shell: Any) -> None:
    refused = plain_shell.monas(
        "run",
        *("--space", "plain", "--task", "digits", "--objectives", "acc,params"),
        *("--budget", "24evals", "--out-dir", "refused", "options.optimizer.quality=supernet"),
        code=2,
    )
    assert '"relaxed"' in refused.stderr
    assert not (plain_shell.cwd / "refused").exists()
