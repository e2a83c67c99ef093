"""Search of neural architectures for several objectives and many devices.

Example:
    >>> import monas_core as monas
    >>> run = monas.search("gpt", objectives=["acc", "lat"], devices=["host"])
    >>> member = run.pick("host", {"acc": 0.6, "lat": 0.4})
    >>> network = run.load(member)
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monas_core.api import (
        Constraint,
        Control,
        Interrupted,
        MonasError,
        OwnTask,
        Progress,
        Run,
        Score,
        from_pretrained,
        open_run,
        push_to_hub,
        search,
        wish_slider,
    )

# Idle OpenMP threads spin by default; on a machine that others use too, that makes
# every step up to ten times slower. A short spin costs nothing measurable when alone.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

__all__ = [
    "Constraint",
    "Control",
    "Interrupted",
    "MonasError",
    "OwnTask",
    "Progress",
    "Run",
    "Score",
    "from_pretrained",
    "open_run",
    "push_to_hub",
    "search",
    "wish_slider",
]


def __getattr__(name: str) -> Any:
    """The names of ``api``, imported when asked for: the command line starts without torch."""
    if name in __all__:
        from monas_core import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
