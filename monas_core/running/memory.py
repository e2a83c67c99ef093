"""How much memory there is and how much a run will need, before it starts."""

from __future__ import annotations

import contextlib
from pathlib import Path

import torch

from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.parts.space import WarmUp
from monas_core.record.peak import resource_module

_BYTES_PER_WEIGHT = 16
"""fp32 weight, gradient and the two moments of Adam."""
_BYTES_AS_IT_IS = 4
"""Of a weight that is not trained."""


def available_bytes(root: Path = Path("/")) -> int:
    """The least of free memory, the control group's rest and the process's own limit.

    Args:
        root: Where ``proc`` and ``sys`` lie; what is missing or unreadable there sets no limit.
    """
    limits: list[int] = []
    with contextlib.suppress(OSError, IndexError, ValueError):
        lines = (root / "proc/meminfo").read_text().splitlines()
        free = [int(line.split()[1]) for line in lines if line.startswith("MemAvailable")]
        limits += [1024 * kilobytes for kilobytes in free]
    with contextlib.suppress(OSError, IndexError, ValueError):
        group = root / "sys/fs/cgroup"
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
        lines = (group / "memory.stat").read_text().splitlines()
        files = [int(line.split()[1]) for line in lines if line.startswith("inactive_file ")]
        limits.append(limit - used + sum(files))  # file cache is given back when it is needed
    usage = resource_module()
    soft = usage.getrlimit(usage.RLIMIT_AS)[0] if usage else -1
    if usage and soft != usage.RLIM_INFINITY:
        with contextlib.suppress(OSError, ValueError):
            used = int(Path("/proc/self/statm").read_text().split()[0]) * usage.getpagesize()
            limits.append(soft - used)
    return min(limits, default=2**63)


def needed_bytes(context: Context, warm_up: WarmUp) -> int:
    """Rough need of training the largest subnet: weights, moments and activations; without
    training of its weights alone.

    Every kernel's output is kept for the backward pass; about half of the
    elements a kernel touches are output.
    """
    workload = context.workload(context.space.ends().largest)
    if warm_up.steps == 0:
        return workload.parameters * _BYTES_AS_IT_IS
    activations = float(workload.elements.sum()) / 2 - workload.parameters
    samples = min(warm_up.recipe.micro_batch or warm_up.batch_size, warm_up.batch_size)
    return int(workload.parameters * _BYTES_PER_WEIGHT + 4 * max(0.0, activations) * samples)


def check_memory(context: Context, warm_up: WarmUp) -> None:
    """Refuse a preset that cannot fit. Raises UsageError with both figures."""
    need, have = needed_bytes(context, warm_up), available_bytes()
    if context.torch_device.type == "cuda":
        have = torch.cuda.mem_get_info(context.torch_device)[0]
    if need > have:
        space = context.space
        raise UsageError(
            f'Preset "{space.preset}" of space "{space.name}" needs about {need / 2**30:.1f} GB '
            f"to train with batch {warm_up.batch_size}, but {have / 2**30:.1f} GB are free; "
            f"choose a smaller preset ({', '.join(space.presets)}) or a smaller "
            "warm_up.batch_size, or work it off in pieces (training.micro_batch)."
        )
