"""Reads a folder of the package transformers; shipped with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch


def load(path: Path) -> Callable[[Any], Any]:
    """The network as a function from tokens ``(B, T)`` to logits, both arrays."""
    from transformers import AutoModelForCausalLM

    network = AutoModelForCausalLM.from_pretrained(path, local_files_only=True).eval()

    def run(inputs: Any) -> Any:
        with torch.no_grad():
            return network(torch.from_numpy(inputs)).logits.numpy()

    return run
