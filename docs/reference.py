"""Writes the pages that are made from the code: commands, glossary, hooks, kit, Python API.

python docs/reference.py          # writes them
python docs/reference.py --check  # ends with 1 where a page is not what the code says
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

from monas_core.catalog import hookspecs
from monas_core.cli import menu
from monas_core.cli.main import build
from monas_core.testing import contracts
from monas_core.ui.glossary import TERMS

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # a test loads this file by its path
import docstrings  # noqa: E402


def commands() -> str:
    """Every command with its options, as the command line knows them."""
    group = build()
    context = group.make_context("monas", ["--help"], resilient_parsing=True)
    said = "Each takes `--help`; options of plugins are told by `monas info NAME`."
    lines = ["# Commands", "", said, ""]
    for panel, listed in menu.PANELS.items():
        lines += [f"## {panel}", ""]
        for name in listed:
            lines += _command(name, group.get_command(context, name))
    return "\n".join(lines)


def _command(name: str, command: Any) -> list[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    shown = " ".join(_metavar(p) for p in arguments)
    lines = [
        f"### monas {name}",
        "",
        f"    monas {name} {shown} [OPTIONS]".replace("  [", " ["),
        "",
    ]
    lines += [_plain(command.help or ""), "", "| | |", "|---|---|"]
    lines += [f"| `{_metavar(p)}` | {_plain(getattr(p, 'help', '') or '')} |" for p in arguments]
    lines += [f"| {_flags(p)} | {_plain(p.help or '')} |" for p in options if p.name != "help"]
    return [*lines, ""]


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _flags(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or option.opts[0].strip('-').upper()}"
    taken = value.strip().replace("|", "\\|")
    return ", ".join(f"`{flag}`" for flag in option.opts) + (f" `{taken}`" if taken else "")


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def glossary() -> str:
    """Every word of the screens."""
    rows = [
        f"| {term.name} | {term.meaning} | {', '.join(term.also)} |"
        for term in sorted(TERMS, key=lambda term: term.name.lower())
    ]
    head = ["# Glossary", "", "What `?` on the live screen and `monas info WORD` say.", ""]
    return "\n".join([*head, "| word | meaning | also |", "|---|---|---|", *rows, ""])


def hooks() -> str:
    """Every hook with what it returns and an example."""
    said = "Functions of a package's `plugin.py`; each returns a list of specs."
    lines = ["# Hooks", "", said, ""]
    for kind, hook in hookspecs.HOOKS.items():
        lines += [f"## {hook}", "", inspect.getdoc(getattr(hookspecs, hook)) or "", ""]
        lines += ["```python", EXAMPLE.format(kind=kind, hook=hook, name=kind.title()), "```", ""]
    return "\n".join(lines)


EXAMPLE = """from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def {hook}() -> list[Spec]:
    return [
        Spec(
            name="my-{kind}",
            summary="What it is, in a line for `monas plugins`.",
            factory="my_package.{kind}:My{name}",
        )
    ]"""
"""A hook's implementation, as it stands in a ``plugin.py``."""


def kit() -> str:
    """The page on the kit, each heading with all that its contracts demand."""
    demanded: dict[str, list[str]] = {}
    for name in contracts.__all__:
        contract = getattr(contracts, name)
        for test in sorted(vars(contract)):
            if test.startswith("test_"):
                heading = contract.headings.get(test, contract.heading)
                said = test.removeprefix("test_").replace("_", " ")
                demanded.setdefault(heading, []).append(said)
    parts = (HERE / "kit.md").read_text(encoding="utf-8").split("\n## ")
    for place, part in enumerate(parts[1:], 1):
        demands = sorted(set(demanded.pop(part.partition("\n")[0])))
        before, rest = part.split("<!-- demands -->")
        told = f"All that `monas check` demands here: {'; '.join(demands)}."
        parts[place] = (
            f"{before}<!-- demands -->\n{told}\n<!-- end -->{rest.split('<!-- end -->')[1]}"
        )
    assert not demanded, f"docs/kit.md has no heading {sorted(demanded)}"
    return "\n## ".join(parts)


PAGES = {
    "commands.md": commands,
    "glossary.md": glossary,
    "hooks.md": hooks,
    "kit.md": kit,
    "public-api.md": docstrings.page,
}


def main(check: bool) -> int:
    """Write or compare every page; the number of those that differ."""
    stale = 0
    for name, made in PAGES.items():
        path, text = HERE / name, made().rstrip() + "\n"
        if check:
            stale += not path.exists() or path.read_text(encoding="utf-8") != text
        else:
            path.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(bool(main("--check" in sys.argv[1:])))
