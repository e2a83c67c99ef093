"""``monas check``: the contracts of its kind over one plugin, or all that a distribution offers."""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monas_core.cli import complete
from monas_core.cli.options import Json

if TYPE_CHECKING:
    from monas_core.catalog.lookup import Catalog

_KIT = ("-p", "monas_core.testing.pytest_plugin", "--pyargs", "monas_core.testing")
_QUIET = ("-q", "-p", "no:cacheprovider", "-c", os.devnull)
"""Whatever project the command is given in, its own pytest settings do not matter."""

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME|PACKAGE",
        help="A plugin, or the distribution that provides several.",
        autocompletion=complete.anything,
    ),
]


def command(name: Name, json: Json = False) -> None:
    """Check a plugin against the contracts of its kind, with messages for its author."""
    from monas_core.cli.common import catalog, console, print_json
    from monas_core.errors import PluginError
    from monas_core.extras import require_packages

    require_packages("monas check", {"pytest": "monas[new]"})
    report = _Report()
    words = selection(catalog(), name)
    with contextlib.redirect_stdout(io.StringIO()):
        import pytest

        pytest.main([*_KIT, *_QUIET, *words], plugins=[report])
    if json:
        print_json({"name": name, "passed": report.passed, "failed": report.failed,
                    "skipped": report.skipped})  # fmt: skip
    else:
        _show(report, console())
    if report.failed:
        raise PluginError(f'"{name}" breaks {len(report.failed)} contracts.')
    if not report.passed:
        raise PluginError(f'No contract of "{name}" could be run; the reasons are above.')


def selection(catalog: Catalog, name: str) -> list[str]:
    """Options of the kit for a plugin or a distribution.

    Raises:
        UsageError: Nothing installed has this name.
        PluginError: It is broken, malformed or refused; the reason is told.
    """
    from monas_core.cli.info import find
    from monas_core.errors import UsageError

    if any(entry.provider == name for entry in catalog.entries()):
        return ["--provider", name]
    known = [e for e in catalog.entries() if name == e.name or name in e.spec.aliases]
    if known:
        return ["--plugin", known[0].name]
    try:
        return ["--plugin", find(catalog, name, None).name]
    except UsageError:
        packages = [e for e in catalog.entries() if e.spec.factory.partition(".")[0] == name]
        if not packages:
            raise
        return ["--provider", packages[0].provider]


class _Report:
    """A pytest plugin that remembers what came of each contract."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.failed: list[dict[str, str]] = []
        self.skipped: list[dict[str, str]] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Sort one report in; what pytest calls an error is a failure too."""
        contract = report.nodeid.partition("::")[2].replace("::", " ").replace("_", " ")
        if report.failed:
            told = dict(report.user_properties)
            row = {name: told.get(name, "") for name in ("where", "read")}
            row |= {"contract": contract, "message": _message(report, contract)}
            self.failed.append(row)
        elif report.skipped:
            reason = str(report.longrepr[-1] if isinstance(report.longrepr, tuple) else "")
            reason = reason.removeprefix("Skipped: ")
            if "no such " not in reason:  # contracts of other kinds
                self.skipped.append({"contract": contract, "message": reason})
        elif report.when == "call":
            self.passed.append(contract)


def _message(report: Any, contract: str) -> str:
    """What is wrong: the contract's own words, or what it demands and the comparison that fails."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(crash.message if crash is not None else report.longrepr)
    text = text.removeprefix("AssertionError: ").removeprefix("Failed: ")
    said = " ".join(text.split("\nassert ")[0].split())
    if said.startswith("assert "):
        demand = contract.partition(" test ")[2].partition("[")[0]
        return f'it must hold that "{demand}", but it does not: {said}'
    return said


def _show(report: _Report, screen: Any) -> None:
    from rich.markup import escape

    causes: dict[tuple[str, str, str], list[str]] = {}
    for row in report.failed:
        causes.setdefault((row["message"], row["where"], row["read"]), []).append(row["contract"])
    for (message, where, read), found in causes.items():
        names = "\n".join(f"[bold red]✗[/] [bold]{escape(name)}[/]" for name in found)
        screen.print(f"{names}\n  {escape(message)}")
        screen.print(escape(f"  where: {where}\n  read:  {read}"), style="dim")
    for row in report.skipped:
        screen.print(
            f"[yellow]–[/] {escape(row['contract'])}: {escape(row['message'])}", style="dim"
        )
    screen.print(
        f"{len(report.passed)} contracts hold, {len(report.failed)} are broken, "
        f"{len(report.skipped)} could not be run."
    )
