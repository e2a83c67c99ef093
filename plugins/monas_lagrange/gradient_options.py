"""Options of searches that train weights and gates in turn."""

from __future__ import annotations

import attrs

from monas_core.values.bounds import positive, within

_WHERE = "options.optimizer"


@attrs.frozen
class DARTSOptions:
    """Options of ``darts``.

    Attributes:
        steps: Steps of the gates in one pass, each after one of the weights.
        passes: Passes that a budget of evaluations or steps is divided among; a budget of
            seconds has as many as there is time for. Gates start afresh, weights go on.
        rounds: Times per pass that what the gates stand for is evaluated.
        batch: Architectures evaluated each time, at least.
        batch_size: Samples per step; 0 takes the space's.
        learning_rate: Of the gates (Adam).
        weights_rate: Peak learning rate of the weights; 0 takes the space's.
        head_start: Share of the first pass in which weights learn alone.
        coldest: Temperature of the gates at the end of a pass, which begins at 1. The lower, the
            nearer a mixture is to what it stands for; DARTS has 1 throughout.
        inherit: Start from the weights of the warm-up, where they fit the network that is
            searched in.
    """

    steps: int = 120
    passes: int = 3
    rounds: int = 2
    batch: int = 8
    batch_size: int = 0
    learning_rate: float = 0.05
    weights_rate: float = 0.0
    head_start: float = 0.2
    coldest: float = 1.0
    inherit: bool = True

    def __attrs_post_init__(self) -> None:
        within(_WHERE, 0, batch_size=self.batch_size, weights_rate=self.weights_rate)
        within(_WHERE, 0, 1, head_start=self.head_start)
        within(
            _WHERE, 1, steps=self.steps, passes=self.passes, rounds=self.rounds, batch=self.batch
        )
        positive(_WHERE, learning_rate=self.learning_rate, coldest=self.coldest)


@attrs.frozen
class DCAOptions(DARTSOptions):
    """Options of ``dca``: those of ``darts``, and of its limits.

    Attributes:
        targets: Limits per device where none is stated, at even quantiles of the cost of random
            architectures.
        cost: Short name of the objective these limits are on; "" takes the first cost of a
            device, else the first minimised one that is free.
        free: Share of a pass in which gates move without a pull, to have an opinion first.
        multiplier_rate: Of the ascent of the multipliers.
        calibrate: Ask for what earlier passes suggest will lead to the limit. Off: it chases noise
            (benchmarks/bench_dca.py).
        cost_samples: Architectures whose costs the expected cost is fitted to.
    """

    targets: int = 3
    cost: str = ""
    coldest: float = 0.1
    free: float = 0.3
    multiplier_rate: float = 0.2
    calibrate: bool = False
    cost_samples: int = 192

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        within(_WHERE, 0, 1, free=self.free)
        within(_WHERE, 1, targets=self.targets)
        within(_WHERE, 8, cost_samples=self.cost_samples)
        positive(_WHERE, multiplier_rate=self.multiplier_rate)
