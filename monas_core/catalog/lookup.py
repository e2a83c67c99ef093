"""The catalog: all usable entries, looked up by kind and name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from monas_core.catalog.discovery import Discovery, Fault, discover
from monas_core.catalog.specs import TAKES_ARGUMENT, Entry
from monas_core.errors import PluginError, UsageError, nearest

_PLURAL = {"space": "search space"}


@attrs.frozen
class Catalog:
    """Built once per process and passed to whoever needs it."""

    discovery: Discovery

    @classmethod
    def installed(cls) -> Catalog:
        """The catalog of everything installed."""
        return cls(discover())

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What was left out, and why."""
        return self.discovery.faults

    def entries(self, kind: str | None = None) -> list[Entry]:
        """All entries, or those of one kind, in order of provider and declaration."""
        return [e for e in self.discovery.entries if kind is None or e.kind == kind]

    def find(self, kind: str, name: str) -> Entry:
        """The entry with this name or alias.

        Raises:
            PluginError: The name belongs to a plugin that is broken or was refused.
            UsageError: Unknown name; the message suggests the nearest known one.
        """
        for entry in self.entries(kind):
            if name == entry.name or name in entry.spec.aliases:
                return entry
        self._explain_fault(name)
        raise UsageError(self._unknown(kind, name))

    def ask(self, kind: str, text: str) -> tuple[Entry, str | None]:
        """The entry of ``NAME`` or ``NAME:ARGUMENT``, and the argument.

        Raises:
            PluginError: As ``find``.
            UsageError: As ``find``, or the entry takes no argument.
        """
        name, colon, argument = text.partition(":")
        entry = self.find(kind, name)
        if colon and TAKES_ARGUMENT not in entry.spec.provides:
            raise UsageError(
                f'{kind.capitalize()} "{entry.name}" takes no argument, got "{text}"; '
                f"leave out :{argument}."
            )
        if colon and not argument.strip():
            raise UsageError(f'{kind.capitalize()} "{text}" lacks its argument behind the colon.')
        return entry, argument.strip() if colon else None

    def create(
        self, kind: str, name: str, options: dict[str, Any] | None = None, **arguments: Any
    ) -> Any:
        """Find an entry and call its factory with options checked against its options class.

        The argument of ``NAME:ARGUMENT`` is handed on.

        Raises:
            UsageError: Unknown name or option, or a missing extra.
            PluginError: The plugin fails.
        """
        entry, argument = self.ask(kind, name)
        if argument is not None:
            arguments["argument"] = argument
        return entry.create(**arguments, **checked_options(entry, options or {}))

    def _explain_fault(self, name: str) -> None:
        for fault in self.faults:
            if fault.plugin == name and not fault.usable:
                raise PluginError(
                    f'"{name}" of {fault.provider} {fault.version} is {fault.state}: '
                    f"{fault.reason.rstrip('.')}."
                )

    def _unknown(self, kind: str, name: str) -> str:
        known = self.entries(kind)
        names = [n for entry in known for n in (entry.name, *entry.spec.aliases)]
        noun = _PLURAL.get(kind, kind)
        near = nearest(name, names)
        if near:
            entry = next(e for e in known if near == e.name or near in e.spec.aliases)
            hint = f'Did you mean "{near}" ({entry.origin})?'
        else:
            hint = f"Known: {', '.join(entry.name for entry in known) or 'none'}."
        return f'No {noun} "{name}". {hint} List all: monas plugins'


def needs_of(entry: Entry, options: Mapping[str, Any] | None) -> frozenset[str]:
    """Capabilities that an entry with these options needs.

    Raises:
        UsageError: As ``checked_options``.
    """
    if not entry.spec.factory:  # kept by a run, and checked when that was started
        return entry.spec.needs
    chosen = checked_options(entry, options or {}).get("options")
    return entry.spec.needs | getattr(chosen, "needs", frozenset())


def checked_options(
    entry: Entry, options: Mapping[str, Any], where: str | None = None
) -> dict[str, Any]:
    """Options as keyword arguments: ``{}`` or ``{"options": instance}``.

    Args:
        entry: Whose options.
        options: By name.
        where: By which path a person sets them; by default that of the kind.

    Raises:
        UsageError: The entry takes no options, or one is unknown or of a wrong type.
    """
    from monas_core.record.config import structure

    kind = entry.load_options()
    if kind is None:
        if options:
            raise UsageError(
                f'{entry.kind} "{entry.name}" takes no options, got {", ".join(options)}.'
            )
        return {}
    return {"options": structure(options, kind, where or f"options.{entry.kind}")}
