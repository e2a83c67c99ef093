"""Parts that a program hands over itself, beside those that are installed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry, Spec
from monas_core.errors import UsageError
from monas_core.files import plain_name

PROVIDER = "this program"


@attrs.frozen
class GivenEntry(Entry):
    """An entry whose part is there already: an instance, or the class to make one of.

    Attributes:
        part: As it was handed over.
        maker: How an instance becomes one of its own for a run, which nobody else changes.
    """

    part: Any = attrs.field(default=None, eq=False, repr=False)
    maker: Callable[[Any], Any] = attrs.field(default=lambda part: part, eq=False, repr=False)

    @property
    def origin(self) -> str:
        """For messages: it has no version."""
        return self.provider

    def load(self) -> Any:
        """The part, or its class: what both tell of themselves is the same."""
        return self.part

    def load_options(self) -> None:
        """It has none: options are arguments of its constructor."""

    def factory(self) -> Callable[..., Any]:
        """Makes one of the class, or gives a run a part of its own from the instance."""
        return self._made if isinstance(self.part, type) else self._own

    def _made(self, **arguments: Any) -> Any:
        """An instance of the class, which need not take what every plugin is offered."""
        taken = inspect.signature(self.part).parameters
        every = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in taken.values())
        offered = ("preset", "task")
        kept = {k: v for k, v in arguments.items() if every or k in taken or k not in offered}
        return self.part(**kept)

    def _own(self, **arguments: Any) -> Any:
        preset = arguments.get("preset", getattr(self.part, "preset", None))
        if self.kind == "space" and preset != self.part.preset:
            raise UsageError(
                f'Space "{self.name}" was handed over with preset "{self.part.preset}", and '
                f'preset "{preset}" was asked for; leave out the preset.'
            )
        if arguments.get("argument") is not None:
            raise UsageError(
                f'{self.kind.capitalize()} "{self.name}" takes no argument, got '
                f'"{arguments["argument"]}".'
            )
        return self.maker(self.part)


def entry_of(
    kind: str,
    part: Any,
    *,
    name: str,
    provides: Iterable[str] = (),
    needs: Iterable[str] = (),
    maker: Callable[[Any], Any] | None = None,
) -> GivenEntry:
    """An entry for a part.

    Args:
        kind: Of plugin.
        part: An instance, or its class.
        name: By which it is asked for.
        provides: As in a spec.
        needs: As in a spec.
        maker: How an instance becomes one of a run's own; by default it is taken as it is.

    Raises:
        UsageError: The name cannot be that of a file, or would be read as something else.
    """
    if not plain_name(name) or any(sign in name for sign in ":,@") or name.endswith(".json"):
        raise UsageError(
            f'A {kind} of yours is called "{name}", which cannot be the name of a part: write '
            "letters, digits and dashes, without ':', ',', '@' or '/'."
        )
    kept = part if isinstance(part, type) else type(part)
    spec = Spec(
        name=name,
        summary=f"A {kind} of this program.",
        factory=f"{kept.__module__}:{kept.__qualname__}",
        provides=frozenset(provides),
        needs=frozenset(needs),
    )
    own: Mapping[str, Any] = {} if maker is None else {"maker": maker}
    return GivenEntry(kind, spec, PROVIDER, "", part=part, **own)


def with_entries(catalog: Catalog, entries: Iterable[Entry]) -> Catalog:
    """A catalog that knows some entries more, each by the name it has.

    Raises:
        UsageError: Something of the kind and name is known already.
    """
    known = list(catalog.discovery.entries)
    for entry in entries:
        taken = [e for e in known if e.kind == entry.kind]
        if any(entry.name in (e.name, *e.spec.aliases) for e in taken):
            raise UsageError(
                f'A {entry.kind} "{entry.name}" is installed already or named twice; give yours '
                "another name."
            )
        known.append(entry)
    return Catalog(attrs.evolve(catalog.discovery, entries=tuple(known)))


def given_entries(catalog: Catalog) -> list[GivenEntry]:
    """What a program has handed over."""
    return [entry for entry in catalog.entries() if isinstance(entry, GivenEntry)]
