"""A network compiled for the shapes it meets, or as it is where that does not work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from monas_core.computing.pieces import out_of_memory


class Compiled:
    """Calls a network through ``torch.compile``; the first call compiles.

    Where compiling fails, the network is called as it is from then on, with a warning that says
    why: a missing C++ compiler, an operator that cannot be compiled.

    Args:
        network: Of one architecture, so that shapes stay the same.
        warn: Hears of the reason.
    """

    def __init__(self, network: nn.Module, warn: Callable[[str], None]) -> None:
        self._network, self._warn = network, warn
        self._call: Callable[[Any], Any] = torch.compile(network)
        self._worked = False

    def __call__(self, inputs: Any) -> Any:
        """Outputs for a batch."""
        try:
            outputs = self._call(inputs)
        except Exception as error:
            if self._worked or out_of_memory(error):
                raise
            reason = " ".join(str(error).split())[:160]
            self._warn(
                f"torch.compile does not work here, so networks run as they are "
                f"({type(error).__name__}: {reason})"
            )
            self._call, outputs = self._network, self._network(inputs)
        self._worked = True
        return outputs
