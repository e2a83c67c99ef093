"""A network as an ONNX file of fixed input shapes, for timing it elsewhere."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from torch import nn
from torch.utils._pytree import tree_flatten

from monas_core.errors import MonasError

REQUIREMENT = "monas[onnx]"
"""What pip installs for the packages that ONNX files need."""


def save(network: nn.Module, inputs: Any, path: Path) -> None:
    """Write a network with its weights in one file, every dimension as in the inputs.

    Args:
        network: In evaluation mode, on the CPU.
        inputs: What it is called with: one tensor, or nested tensors.
        path: Of the file.

    Raises:
        MonasError: torch cannot express the network in ONNX.
    """
    import torch

    names = [f"input_{index}" for index in range(len(tree_flatten(inputs)[0]))]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = torch.onnx.export(
                network,
                (inputs,),
                dynamo=True,
                verbose=False,
                input_names=names,
                external_data=False,
            )
            assert made is not None
            made.save(path, external_data=False)
    except MonasError:
        raise
    except Exception as error:
        raise MonasError(
            f"torch cannot write this network as ONNX: {type(error).__name__}: {error!s:.200}."
        ) from error
