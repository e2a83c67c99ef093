"""Reads a folder of the package transformers; shipped with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch


def load(path: Path) -> Callable[[Any], Any]:
    """The network as a function from tokens ``(B, T)`` to logits, both arrays."""
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    drawing = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    network = AutoModelForCausalLM.from_pretrained(path, local_files_only=True).eval()
    if drawing:
        logging.enable_progress_bar()

    def run(inputs: Any) -> Any:
        with torch.no_grad():
            return network(torch.from_numpy(inputs)).logits.numpy()

    return run
