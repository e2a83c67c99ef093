"""Widths, filters and pooling by preset, and the choices, as plain values; imports no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from monas_core.parts.space import WarmUp
from monas_core.values.architecture import Choice, Condition
from monas_core.values.choices import ChoiceSet


@attrs.frozen
class Filter:
    """Taps of a causal filter and the distance between them.

    Attributes:
        taps: How many steps of the past it sees, the present included.
        dilation: Steps from one to the next.
    """

    taps: int
    dilation: int

    @property
    def field(self) -> int:
        """Steps from the newest to the oldest, both included."""
        return (self.taps - 1) * self.dilation + 1

    @property
    def name(self) -> str:
        """As an option: ``k5d2``."""
        return f"k{self.taps}d{self.dilation}"

    @classmethod
    def parse(cls, name: str) -> Filter:
        """Inverse of ``name``."""
        taps, dilation = name[1:].split("d")
        return cls(int(taps), int(dilation))


def filters(field: int, taps: Sequence[int]) -> tuple[Filter, ...]:
    """Every filter within a receptive field, no two alike, fewest taps first.

    Args:
        field: K, steps; the filter of K taps is the last.
        taps: Numbers of taps that are offered; the most that fit a dilation always are.
    """
    found: list[Filter] = []
    dilation = 1
    while dilation < field:
        most = (field - 1) // dilation + 1
        counts = {count for count in (*taps, most) if count <= most}
        # a single tap has no distance to another
        found += [Filter(count, dilation) for count in counts if count > 1 or dilation == 1]
        dilation *= 2
    return tuple(sorted(found, key=lambda f: (f.taps, f.dilation)))


@attrs.frozen
class Stage:
    """Layers of one width: an entry, then residual blocks whose outputs are added up.

    Attributes:
        widths: Channels that can be chosen, rising; all layers of the stage share them.
        blocks: How many; of each the inner width is chosen, and without any it is left out.
        pool: Neighbouring steps that are averaged before the entry.
    """

    widths: tuple[int, ...]
    blocks: int = 0
    pool: int = 1


@attrs.frozen
class Sizes:
    """Everything that differs between two presets.

    Attributes:
        stages: In order.
        field: K, steps that the longest filter sees.
        taps: Numbers of taps that are offered.
        calibration: Training windows that the statistics of a subnet are taken from.
        warm_up: Recommended training of the supernet.
    """

    stages: tuple[Stage, ...]
    field: int
    taps: tuple[int, ...]
    calibration: int
    warm_up: WarmUp

    @property
    def filters(self) -> tuple[Filter, ...]:
        """What every filter is chosen from."""
        return filters(self.field, self.taps)

    def choices(self) -> ChoiceSet:
        """Width of each stage, inner width of each block, and every filter."""
        return ChoiceSet("tcn", 1, list(self._choices()))

    def _choices(self) -> Iterator[Choice]:
        options = tuple(f.name for f in self.filters)
        for number, stage in enumerate(self.stages, start=1):
            group = f"stage {number}"
            yield Choice(f"channels_{number}", stage.widths, ordered=True, group=group)
            yield Choice(f"filter_{number}", options, ordered=True, group=group)
            for block in range(1, stage.blocks + 1):
                inner = f"inner_{number}_{block}"
                there = Condition(inner, stage.widths)
                yield Choice(inner, (0, *stage.widths), ordered=True, group=group)
                for place in "ab":
                    name = f"filter_{number}_{block}{place}"
                    yield Choice(name, options, there, ordered=True, group=group)


def _widths(most: int, step: int) -> tuple[int, ...]:
    """Multiples of a step; the first half step as well."""
    return (step // 2, *range(step, most + 1, step))


PRESETS: Mapping[str, Sizes] = {
    # Two layers and a field of 17: for lags and short gestures. 23 filters of each layer.
    "tiny": Sizes(
        stages=(Stage(_widths(16, 2)), Stage(_widths(16, 2))),
        field=17,
        taps=(1, 2, 3, 4, 5, 7, 9, 13),
        calibration=256,
        warm_up=WarmUp(steps=400, batch_size=64, learning_rate=5e-3),
    ),
    # Two stages with a residual block each, halved in time between them.
    "small": Sizes(
        stages=(Stage(_widths(16, 4), blocks=1, pool=2), Stage(_widths(32, 4), blocks=1, pool=2)),
        field=17,
        taps=(1, 2, 3, 4, 5, 7, 9, 13),
        calibration=256,
        warm_up=WarmUp(steps=800, batch_size=64, learning_rate=5e-3),
    ),
    # Of the size of the seeds that PIT prunes (Risso et al., arXiv 2301.10281); its training
    # follows the habits of weight sharing and was not tuned here.
    "large": Sizes(
        stages=(
            Stage(_widths(32, 8), blocks=1),
            Stage(_widths(64, 8), blocks=2, pool=2),
            Stage(_widths(128, 16), blocks=2, pool=2),
        ),
        field=33,
        taps=(1, 2, 3, 5, 9, 17),
        calibration=256,
        warm_up=WarmUp(steps=20_000, batch_size=64, learning_rate=2e-3),
    ),
}
"""Sizes by preset, smallest first."""

MINIATURE = Sizes(
    stages=(Stage((2, 4), blocks=1, pool=2),),
    field=3,
    taps=(1,),
    calibration=32,
    warm_up=WarmUp(steps=20, batch_size=8, learning_rate=3e-3),
)
"""114 architectures, for contracts: small enough to enumerate and to train in a second."""
