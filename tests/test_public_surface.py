"""What a plugin may import is written down, and the plugins of this repository keep to it.

``python tests/test_public_surface.py`` writes the rows anew after a deliberate change.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = "docs/public-surface.md"
FROM = re.compile(r"^from (monas_core[\w.]*) import (.+)$", re.MULTILINE)
ROW = re.compile(r"^\| `(monas_core[\w.]*)` \| (.+) \|$", re.MULTILINE)


def listed() -> dict[str, set[str]]:
    """Names the page allows, by module."""
    rows = ROW.findall((ROOT / PAGE).read_text(encoding="utf-8"))
    assert rows
    assert len({module for module, _ in rows}) == len(rows), "a module has two rows"
    return {module: set(re.findall(r"`(\w+)`", names)) for module, names in rows}


def imported() -> dict[str, dict[str, str]]:
    """Names of the core that plugins import, by module, each with one place that does.

    Those of this repository, of its example package, and of what ``monas new`` writes.
    """
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for group in ("search_spaces", "objectives", "plugins", "docs/examples"):
        for path in sorted((ROOT / group).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                origin = getattr(node, "module", None) or ""
                if isinstance(node, ast.ImportFrom) and origin.startswith("monas_core"):
                    found[origin] |= {alias.name: place for alias in node.names}
                if isinstance(node, ast.Import):
                    whole = [a.name for a in node.names if a.name.startswith("monas_core")]
                    assert not whole, f"{place}: import names from {whole}, not the module"
    for path in sorted((ROOT / "monas_core/scaffold/template").rglob("*.jinja")):
        for origin, names in FROM.findall(path.read_text(encoding="utf-8")):
            found[origin] |= dict.fromkeys(names.split(", "), path.relative_to(ROOT).as_posix())
    return found


def test_plugins_import_nothing_else() -> None:
    allowed = listed()
    beyond = [
        f"{place} imports {name} from {module}"
        for module, names in imported().items()
        for name, place in names.items()
        if name not in allowed.get(module, set())
    ]
    assert not beyond, f"list it in {PAGE}, or do without it: {beyond}"


def test_nothing_is_listed_that_nobody_uses() -> None:
    used = imported()
    idle = [
        f"{module}: {name}"
        for module, names in listed().items()
        for name in sorted(names - used.get(module, {}).keys())
    ]
    assert not idle, f"strike it from {PAGE}: {idle}"


def test_listed_names_exist() -> None:
    for module, names in listed().items():
        loaded = importlib.import_module(module)
        for name in names:
            if not hasattr(loaded, name):
                importlib.import_module(f"{module}.{name}")


def test_every_folder_of_the_core_is_explained() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    folders = [path.parent.name for path in (ROOT / "monas_core").glob("*/__init__.py")]
    assert folders
    assert not [folder for folder in folders if f"`{folder}/`" not in text]


def test_few_modules_lie_flat_in_the_core() -> None:
    assert len(list((ROOT / "monas_core").glob("[!_]*.py"))) <= 12


def rewrite() -> None:
    """Bring the page's rows to what is imported; a new module joins the section it fits best."""
    page = ROOT / PAGE
    used = {module: sorted(names) for module, names in imported().items()}
    rows = {m: f"| `{m}` | {', '.join(f'`{n}`' for n in names)} |" for m, names in used.items()}
    text = ROW.sub(lambda match: rows.pop(match[1], ""), page.read_text(encoding="utf-8"))
    lines = text.splitlines()
    for module, row in sorted(rows.items()):
        alike = [
            i for i, line in enumerate(lines) if line.startswith(f"| `{module.rsplit('.', 1)[0]}")
        ]
        last = max(i for i, line in enumerate(lines) if line.startswith("| `monas_core"))
        lines.insert((alike[-1] if alike else last) + 1, row)
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    rewrite()
