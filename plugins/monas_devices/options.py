"""Options of devices."""

from __future__ import annotations

import attrs

from monas_core.values.bounds import positive, within


@attrs.frozen
class HostOptions:
    """How this machine is measured.

    Attributes:
        runtime: What executes networks: eager, compile, onnxruntime, ... (see ``monas doctor``).
        threads: CPU threads.
        batch: Samples per inference.
        seconds: Time to spend on one measurement.
    """

    runtime: str = "eager"
    threads: int = 1
    batch: int = 1
    seconds: float = 0.04

    def __attrs_post_init__(self) -> None:
        within("options.device.host", 1, threads=self.threads, batch=self.batch)
        positive("options.device.host", seconds=self.seconds)


@attrs.frozen
class ModelledOptions:
    """What a modelled device is asked about.

    Attributes:
        batch: Samples per inference; by default that of its profile.
    """

    batch: int | None = None

    def __attrs_post_init__(self) -> None:
        within("options.device", 1, batch=self.batch)
