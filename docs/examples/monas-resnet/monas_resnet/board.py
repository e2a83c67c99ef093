"""A small board, from the figures of its data sheet.

Weights lie in flash that is read over a narrow bus, activations in SRAM: on such a board the
number of weights alone can decide how long a network takes.
"""

from __future__ import annotations

from collections.abc import Sequence

from monas_core.errors import Unavailable
from monas_core.parts.context import Context
from monas_core.parts.device import Device, DeviceProfile, Figure
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value

SHEET = "RP2350 data sheet"
FIGURES = {
    "peak": Figure(6e8, "FLOP/s", f"{SHEET}: Cortex-M33, 150 MHz, 2 multiply-accumulates a cycle"),
    "efficiency": Figure(0.5, "fraction", "assumption: small cores cannot hide memory latency"),
    "sram": Figure(6e8, "B/s", f"{SHEET}: one 32-bit port at 150 MHz"),
    "flash": Figure(3.75e7, "B/s", "derived: 4 bits a cycle at 75 MHz, half of the system clock"),
    "launch": Figure(1.3e-5, "s", "assumption: about 2000 cycles of interpreter per operator"),
    "memory": Figure(520e3, "B", f"{SHEET}: 520 kB of SRAM"),
}


class Board(Device):
    """Each kernel computes or moves activations; each weight is fetched from flash once."""

    metrics = frozenset({"latency_ms"})

    def __init__(self) -> None:
        self.profile = DeviceProfile(
            name="pico-2",
            processor="Raspberry Pi RP2350, one Cortex-M33",
            runtime="TensorFlow Lite Micro",
            precision="int8",
            batch=1,
            origin="modelled",
            kind="mcu",
            figures=FIGURES,
            date="2026-11-29",
        )

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """Milliseconds of each architecture. Raises Unavailable for any other metric."""
        if metric not in self.metrics:
            raise Unavailable(f'The board "pico-2" knows latency_ms alone, not {metric}.')
        return [self._latency(architecture, context) for architecture in architectures]

    def _latency(self, architecture: Architecture, context: Context) -> Value:
        work = context.workload(architecture)
        figure = {name: known.value for name, known in FIGURES.items()}
        computing = work.flops / (figure["peak"] * figure["efficiency"])  # s of each kernel
        moving = work.bytes_moved(1) / figure["sram"]  # int8: one byte an element
        seconds = float((figure["launch"] + computing.maximum(moving)).sum())
        seconds += work.weight_bytes(1) / figure["flash"]
        return Value(1e3 * seconds, "ms", "modelled")
