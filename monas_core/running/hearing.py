"""Who hears of a run: observers that it names, and those that hear of every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from typing import Any

from monas_core.catalog.lookup import Catalog, checked_options
from monas_core.catalog.specs import ON_REQUEST, Entry
from monas_core.errors import MonasError, UsageError
from monas_core.events import Bus, Event, Observer, Warned
from monas_core.record.config import RunConfig
from monas_core.running.naming import Asked, options_by_name

Hearer = tuple[Entry, Callable[[], Any]]
"""An entry, and what gives its observer: made once, whoever asks first."""


def observers(config: RunConfig, catalog: Catalog) -> tuple[Hearer, ...]:
    """Who hears of a run. Those that it names are made: what they lack is told now.

    Raises:
        UsageError: For an observer that is not installed or not asked for, an option it does not
            have, or a package it needs.
    """
    named = [catalog.find("observer", name) for name in config.observers or ()]
    installed = catalog.entries("observer")
    heard = [e for e in installed if e in named or ON_REQUEST not in e.spec.provides]
    asleep = [e.name for e in installed if e not in heard]
    for key in config.options.get("observer", {}):
        if key in asleep:
            raise UsageError(
                f"options.observer.{key}: this run does not ask for it; add --observers {key}."
            )
    parts = [Asked(entry) for entry in heard]
    options = options_by_name(config, "observer", parts)
    found: list[Hearer] = []
    for part in parts:
        make = cache(partial(part.create, options.get(part.name)))
        if part.entry in named:
            make()
        elif part.name in options:
            checked_options(part.entry, options[part.name], f"options.observer.{part.name}")
        found.append((part.entry, make))
    return tuple(found)


@contextmanager
def heard_by(found: Sequence[Hearer], bus: Bus) -> Iterator[None]:
    """While this lasts observers hear what the bus is told; one that cannot be made is told of."""
    with ExitStack() as attached:
        for entry, make in found:
            try:
                attached.enter_context(bus.attached(_named(entry, make())))
            except MonasError as error:
                bus.emit(Warned(0.0, f"observer left out: {error}"))
        yield


def _named(entry: Entry, told: Any) -> Observer:
    """An installed observer under a name that tells whose it is."""

    def tell(event: Event) -> None:
        told(event)

    tell.__qualname__ = f'"{entry.name}" ({entry.origin})'
    return tell
