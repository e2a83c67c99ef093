"""Options of the space; imports no torch."""

from __future__ import annotations

import attrs

from monas_core.values.bounds import within


@attrs.frozen
class HFOptions:
    """How a checkpoint becomes a supernet.

    Attributes:
        calibration: Training samples that tell which layers, heads and channels matter; with 0
            the order is that of the checkpoint.
    """

    calibration: int = 32

    def __attrs_post_init__(self) -> None:
        within("options.space", 0, calibration=self.calibration)
