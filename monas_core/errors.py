"""The faults monas raises on purpose, each with the exit code of the process.

A message is one sentence a person can act on: what was received, what is
allowed, what to do. Faults of the program itself stay ordinary exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, for messages; none where nothing is near."""
    import difflib

    folded = {other.casefold(): other for other in known}
    word = name.casefold()
    # the beginning of a longer name is meant before another name with as many letters in common
    begun = [other for other in folded if other.startswith(word)] if word else []
    close = difflib.get_close_matches(word, list(folded), n=1, cutoff=0.5)
    found = next(iter([*sorted(begun, key=len), *close]), None)
    return folded[found] if found is not None else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence for who wrote a name that does not exist: the nearest one, or all there are."""
    names = list(known)
    near = nearest(name, names)
    return f'Did you mean "{near}"?' if near else f"Known: {', '.join(names) or 'none'}."


class MonasError(Exception):
    """A fault that is explained to the user without a traceback."""

    exit_code = 1


class Caution(UserWarning):
    """Something is not as it was written, and what can be had without it is given."""


class UsageError(MonasError):
    """The request cannot be carried out as written (exit code 2)."""

    exit_code = 2


class MissingPackage(UsageError):  # noqa: N818 - an answer, not a fault
    """Something of an optional extra is wanted that is not installed."""


class PluginError(MonasError):
    """An installed plugin failed or broke its contract (exit code 3)."""

    exit_code = 3


class Interrupted(MonasError):  # noqa: N818 - an outcome, not a fault
    """The person stopped the run; what was done is saved (exit code 130)."""

    exit_code = 130


class Diverged(MonasError):  # noqa: N818 - an outcome of training, told as one
    """Weights, losses or outputs are no longer finite: there is nothing left to judge."""


class Unavailable(MonasError):  # noqa: N818 - an answer, not a fault
    """A value that cannot be had: not measured, not tabulated, not modelled."""
