"""The example package of the documentation: its wheel beside that of monas, and no checkout."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "monas-resnet"
OFFERED = {
    ("space", "resnet"),
    ("device", "pico-2"),
    ("objective", "peak-activation"),
    ("optimizer", "hill-climber"),
}
CONTRACTS = (
    *("Spaces", "Supernets", "Devices", "DeviceHonesty", "Objectives", "Honesty"),
    *("Optimizers", "Answers", "Packages"),
)
SESSION = """
import json
import monas_core as monas

run = monas.search(
    "resnet", objectives=["acc", "lat", "peak"], task="digits", devices=["pico-2"], held_out=[],
    optimizer="hill-climber", preset="tiny", budget="16evals", preferences=4,
    max={"peak": "5kB"}, warm_up={"steps": 10}, out_dir="run", progress=False,
)
member = run.pick("pico-2", {"acc": 1.0})
report = run.export(member, "safetensors", "exported")
front = json.loads(open("run/front/pico-2.json").read())
values = [m["values"] for m in front["members"]]
print(json.dumps([values, member.values, report["check"]["max_difference"]]))
"""


@pytest.fixture(scope="module")
def example(
    outside: Any,
    installed: Callable[[Path, Path], Path],
    shell_at: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """A shell with both wheels and the dependencies, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("example")
    copy = shutil.copytree(EXAMPLE, folder / "source")
    target = installed(copy, folder)
    return shell_at(tmp_path_factory.mktemp("reader"), (target, *outside.folders), outside.options)


def documented() -> list[list[str]]:
    """The commands of the example's page."""
    page = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^    ((?:monas|pip) .+)$", page, re.MULTILINE)
    return [shlex.split(line) for line in lines]


def test_each_module_is_short_and_imports_what_is_promised() -> None:
    page = (EXAMPLE.parents[1] / "public-surface.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(monas_core[\w.]*)` \| (.+) \|$", page, re.MULTILINE)
    allowed = {module: set(re.findall(r"`(\w+)`", names)) for module, names in rows}
    modules = list((EXAMPLE / "monas_resnet").glob("*.py"))
    assert len(modules) == 6
    for path in modules:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") < 120, path.name
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("monas_core"):
                names = {alias.name for alias in node.names}
                assert names <= allowed.get(node.module or "", set()), (path.name, node.module)


def test_it_is_found(example: Any) -> None:
    rows = json.loads(example.monas("plugins", "--json").stdout)
    mine = {(r["kind"], r["name"]) for r in rows if r["provider"] == "monas-resnet"}
    assert mine == OFFERED
    origin = example.python("-c", "import monas_core, monas_resnet as m; print(m.__file__)").stdout
    assert not Path(origin.strip()).is_relative_to(EXAMPLE)


def test_it_searches_under_a_limit_picks_and_exports(example: Any) -> None:
    values, picked, difference = json.loads(example.python("-c", SESSION).stdout.splitlines()[-1])
    assert values
    assert all(v["peak"] <= 5.0 for v in values)
    assert picked in values
    assert difference <= 1e-5


@pytest.mark.slow
def test_it_passes_the_kit(example: Any) -> None:
    report = json.loads(example.monas("check", "monas-resnet", "--json").stdout)
    assert report["failed"] == []
    for contract in CONTRACTS:
        held = [name for name in report["passed"] if name.startswith(f"Test{contract} ")]
        assert held, f"no {contract} were checked"
    reasons = {row["message"] for row in report["skipped"]}
    assert all("declared" in reason or "takes no mixtures" in reason for reason in reasons), reasons


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_commands_of_its_page_are_as_written(example: Any) -> None:
    installation, *commands = documented()
    assert installation == ["pip", "install", "."]
    for _, *arguments in commands:
        example.monas(*arguments)
    front = json.loads((example.cwd / "resnet" / "front" / "pico-2.json").read_text())
    assert all(m["values"]["peak"] <= 5.0 for m in front["members"])
    assert (example.cwd / "small" / "model.py").is_file()
