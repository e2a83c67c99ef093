"""Gates on the taps of a filter, and where all gates of a network lie (PIT, arXiv 2301.10281)."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import torch
from torch import Tensor

from monas_core.parts.gated import passed
from monas_core.parts.masks import THRESHOLD, Axes, Gate, Mask, UnitGate
from monas_core.values.architecture import Option
from monas_tcn.model import TCN, StageLayers
from monas_tcn.sizes import Filter, Sizes


@attrs.frozen
class FilterGate(Gate):
    """Gates on receptive field and dilation of a filter of K taps.

    A tap of lag j is left while the sum of the field's gates from j on, and the sum of the
    dilation's gates whose power of two divides j, are above the threshold (PIT, equations 2 to
    5): so the oldest taps go first, and what is left is evenly spaced. The newest tap stays.

    Deviation: the number of taps is rounded up to one that the space offers.

    Attributes:
        choice: Name of the choice.
        filters: Its options; the last has K taps.
    """

    choice: str
    filters: tuple[Filter, ...]

    @property
    def field(self) -> int:
        """K."""
        return self.filters[-1].taps

    @property
    def levels(self) -> int:
        """Dilations that can be lost: all but the widest."""
        return len({f.dilation for f in self.filters}) - 1

    @property
    def length(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """A gate for every lag but 0, and one for every dilation but the widest."""
        return self.field - 1 + self.levels

    def mask(self, gates: Tensor) -> Mask:
        """Over the taps as a kernel holds them, the newest last, ``(K,)``."""
        near, fine = self._sums(gates)
        hard_near, hard_fine = near >= THRESHOLD, fine >= THRESHOLD
        kind = self._kind(hard_near, hard_fine)
        hard = torch.zeros_like(near)
        hard[torch.arange(kind.taps) * kind.dilation] = 1.0
        values, shares = (
            passed(a.detach(), x) * passed(b.detach(), y)
            for a, b, x, y in (
                (hard_near.to(near), hard_fine.to(fine), near, fine),
                (hard_near.to(near), hard_fine.to(fine), *self._shares(near, fine)),
            )
        )
        return Mask(passed(hard, values).flip(0), passed(hard, shares).flip(0))

    def answers(self, mask: Mask) -> Mapping[str, Option]:
        """The filter that is left."""
        lags = [self.field - 1 - place for place in mask.kept][::-1]
        dilation = lags[1] if len(lags) > 1 else 1
        return {self.choice: Filter(len(lags), dilation).name}

    def _sums(self, gates: Tensor) -> tuple[Tensor, Tensor]:
        """Of the field's and of the dilation's gates at every lag, ``(K,)`` each."""
        always = gates.new_ones(1)
        beta = torch.cat([always, gates[: self.field - 1].abs()])
        gamma = torch.cat([gates[self.field - 1 :].abs(), always])  # finest dilation first
        near = beta.flip(0).cumsum(0).flip(0)
        return near, gamma.cumsum(0)[self._finest(gates)]

    def _shares(self, near: Tensor, fine: Tensor) -> tuple[Tensor, Tensor]:
        """Sums over their number of terms, so that gates of all lags weigh alike in a size."""
        terms = torch.arange(self.field, 0, -1, device=near.device)
        return near / terms, fine / (self._finest(near) + 1)

    def _finest(self, like: Tensor) -> Tensor:
        """Of the dilations that every lag is a multiple of, the number of the widest, ``(K,)``."""
        lags = torch.arange(self.field, device=like.device)
        found = torch.zeros_like(lags)
        for level in range(1, self.levels + 1):
            found[lags % 2**level == 0] = level
        return found

    def _kind(self, near: Tensor, fine: Tensor) -> Filter:
        """The filter of the fewest taps that the space offers and that has all that are left."""
        field = int(near.sum())  # the sums fall with the lag
        dilation = 2 ** int(self._finest(near)[fine].min())
        taps = -(-field // dilation)
        if taps == 1:
            return Filter(1, 1)
        fitting = (f for f in self.filters if f.dilation == dilation and f.taps >= taps)
        return next(fitting)


def groups_of(sizes: Sizes) -> dict[str, Gate]:
    """Every group of gates, by the name of its choice."""
    found: dict[str, Gate] = {}
    for choice in sizes.choices().choices:
        kind, _, _ = choice.name.partition("_")
        if kind == "filter":
            found[choice.name] = FilterGate(choice.name, sizes.filters)
        else:
            found[choice.name] = UnitGate(choice.name, tuple(int(o) for o in choice.options))
    return found


def axes_of(largest: TCN, steps: int) -> Axes:
    """Where the gates lie on the largest network, for windows of so many steps.

    A block whose inner channels are all gone is left out, with the norm behind it.
    """
    dims: dict[str, dict[int, str]] = {}
    rests_on: dict[str, str] = {}
    uses: dict[str, int] = {}
    before: str | None = None
    for number, stage in enumerate(largest.stages, start=1):
        width, path = f"channels_{number}", f"stages.{number - 1}"
        assert isinstance(stage, StageLayers)
        steps //= stage.pool
        units = [(f"{path}.entry", width, before, f"filter_{number}", "")]
        for block in stage.blocks:
            inner, taps = f"inner_{number}_{block}", f"filter_{number}_{block}"
            where = f"{path}.blocks.{block}"
            units += [
                (f"{where}.first", inner, width, f"{taps}a", ""),
                (f"{where}.second", width, inner, f"{taps}b", inner),
            ]
        for unit, out, into, taps, rest in units:
            dims |= _unit_dims(unit, out, into, taps)
            uses[f"{unit}.conv.weight"] = steps
            if rest:
                rests_on |= {f"{unit}.norm.{part}": rest for part in ("weight", "bias")}
        before = width
    assert before is not None
    dims |= {f"{head}.weight": {1: before} for head in ("last", "mean")}
    uses |= {"last.weight": 1, "mean.weight": 1}
    return Axes(dims, rests_on, uses)


def _unit_dims(unit: str, out: str, into: str | None, taps: str) -> dict[str, dict[int, str]]:
    """Dimensions of the weights of a unit: outputs, inputs (the task's are fixed), taps."""
    inputs = {} if into is None else {1: into}
    return {
        f"{unit}.conv.weight": {0: out, **inputs, 2: taps},
        f"{unit}.norm.weight": {0: out},
        f"{unit}.norm.bias": {0: out},
    }
