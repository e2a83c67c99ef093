"""What a language model is judged by, summed up over windows."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

BITS = "bits per byte"
ERROR = f"standard error of {BITS}"


class Tally:
    """Sums over windows of T tokens.

    Bits per byte are all information over all bytes of the same windows, so that models over
    different tokens can be compared, whatever tokens the windows happen to show.
    """

    def __init__(self) -> None:
        self._nats, self._hits, self._tokens = 0.0, 0, 0
        self._windows: list[Tensor] = []

    def add(self, nats: Tensor, hits: Tensor, size: Tensor) -> None:
        """Some windows.

        Args:
            nats: Information of each token, ``(B, T)``.
            hits: Which tokens were predicted right, ``(B, T)``.
            size: Bytes of each window, ``(B,)``.
        """
        exact = nats.double()
        self._nats += float(exact.sum())
        self._hits += int(hits.sum())
        self._tokens += nats.numel()
        self._windows.append(torch.stack([exact.sum(1).cpu(), size.double().cpu()], 1))

    def scores(self, item: str) -> Mapping[str, float]:
        """Bits per byte with their standard error, perplexity and accuracy per token."""
        windows = torch.cat(self._windows)  # (n, 2): nats and bytes
        mean = self._nats / self._tokens
        size = float(windows[:, 1].sum()) / self._tokens
        found = {
            BITS: mean / math.log(2) / size,
            "perplexity": math.exp(min(mean, 700.0)),  # beyond, float64 overflows
            f"next-{item} accuracy": self._hits / self._tokens,
        }
        return found | ({ERROR: _error(windows)} if len(windows) > 1 else {})


def _error(windows: Tensor) -> float:
    """Standard error of the ratio of two sums, bit per byte (Cochran 1977, section 6.4)."""
    nats, size = windows.unbind(1)
    apart = nats - nats.sum() / size.sum() * size
    count = len(windows)
    return float((apart.square().sum() / (count - 1) / count).sqrt() / size.mean() / math.log(2))
