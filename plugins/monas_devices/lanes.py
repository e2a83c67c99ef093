"""Options of devices whose multipliers form an array that a kernel may fill only in part."""

from __future__ import annotations

import attrs

from monas_core.errors import UsageError
from monas_core.parts.device import DeviceProfile, Figure


@attrs.frozen
class LaneOptions:
    """Figures to put in place of the datasheet's.

    Attributes:
        lane_weight: How much an unfilled array costs: 1 as modelled, 0 not at all.
        lanes: Rows of the array that a kernel's inner depth has to fill.
        bandwidth: Memory bandwidth in B/s.
        batch: Samples per inference.
    """

    lane_weight: float | None = None
    lanes: float | None = None
    bandwidth: float | None = None
    batch: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.lane_weight is not None and not 0 <= self.lane_weight <= 1:
            raise UsageError(f"lane_weight must be between 0 and 1, got {self.lane_weight}.")
        for name in ("lanes", "bandwidth", "batch"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"{name} must be positive, got {value}.")

    def applied(self, profile: DeviceProfile) -> DeviceProfile:
        """A profile with these figures."""
        given = {k: v for k, v in attrs.asdict(self).items() if v is not None}
        given.pop("batch", None)
        figures = dict(profile.figures)
        for name, value in given.items():
            figures[name] = Figure(float(value), figures[name].unit, "given as an option")
        return attrs.evolve(profile, figures=figures)
