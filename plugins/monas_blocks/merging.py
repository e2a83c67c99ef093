"""The best combinations of paths, block by block: exact where a network's values are sums.

What is dominated within a block is dominated in every network, since the other blocks add the
same to both; so only non-dominated sums go on to the next block.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monas_core.values.front import Points, non_dominated

Picks = NDArray[np.int64]
"""Which path each block takes, ``(n, B)``."""


def merged(base: Points, changes: Sequence[Points]) -> tuple[Points, Picks]:
    """All non-dominated sums and what they are sums of.

    Args:
        base: Minimised values of the base network, ``(M,)``.
        changes: By block, by how much each path changes them, ``(n, M)``.

    Returns:
        Values ``(n, M)`` and the number of each block's path ``(n, B)``.
    """
    points, picks = base[None, :], np.empty((1, 0), dtype=np.int64)
    for change in changes:
        kept = np.flatnonzero(non_dominated(change))
        sums = (points[:, None, :] + change[None, kept, :]).reshape(-1, points.shape[1])
        before = np.repeat(np.arange(len(points)), len(kept))
        taken = np.tile(kept, len(points))
        best = np.flatnonzero(non_dominated(sums))
        points = sums[best]
        picks = np.concatenate([picks[before[best]], taken[best, None]], axis=1)
    return points, picks
