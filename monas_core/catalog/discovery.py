"""Find installed plugins one by one, so that a broken one harms only itself."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from importlib.metadata import EntryPoint, distribution, entry_points

import attrs
import pluggy

from monas_core.catalog import hookspecs
from monas_core.catalog.specs import Entry, Spec

GROUP = "monas"
OWNER = "monas"
"""The distribution that ships the core; it keeps a name that a stranger also claims."""


@attrs.frozen
class Fault:
    """A plugin, or one offer of it, that was left out, and why."""

    plugin: str
    provider: str
    version: str
    state: str
    reason: str
    kind: str = "plugin"


@attrs.frozen
class Discovery:
    """Entries that can be used and faults to report."""

    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]


def discover(points: Iterable[EntryPoint] | None = None) -> Discovery:
    """Load every entry point of the group ``monas`` that ``MONAS_PLUGINS`` allows.

    ``MONAS_PLUGINS`` is a comma-separated list of distributions: plain names admit
    only those third parties, ``-name`` leaves one out, an empty string admits none.
    """
    entries: list[Entry] = []
    faults: list[Fault] = []
    for point in sorted(points if points is not None else entry_points(group=GROUP), key=_order):
        provider = point.dist.name if point.dist else "unknown"
        version = point.dist.version if point.dist else "?"
        if not _allowed(provider):
            faults.append(
                Fault(point.name, provider, version, "disabled", "left out by MONAS_PLUGINS")
            )
            continue
        try:
            with contextlib.redirect_stdout(sys.stderr):  # standard output is for documents
                offers = _offers(point)
            entries.extend(Entry(kind, spec, provider, version) for kind, spec in offers)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's code may do anything
            reason = f"{type(error).__name__}: {error}"
            faults.append(Fault(point.name, provider, version, "broken", reason))
    kept, conflicts = _resolve_conflicts(entries)
    return Discovery(tuple(kept), tuple(faults + conflicts))


def _order(point: EntryPoint) -> tuple[bool, str, str]:
    provider = point.dist.name if point.dist else ""
    return (provider != OWNER, provider, point.name)


def _allowed(provider: str) -> bool:
    setting = os.environ.get("MONAS_PLUGINS")
    if setting is None or provider == OWNER:
        return True
    words = [word.strip() for word in setting.split(",") if word.strip()]
    banned = {word[1:] for word in words if word.startswith("-")}
    named = {word for word in words if not word.startswith("-")}
    return provider not in banned and (provider in named or bool(banned and not named))


def _offers(point: EntryPoint) -> list[tuple[str, Spec]]:
    """Import one plugin module and call its hooks."""
    manager = pluggy.PluginManager("monas")
    manager.add_hookspecs(hookspecs)
    manager.register(point.load(), name=point.name)
    manager.check_pending()
    offers: list[tuple[str, Spec]] = []
    for kind, hook in hookspecs.HOOKS.items():
        for specs in getattr(manager.hook, hook)():
            for spec in specs:
                if not isinstance(spec, Spec):
                    raise TypeError(f"{hook} returned {spec!r:.60}, expected Spec objects")
                offers.append((kind, spec))
    return offers


def _resolve_conflicts(entries: list[Entry]) -> tuple[list[Entry], list[Fault]]:
    """Refuse names offered twice: the owner's stays, strangers' are left out."""
    claims: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        for name in dict.fromkeys((entry.name, *entry.spec.aliases)):
            claims.setdefault((entry.kind, name), []).append(entry)
    refused: dict[int, Fault] = {}
    for (kind, name), group in claims.items():
        if len(group) < 2:
            continue
        owners = [entry for entry in group if entry.provider == OWNER]
        keep = owners[0] if owners else None
        for entry in group:
            if entry is keep or id(entry) in refused:
                continue
            other = keep or next(e for e in group if e is not entry)
            refused[id(entry)] = Fault(
                entry.name,
                entry.provider,
                entry.version,
                "refused",
                f'{kind} "{name}" is offered by both {other.origin} and {entry.origin}; '
                "rename or uninstall one",
                kind,
            )
    return [entry for entry in entries if id(entry) not in refused], list(refused.values())


def plugin_version() -> str:
    """Version of the installed monas distribution."""
    return distribution(OWNER).version
