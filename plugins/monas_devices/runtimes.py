"""What executes a network on this machine: torch as it is, torch compiled, ONNX Runtime."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_flatten

from monas_core.errors import UsageError
from monas_core.extras import require_packages
from monas_core.profiling import onnx_model
from monas_core.profiling.measure import RUNTIMES

Call = Callable[[], Any]
"""One inference."""


def check(runtime: str, torch_device: torch.device | None = None) -> None:
    """Refuse a runtime that does not exist or cannot work here.

    Args:
        runtime: One of ``RUNTIMES``.
        torch_device: Where networks are to run, if it is known already.

    Raises:
        UsageError: One sentence that says what is missing.
    """
    if runtime not in RUNTIMES:
        raise UsageError(f'No runtime "{runtime}"; choose one of {", ".join(RUNTIMES)}.')
    if runtime == "onnxruntime":
        require_packages(
            "The runtime onnxruntime",
            dict.fromkeys(("onnx", "onnxscript", "onnxruntime"), onnx_model.REQUIREMENT),
        )
        if torch_device is not None and torch_device.type != "cpu":
            raise UsageError(
                f"The runtime onnxruntime measures the processor, not {torch_device}; add "
                "--torch-device cpu."
            )
    gpu = torch_device is not None and torch_device.type != "cpu"
    if runtime == "compile" and not gpu and _compiler() is None:
        raise UsageError(
            "The runtime compile needs a C++ compiler, and none was found (CXX, g++, clang++); "
            "install one, or choose --runtime eager or onnxruntime."
        )


def describe(runtime: str, threads: int) -> str:
    """Name, version and threads, as device profiles carry them."""
    if runtime == "onnxruntime":
        name = f"ONNX Runtime {version('onnxruntime')}"
    else:
        name = f"PyTorch {torch.__version__} {'compiled' if runtime == 'compile' else 'eager'}"
    return f"{name}, {threads} thread{'' if threads == 1 else 's'}"


def prepare(runtime: str, network: nn.Module, inputs: Any, threads: int) -> Call:
    """A network ready to be called; what is slow the first time happens here.

    Args:
        runtime: One of ``RUNTIMES``.
        network: In evaluation mode, where it shall run.
        inputs: Its inputs there.
        threads: CPU threads.

    Raises:
        UsageError: The compiler fails.
        MonasError: The network cannot be converted.
    """
    if runtime == "onnxruntime":
        return _session(network, inputs, threads)
    if runtime == "compile":
        return _compiled(network, inputs)
    return lambda: network(inputs)


def _compiled(network: nn.Module, inputs: Any) -> Call:
    # every network gets its own program: dynamo gives up after a few versions of one class
    torch.compiler.reset()
    try:
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of its own parts
            compiled = torch.compile(network)
            compiled(inputs)
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        raise UsageError(
            f"torch.compile fails on this machine ({type(error).__name__}: {lines[0]:.160}); "
            "choose --runtime eager or onnxruntime."
        ) from error
    return lambda: compiled(inputs)


def _session(network: nn.Module, inputs: Any, threads: int) -> Call:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        onnx_model.write(network, inputs, path)
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    arrays = [leaf.numpy() for leaf in tree_flatten(inputs)[0]]
    feed = {item.name: array for item, array in zip(session.get_inputs(), arrays, strict=True)}
    return lambda: session.run(None, feed)


def _compiler() -> str | None:
    """Path of the C++ compiler that torch would use, if there is one."""
    names = [os.environ.get("CXX", ""), "g++", "clang++", "c++"]
    return next((found for name in names if name and (found := shutil.which(name))), None)
