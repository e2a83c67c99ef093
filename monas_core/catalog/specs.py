"""A registration record: what a plugin offers, without importing it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from monas_core.errors import PluginError
from monas_core.extras import require_packages

TAKES_ARGUMENT = "takes-argument"
"""Provided by what takes ``argument=``, that of ``NAME:ARGUMENT``: spaces, objectives, devices."""
NAMES_SCORES = "names-scores"
"""Provided by an objective that is a score of the task, and may be asked for by its name: the
headline as ``NAME``, any other as ``NAME:SCORE``."""

OWN_LOSS = "own-loss"
"""Provided by the loss that leaves a task its own."""
ON_REQUEST = "on-request"
"""Provided by an observer that hears of runs which name it; others hear of every run."""
PRETRAINED = "pretrained"
"""Provided by a space whose supernet has good weights before anything is trained."""


def _tuple(names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):  # ("lat") is a string: a comma is missing
        raise TypeError(f"expected several names, got the string {names!r}")
    return tuple(names)


def _set(names: Iterable[str]) -> frozenset[str]:
    return frozenset(_tuple(names))


@attrs.frozen
class Spec:
    """One thing a plugin offers.

    Attributes:
        name: As typed by a person.
        summary: One line for ``monas plugins``.
        factory: Import path ``package.module:attribute``; imported on first use.
        aliases: Other names (``lat`` for ``latency``).
        needs: Capabilities a run must have for this to work.
        provides: Capabilities this brings to a run.
        extras: Packages beyond the base install, as import name to pip requirement.
        options: Import path of an attrs class of keyword options, if there are any. Its
            property ``needs``, if it has one, names what those options need beyond ``needs``.
        settings: Fixed keyword arguments of the factory (one factory, many names).
    """

    name: str
    summary: str
    factory: str
    aliases: tuple[str, ...] = attrs.field(default=(), converter=_tuple)
    needs: frozenset[str] = attrs.field(default=frozenset(), converter=_set)
    provides: frozenset[str] = attrs.field(default=frozenset(), converter=_set)
    extras: Mapping[str, str] = attrs.field(factory=dict)
    options: str | None = None
    settings: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class Entry:
    """A spec stamped with who provides it."""

    kind: str
    spec: Spec
    provider: str
    version: str

    @property
    def name(self) -> str:
        """Name of the spec."""
        return self.spec.name

    @property
    def origin(self) -> str:
        """Provider and version for messages: ``monas 0.1.0``."""
        return f"{self.provider} {self.version}"

    def load(self) -> Any:
        """Import the factory.

        Raises:
            UsageError: A package of an optional extra is missing.
            PluginError: The plugin's own code fails on import.
        """
        self._check_extras()
        return self._import(self.spec.factory)

    def load_options(self) -> Any | None:
        """Import the class of options, if the spec names one."""
        return self._import(self.spec.options) if self.spec.options else None

    def factory(self) -> Callable[..., Any]:
        """What makes the part. Raises as ``load``."""
        return self.load()

    def create(self, **arguments: Any) -> Any:
        """Call the factory with the spec's settings and these arguments.

        Raises:
            PluginError: The factory raised anything but a MonasError, or made the wrong thing.
        """
        from monas_core.catalog.guard import guarded
        from monas_core.errors import MonasError

        factory = self.factory()
        who = f'{self.kind.capitalize()} "{self.name}" ({self.origin})'
        try:
            part = factory(**{**self.spec.settings, **arguments})
            return guarded(part, self.kind, who, self)
        except MonasError:
            raise
        except Exception as error:
            raise PluginError(
                f'{self.kind} "{self.name}" ({self.origin}) failed to start: '
                f"{type(error).__name__}: {error}"
            ) from error

    def asked(self, argument: str | None) -> str:
        """The full name of ``NAME:ARGUMENT``."""
        return self.name if argument is None else f"{self.name}:{argument}"

    def _import(self, path: str) -> Any:
        module, _, attribute = path.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except Exception as error:
            raise PluginError(
                f'{self.kind} "{self.name}" ({self.origin}) cannot be imported from '
                f"{path}: {type(error).__name__}: {error}"
            ) from error

    def _check_extras(self) -> None:
        require_packages(f'{self.kind} "{self.name}"', self.spec.extras)
