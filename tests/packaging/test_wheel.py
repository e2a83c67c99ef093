"""The wheel is whole, and works where the checkout is not."""

from __future__ import annotations

import json
import tomllib
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = ("search_spaces", "objectives", "plugins")


def packages() -> dict[str, Path]:
    """Every first-party package: its folder by name."""
    found = {"monas_core": ROOT / "monas_core"}
    for group in GROUPS:
        found |= {path.parent.name: path.parent for path in (ROOT / group).glob("*/__init__.py")}
    return found


def plugin_packages() -> dict[str, Path]:
    return {name: path for name, path in packages().items() if name != "monas_core"}


def test_every_folder_is_declared() -> None:
    """Entry points, wheel and import rules name exactly the plugins on disk."""
    plugins = plugin_packages()
    points = PROJECT["project"]["entry-points"]["monas"]
    assert points == {name.removeprefix("monas_"): f"{name}.plugin" for name in plugins}
    folders = {str(path.relative_to(ROOT)) for path in packages().values()}
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == folders
    rules = PROJECT["tool"]["importlinter"]
    assert set(rules["root_packages"]) == set(packages())
    for contract in rules["contracts"]:
        listed = contract.get("modules") or contract.get("forbidden_modules")
        if contract["type"] in ("independence", "forbidden") and "monas_gpt" in listed:
            assert set(listed) == set(plugins), contract["name"]


def test_every_plugin_has_a_plugin_module() -> None:
    for name, folder in plugin_packages().items():
        assert (folder / "plugin.py").is_file(), name


def test_wheel_holds_every_file_and_nothing_else(wheel: Path) -> None:
    expected = {
        f"{name}/{path.relative_to(folder).as_posix()}"
        for name, folder in packages().items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == expected
    assert "monas_core/py.typed" in names
    assert any(name.startswith("monas_devices/") and name.endswith(".json") for name in names)


def test_checkout_is_out_of_sight(outside: Any) -> None:
    script = "import sys, monas_core, monas_gpt; print(monas_core.__file__, *sys.path, sep=chr(10))"
    lines = outside.python("-c", script).stdout.splitlines()
    assert Path(lines[0]).is_relative_to(outside.folders[0])
    source = [ROOT, *(ROOT / group for group in GROUPS)]
    assert not {Path(line) for line in lines[1:]} & set(source)


def test_help_and_plugins_work_there(outside: Any) -> None:
    assert "run" in outside.monas("--help").stdout
    rows = json.loads(outside.monas("plugins", "--json").stdout)
    assert {row["provider"] for row in rows} == {"monas"}
    assert {row["state"] for row in rows} == {"ok"}
    kinds = {row["kind"] for row in rows}
    assert kinds >= {"space", "objective", "device", "optimizer", "task", "embedding"}


def test_console_script_is_installed(outside: Any) -> None:
    script = outside.folders[0] / "bin" / "monas"
    assert "run" in outside.python(str(script), "--help").stdout


def test_a_run_is_resolved_there(outside: Any) -> None:
    """Data files are found: the devices, the task and the space are really built."""
    document = json.loads(outside.monas("run", "--space", "gpt", "--dry-run", "--json").stdout)
    assert document
