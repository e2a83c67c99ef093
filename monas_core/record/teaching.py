"""Settings of a reference network, as a part of a run's configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from monas_core.values.bounds import within


@attrs.frozen
class TeacherConfig:
    """A reference network that others are compared with or learn from; written ``largest``.

    Attributes:
        source: ``largest`` and ``self`` train the largest network of the space first, by the task
            or without its targets; ``RUN#KEY``, a file, ``timm:NAME=FILE`` or
            ``torchvision:NAME=FILE`` take one that is there. ``None`` is none.
        steps: Of its training, where the run trains it; ``None`` takes half of the warm-up's.
        taps: Names of its modules that are looked at; ``None`` takes those of the space.
    """

    source: str | None = None
    steps: int | None = None
    taps: tuple[str, ...] | None = None

    def __attrs_post_init__(self) -> None:
        if self.steps is not None:
            within("teacher", 1, steps=self.steps)

    @property
    def said(self) -> str:
        """In words; empty where there is none."""
        return self.source or ""


def as_teacher(given: Any) -> Any:
    """Settings of a teacher from its source alone, or from nothing, as a group of keys."""
    if given is None:
        return {}
    return {"source": str(given)} if isinstance(given, str | Path) else given
