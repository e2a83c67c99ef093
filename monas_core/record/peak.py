"""The memory of this process, as logs and screens tell of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def resource_module() -> Any:
    """The module of that name, or ``None`` on a system without it."""
    try:
        import resource
    except ImportError:
        return None
    return resource


def current_mb() -> float:
    """Resident memory of this process now, in MB; its largest so far where only that is told."""
    usage = resource_module()
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return peak_mb()
    return pages * usage.getpagesize() / 2**20


def peak_mb() -> float:
    """Largest resident memory of this process so far, in MB; 0 where the system does not tell."""
    usage = resource_module()
    if usage is None:
        return 0.0
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, kilobytes elsewhere
    return usage.getrusage(usage.RUSAGE_SELF).ru_maxrss / unit
