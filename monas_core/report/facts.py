"""What a report needs beyond the run folder, as plain values.

The command line fills it from what is installed; a run can be reported without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs


@attrs.frozen
class Facts:
    """Of the space, the objectives and the devices of a run.

    Attributes:
        choices: Rows of choices (see ``blueprint``); ``None`` if the space is not installed.
        ratios: Objectives that people weigh as ratios, so that picks compare logarithms;
            ``None`` takes all but the first.
        profiles: Device profiles by name, of the devices that are installed.
    """

    choices: Sequence[Mapping[str, Any]] | None = None
    ratios: Sequence[str] | None = None
    profiles: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
