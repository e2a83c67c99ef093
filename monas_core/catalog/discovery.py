"""Find installed plugins one by one, so that a broken one harms only itself."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, distribution, entry_points
from types import ModuleType
from typing import Any

import attrs
import pluggy

from monas_core.catalog import hookspecs, lint
from monas_core.catalog.alarm import TooLong, ended_after
from monas_core.catalog.specs import Entry, Spec

GROUP = "monas"
OWNER = "monas"
"""The distribution that ships the core; it keeps a name that a stranger also claims."""
_HOOKS_S = 20.0
"""Seconds that loading a stranger's plugin may take."""
CARELESS = "careless"
"""State of a plugin that works, but not as its author meant."""


@attrs.frozen
class Fault:
    """A plugin, or one offer of it, that was left out, and why."""

    plugin: str
    provider: str
    version: str
    state: str
    reason: str
    kind: str = "plugin"

    @property
    def usable(self) -> bool:
        """Whether the plugin is kept in spite of it."""
        return self.state == CARELESS


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
                offers, careless = _offers_in_time(point, provider)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's code may do anything
            faults.append(Fault(point.name, provider, version, "broken", _reason(error)))
            continue
        faults += [Fault(point.name, provider, version, CARELESS, why) for why in careless]
        for kind, spec in offers:
            why = lint.malformed(spec)
            if why:
                name = spec.name if isinstance(spec.name, str) and spec.name else point.name
                faults.append(Fault(name, provider, version, "malformed", why, kind))
                continue
            entries.append(Entry(kind, spec, provider, version))
            why = lint.forgotten_capability(kind, spec)
            if why:
                faults.append(Fault(spec.name, provider, version, CARELESS, why, kind))
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


def _reason(error: BaseException) -> str:
    """What a stranger's exception says, on one line, whatever its text does."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - a stranger's code may do anything
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _offers_in_time(point: EntryPoint, provider: str) -> tuple[list[tuple[str, Spec]], list[str]]:
    """As ``_offers``; a stranger's plugin may not keep every command waiting.

    Raises:
        TimeoutError: It did.
    """
    if provider == OWNER:
        return _offers(point)
    try:
        with ended_after(_HOOKS_S):
            return _offers(point)
    except TooLong:
        raise TimeoutError(
            f"its module and hooks took longer than {_HOOKS_S:g} s; they must only name what "
            "there is"
        ) from None


def _offers(point: EntryPoint) -> tuple[list[tuple[str, Spec]], list[str]]:
    """Import one plugin module and call its hooks; its specs, and what is careless about it."""
    manager = pluggy.PluginManager("monas")
    manager.add_hookspecs(hookspecs)
    before = frozenset(sys.modules)
    module = point.load()
    heavy = lint.heavy_import(module, before) if isinstance(module, ModuleType) else ""
    manager.register(module, name=point.name)
    manager.check_pending()
    implemented = [caller.name for caller in manager.get_hookcallers(module) or ()]
    idle = lint.without_marker(module, implemented) if isinstance(module, ModuleType) else ""
    if idle and not implemented:
        raise TypeError(idle)
    offers: list[tuple[str, Spec]] = []
    for kind, hook in hookspecs.HOOKS.items():
        if hook in implemented:
            offers.extend((kind, spec) for spec in _answer(manager, hook))
    return offers, [why for why in (heavy, idle) if why]


def _answer(manager: pluggy.PluginManager, hook: str) -> list[Spec]:
    """The specs of one hook.

    Raises:
        RuntimeError: The hook failed; it is named.
        TypeError: It returned something other than a list of specs.
    """
    try:
        answers = [
            list(found) if _is_list(found) else found for found in getattr(manager.hook, hook)()
        ]
    except (Exception, SystemExit) as error:
        raise RuntimeError(f"hook {hook} failed: {_reason(error)}") from error
    if not answers:
        raise TypeError(f"hook {hook} returned None, expected a list of Spec objects")
    (found,) = answers
    if not isinstance(found, list):
        raise TypeError(f"hook {hook} returned {found!r:.60}, expected a list of Spec objects")
    for spec in found:
        if not isinstance(spec, Spec):
            raise TypeError(f"{hook} returned {spec!r:.60}, expected Spec objects")
    return found


def _is_list(found: Any) -> bool:
    return isinstance(found, Iterable) and not isinstance(found, str | bytes | Mapping)


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
