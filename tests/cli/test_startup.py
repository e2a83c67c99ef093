"""What starting costs, counted in modules; the time itself: benchmarks/bench_startup.py."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "torch",
    "numpy",
    "attr",
    "attrs",
    "pluggy",
    "yaml",
    "cattrs",
    "rich",
    "importlib.metadata",
}


def modules_after(statement: str) -> tuple[set[str], str]:
    """Modules loaded by a statement in a fresh interpreter, and what it printed."""
    program = f"""
import contextlib, json, sys
with contextlib.suppress(SystemExit):
    {statement}
print("\\x00" + json.dumps(sorted(sys.modules)))
"""
    output = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    printed, _, listed = output.partition("\x00")
    return set(json.loads(listed)), printed


def command(*words: str) -> str:
    return f"from monas_core.cli.main import main; main({list(words)!r})"


@pytest.mark.parametrize("words", [("--help",), ("-h",), ()])
def test_help_loads_nothing_heavy(words):
    loaded, printed = modules_after(command(*words))
    assert not loaded & HEAVY
    assert not [name for name in loaded if name.startswith("monas_") and "core" not in name]
    for wanted in ("monas COMMAND", "run", "front", "pick", "watch", "plugins", "info", "doctor"):
        assert wanted in printed


def test_help_loads_little_more_than_typer_and_rich():
    reference, _ = modules_after("import typer, rich")
    loaded, _ = modules_after(command("--help"))
    assert len(loaded - reference) <= 15, sorted(loaded - reference)


@pytest.mark.parametrize(
    "words",
    [("plugins",), ("plugins", "--json"), ("run", "--help"), ("--version",), ("no-such-command",)],
)
def test_light_commands_leave_torch_alone(words):
    loaded, _ = modules_after(command(*words))
    assert not loaded & {"torch", "numpy"}


@pytest.mark.parametrize("words", [(), ("--json",), ("--csv",)])
def test_reading_a_front_leaves_torch_alone(tmp_path, words):
    from monas_core.values.member import Front, Member, ObjectiveView

    member = Member("k", {"choices": {"a": 1}}, {"lat": 1.0}, {"lat": "measured"})
    lat = ObjectiveView("lat", "ms", "min")
    front = Front("gpt", "host", False, (lat,), (2.0,), (0.0,), 0.5, (member,))
    (tmp_path / "front").mkdir()
    (tmp_path / "front" / "host.json").write_text(json.dumps(front.to_json()))
    (tmp_path / "config.yaml").write_text("space: gpt\ndevices: [host]\n")
    (tmp_path / "result.json").write_text("{}")
    loaded, printed = modules_after(command("front", str(tmp_path), *words))
    assert "1.0" in printed
    assert not loaded & {"torch", "numpy"}


def test_help_is_no_wider_than_the_terminal(monkeypatch):
    from monas_core.cli import menu

    for columns in (60, 80, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        page = menu.page()
        boxes = [line for line in page.splitlines() if line.startswith(("╭", "│", "╰"))]
        assert {len(line) for line in boxes} == {min(columns, 100)}


def test_every_command_of_the_menu_has_its_module_and_summary():
    from monas_core.cli import menu

    for name in menu.names():
        function = menu.load(name)
        assert function is not None
        assert function.__doc__
