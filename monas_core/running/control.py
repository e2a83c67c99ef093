"""How a person stops a run."""

from __future__ import annotations


class Control:
    """How a person stops a run: read by the engine between two steps."""

    def __init__(self) -> None:
        self.stopping = False

    def stop(self) -> None:
        """Stop after the current step."""
        self.stopping = True
