"""Options of counts."""

from __future__ import annotations

import attrs


@attrs.frozen
class FlopsOptions:
    """What is counted.

    Attributes:
        macs: Count a multiply-accumulate once, as many papers do, instead of as two FLOPs.
    """

    macs: bool = False
