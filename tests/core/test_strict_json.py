"""No file holds a number that JSON has no word for, and none that does is read."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("monas_core", "plugins", "objectives", "search_spaces")
IN_MEMORY = {
    "monas_core/values/architecture.py": "a digest is taken of it",
    "monas_core/parts/device.py": "a digest is taken of it",
    "monas_core/profiling/reference_set.py": "a digest is taken of it",
    "plugins/monas_devices/protocol.py": "numbers of a program's answer are checked one by one",
    "plugins/monas_translation/use_translation.py": "it is shipped and reads what was shipped",
}
"""Modules whose JSON is no file of ours, each with the reason."""


def calls(path: Path) -> list[tuple[str, int]]:
    """Calls of the json module that are not strict, with their lines."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner, name = node.func.value, node.func.attr
        if not (isinstance(owner, ast.Name) and owner.id == "json"):
            continue
        strict = {"dump": "allow_nan", "dumps": "allow_nan"}.get(name, "parse_constant")
        if strict not in {keyword.arg for keyword in node.keywords}:
            found.append((name, node.lineno))
    return found


def test_json_is_written_and_read_strictly() -> None:
    loose: dict[str, list[tuple[str, int]]] = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/testing/" in name or name in IN_MEMORY:
                continue
            if found := calls(path):
                loose[name] = found
    assert not loose, "use files.strict_json and files.parse_json"


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text("import json\njson.dumps(1)\njson.dumps(1, allow_nan=False)\njson.loads('1')\n")
    assert calls(file) == [("dumps", 2), ("loads", 4)]
