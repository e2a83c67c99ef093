"""Who the devices of the tables are, and which of them a search uses by default."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence

from monas_core.errors import UsageError
from monas_core.parts.device import DeviceProfile
from monas_core.values.value import Origin
from monas_tables.parquet import Parquet

_CARDS: tuple[tuple[str, str, str], ...] = (
    # beginning of the name, processor, kind; the first that fits counts
    ("1080ti", "NVIDIA GeForce GTX 1080 Ti", "desktop-gpu"),
    ("2080ti", "NVIDIA GeForce RTX 2080 Ti", "desktop-gpu"),
    ("titanxp", "NVIDIA TITAN Xp", "desktop-gpu"),
    ("titan_xp", "NVIDIA TITAN Xp", "desktop-gpu"),
    ("titanx", "NVIDIA TITAN X", "desktop-gpu"),
    ("titan_rtx", "NVIDIA TITAN RTX", "desktop-gpu"),
    ("rtx2080", "NVIDIA GeForce RTX 2080", "desktop-gpu"),
    ("rtx3080", "NVIDIA GeForce RTX 3080", "desktop-gpu"),
    ("a6000", "NVIDIA RTX A6000", "datacentre-gpu"),
    ("a100", "NVIDIA A100", "datacentre-gpu"),
    ("a40", "NVIDIA A40", "datacentre-gpu"),
    ("h100", "NVIDIA H100", "datacentre-gpu"),
    ("p100", "NVIDIA P100", "datacentre-gpu"),
    ("v100", "NVIDIA V100", "datacentre-gpu"),
    ("silver_4114", "Intel Xeon Silver 4114", "server-cpu"),
    ("silver_4210r", "Intel Xeon Silver 4210R", "server-cpu"),
    ("gold_6240", "Intel Xeon Gold 6240", "server-cpu"),
    ("gold_6226", "Intel Xeon Gold 6226", "server-cpu"),
    ("cpu_xeon_silver", "Intel Xeon Silver, 8 cores", "server-cpu"),
    ("cpu_xeon_gold", "Intel Xeon Gold, 8 cores", "server-cpu"),
    ("cpu_amd_7452", "AMD EPYC 7452, 8 cores", "server-cpu"),
    ("cpu_amd_7502", "AMD EPYC 7502, 8 cores", "server-cpu"),
    ("cpu_amd_7513", "AMD EPYC 7513, 8 cores", "server-cpu"),
    ("cpu_p100host", "CPU of a P100 host, model unknown, 8 cores", "server-cpu"),
    ("samsung_a50", "Samsung Galaxy A50", "phone"),
    ("samsung_s7", "Samsung Galaxy S7", "phone"),
    ("essential_ph", "Essential Phone PH-1", "phone"),
    ("pixel2", "Google Pixel 2", "phone"),
    ("pixel3", "Google Pixel 3", "phone"),
    ("raspi4", "Raspberry Pi 4", "edge"),
    ("edgegpu", "NVIDIA Jetson TX2", "edge"),
    ("fpga", "Xilinx ZC706, analytical estimate", "fpga"),
    ("eyeriss", "Eyeriss, simulated", "asic"),
)

_BATCH = re.compile(r"_(1|32|64|128|256)$")


def published(name: str) -> bool:
    """Whether a name begins like that of a published device."""
    return any(name.startswith(start) for start, _, _ in _CARDS)


def device_columns(file: Parquet, names: Sequence[str]) -> list[str]:
    """The columns among ``names`` that are devices: those of floating-point numbers.

    A published device in another type is among them: a fault that reading reports.

    Raises:
        UsageError: There is none.
    """
    numbers = file.numbers(names)
    devices = [name for name in names if name in numbers or published(name)]
    if not devices:
        raise UsageError(
            f"{file.path} has no column of latencies (floating-point numbers, ms); "
            "use the published file."
        )
    return devices


def profile(
    name: str, source: str, origin: Origin, *, precision: str = "fp32", batch: int | None = None
) -> DeviceProfile:
    """Description of a device by its name in the tables; unknown names describe themselves.

    Args:
        name: Of the column.
        source: Who published the measurements.
        origin: Of the values given here.
        precision: As published.
        batch: As published; by default the suffix of the name (``1080ti_32``), else 1.
    """
    processor, kind = next(
        ((what, kind) for start, what, kind in _CARDS if name.startswith(start)), (name, "other")
    )
    if batch is None:
        suffix = _BATCH.search(name)
        batch = int(suffix[1]) if suffix else 1
    return DeviceProfile(
        name=name,
        processor=processor,
        runtime=f"as published: {source}",
        precision=precision,
        batch=batch,
        origin=origin,
        kind=kind,
    )


def present(preferred: Iterable[str], known: Container[str], most: int | None = None) -> list[str]:
    """The preferred names that are known, at most some of them, in order."""
    return [name for name in preferred if name in known][:most]


def split(
    known: Sequence[str], search: Iterable[str], held_out: Iterable[str], most: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names searched for and kept out by default.

    Files without any preferred device have all but the last ``most`` searched for
    (at least one), so that a table of other devices works too.
    """
    chosen, kept = present(search, known), present(held_out, known, most)
    if not chosen:
        rest = [name for name in known if name not in kept]
        chosen = rest[: max(1, len(rest) - most)] if rest else list(known[:1])
        kept = [name for name in known if name not in chosen][:most]
    return tuple(chosen), tuple(kept)
