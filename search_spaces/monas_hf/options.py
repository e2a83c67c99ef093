"""Options of the space; imports no torch."""

from __future__ import annotations

import attrs

from monas_core.errors import UsageError
from monas_core.values.bounds import within

BITS = {"int8": 8, "int4": 4}
"""Of the codes of weights, by the word for it."""


@attrs.frozen
class HFOptions:
    """How a checkpoint becomes a supernet.

    Attributes:
        calibration: Training samples that tell which layers, heads and channels matter; with 0
            the order is that of the checkpoint.
        precision: ``int8``, ``int4`` or both with a comma between them: weights of the layers may
            be kept so, group by group; ``float32`` always can.
    """

    calibration: int = 32
    precision: str = ""

    def __attrs_post_init__(self) -> None:
        within("options.space", 0, calibration=self.calibration)
        unknown = [word for word in self._words() if word not in BITS]
        if unknown:
            raise UsageError(
                f'options.space.precision is "{self.precision}", and knows {", ".join(BITS)}; '
                "write one, or both with a comma between them."
            )

    def _words(self) -> list[str]:
        return [word.strip() for word in self.precision.split(",") if word.strip()]

    @property
    def bits(self) -> tuple[int, ...]:
        """Of the codes, the fewest first; empty where all weights stay as they are."""
        return tuple(sorted({BITS[word] for word in self._words()}))
