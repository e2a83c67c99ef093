"""The memory of this process, as logs and screens tell of it."""

from __future__ import annotations

import sys
from typing import Any


def resource_module() -> Any:
    """The module of that name, or ``None`` on a system without it."""
    try:
        import resource
    except ImportError:
        return None
    return resource


def peak_mb() -> float:
    """Largest resident memory of this process so far, in MB; 0 where the system does not tell."""
    usage = resource_module()
    if usage is None:
        return 0.0
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, kilobytes elsewhere
    return usage.getrusage(usage.RUSAGE_SELF).ru_maxrss / unit
