"""Shell completion of plugin names and runs; silent when anything goes wrong."""

from __future__ import annotations

from collections.abc import Callable

Completion = Callable[[str], list[tuple[str, str]]]


def of(kind: str, *, several: bool = False) -> Completion:
    """A completion of names of a kind; with ``several``, of the last in a comma list."""

    def complete(incomplete: str) -> list[tuple[str, str]]:
        from monas_core.cli.common import catalog

        before, comma, word = incomplete.rpartition(",") if several else ("", "", incomplete)
        taken = set(before.split(","))
        return [
            (f"{before}{comma}{name}", entry.spec.summary)
            for entry in catalog().entries(kind)
            for name in (entry.name, *entry.spec.aliases)
            if name.startswith(word) and name not in taken
        ]

    return complete


def anything(incomplete: str) -> list[tuple[str, str]]:
    """Names of plugins of every kind."""
    from monas_core.cli.common import catalog

    return [
        (entry.name, f"{entry.kind}: {entry.spec.summary}")
        for entry in catalog().entries()
        if entry.name.startswith(incomplete)
    ]


def kinds(incomplete: str) -> list[str]:
    """Kinds of plugins."""
    from monas_core.catalog.hookspecs import HOOKS

    return [kind for kind in HOOKS if kind.startswith(incomplete)]


def runs(incomplete: str) -> list[str]:
    """Run folders below ``runs/``, newest first."""
    from pathlib import Path

    found = sorted(Path("runs").glob("*/config.yaml"), reverse=True)
    return [str(path.parent) for path in found if str(path.parent).startswith(incomplete)]
