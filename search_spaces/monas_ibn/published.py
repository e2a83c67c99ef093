"""The published topologies, as answers to the choices of preset ``published``.

Figures: top-1 in per cent of int8 networks on ImageNet and milliseconds on a Pixel 6, as the
authors give them with their code. They were measured there and are never measured here.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from monas_core.values.architecture import Option
from monas_ibn.sizes import Operation

_DEPTHWISE: Operation = "depthwise"
_FUSED: Operation = "fused"
_MIXED: Operation = "fused-grouped"
_ROWS: tuple[tuple[Operation, ...], ...] = (
    (_FUSED, _MIXED),
    (_FUSED, _MIXED, _FUSED, _MIXED),
    (_FUSED, _DEPTHWISE, _DEPTHWISE, _DEPTHWISE),
    (_DEPTHWISE, _DEPTHWISE, _DEPTHWISE, _DEPTHWISE),
    (_DEPTHWISE, _DEPTHWISE, _DEPTHWISE, _DEPTHWISE),
    (_DEPTHWISE,),
)
_TINY: tuple[tuple[Operation, ...], ...] = (
    (_FUSED, _MIXED),
    (_MIXED, _MIXED, _MIXED, _MIXED),
    (_MIXED, _DEPTHWISE, _DEPTHWISE, _DEPTHWISE),
    *_ROWS[3:],
)
"""Operations of every block, group by group. A group's first block widens eightfold, the
others fourfold; all kernels are 3 x 3."""


@attrs.frozen
class Published:
    """One published network.

    Attributes:
        name: Of the topology.
        stem, stem_kernel, filters, size, top: Its answers.
        operations: Of every block, group by group.
        top1: Per cent.
        milliseconds: On a Pixel 6.
    """

    name: str
    stem: int
    stem_kernel: int
    filters: tuple[int, ...]
    size: int
    top: int
    top1: float
    milliseconds: float
    operations: tuple[tuple[Operation, ...], ...] = _ROWS

    def answers(self) -> dict[str, Option]:
        """Its answer to every choice that counts."""
        found: dict[str, Option] = {
            "stem": self.stem,
            "stem_kernel": self.stem_kernel,
            "top": self.top,
            **{f"filters_{number}": width for number, width in enumerate(self.filters)},
        }
        for place, block, operation in self._blocks():
            found[f"op_{place}"] = operation
            found[f"kernel_{place}"] = 3
            found[f"expand_{place}"] = 4 if block else 8
            if operation == _MIXED:
                found[f"size_{place}"] = self.size
        return found

    def _blocks(self) -> Iterator[tuple[str, int, Operation]]:
        for number, operations in enumerate(self.operations, start=1):
            for block, operation in enumerate(operations):
                yield f"{number}_{block}", block, operation


TOPOLOGIES = (
    Published("tiny", 32, 5, (16, 32, 48, 80, 112, 160, 192), 64, 1280, 74.66, 0.78, _TINY),
    Published("xs", 32, 5, (16, 32, 48, 96, 144, 160, 192), 64, 1280, 75.79, 0.82),
    Published("s", 64, 5, (24, 48, 64, 128, 160, 192, 256), 64, 1280, 77.36, 1.03),
    Published("m", 64, 5, (32, 64, 80, 160, 192, 240, 320), 64, 1344, 78.43, 1.35),
    Published("l", 64, 7, (32, 64, 96, 192, 240, 256, 384), 128, 1408, 79.00, 1.64),
)
"""Smallest first."""
