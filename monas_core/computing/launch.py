"""What a launcher such as ``torchrun`` says of the processes that it started; imports no torch."""

from __future__ import annotations

import os
from typing import NamedTuple

from monas_core.errors import UsageError

_VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR")


class Launch(NamedTuple):  # not attrs: every command starts here, help too
    """One process of several.

    Attributes:
        number: Which, from 0 (``RANK``).
        total: Of how many (``WORLD_SIZE``).
        local: Which of those on this machine (``LOCAL_RANK``): the number of its GPU.
    """

    number: int
    total: int
    local: int


def launched() -> Launch | None:
    """What the environment says; ``None`` for a process on its own.

    Raises:
        UsageError: Numbers that do not fit together.
    """
    if not all(name in os.environ for name in _VARIABLES):
        return None
    told = {name: os.environ.get(name, "0") for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")}
    said = ", ".join(f"{name}={value}" for name, value in told.items())
    try:
        number, count, local = (int(value) for value in told.values())
    except ValueError:
        number, count, local = -1, 0, 0
    if not 0 <= number < count or local < 0:
        raise UsageError(
            f"The launcher says {said}, and a rank must be a number from 0 to WORLD_SIZE - 1; "
            "start the processes with torchrun --nproc-per-node N -m monas_core run ..."
        )
    return Launch(number, count, local) if count > 1 else None
