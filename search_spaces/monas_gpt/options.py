"""Options of the GPT space; imports no torch."""

from __future__ import annotations

import attrs

from monas_core.values.bounds import within


@attrs.frozen
class Options:
    """What is fixed for a whole run instead of searched.

    Attributes:
        block_size: Longest context in tokens, the length of the table of positions; 0 is the
            preset's: 1024 of the published ones, as long as the task's context for tiny.
    """

    block_size: int = 0

    def __attrs_post_init__(self) -> None:
        within("options.space", 0, block_size=self.block_size)
