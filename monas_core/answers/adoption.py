"""Weights that were trained elsewhere, taken back into a run: checked, judged, kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from monas_core.errors import UsageError
from monas_core.parts.scoring import score_of
from monas_core.parts.soundness import unsound_weights
from monas_core.running.session import Session
from monas_core.train.folder import TrainedFolder
from monas_core.values.architecture import Architecture

_SHOWN = 3


def adopt(
    session: Session, run: Path, architecture: Architecture, module: nn.Module, *, anew: bool
) -> dict[str, Any]:
    """Keep the weights of a module as the trained ones of a subnet.

    Args:
        session: Of the run, loaded.
        run: Its folder; results go to ``trained/<key>/`` in it.
        architecture: Which subnet.
        module: The subnet with other weights, as it is or wrapped (compiled, data parallel).
            It stays as it is.
        anew: Replace trained weights that there are.

    Returns:
        Scores on the final data, ``before`` with the run's own weights and ``after``.

    Raises:
        UsageError: The module is another network or has weights that are not finite; there are
            trained weights already, or somebody is training; the data are not there.
    """
    folder = TrainedFolder.of(run, architecture)
    if folder.path.exists() and folder.busy():
        raise UsageError(
            f"Architecture {architecture.key} is being trained by another process; wait for it."
        )
    if folder.started and not anew:
        raise UsageError(
            f"Architecture {architecture.key} has been trained already; replace those weights "
            "with anew=True."
        )
    network = session.context.network(architecture)
    weights = _weights(module)
    _check(architecture, network, weights)
    place = session.context.torch_device
    task = session.plan.task
    inherits = session.context.supernet is not None
    before = score_of(task, network.to(place), place) if inherits else {}
    network.load_state_dict(weights)
    _check_sound(network)
    after = score_of(task, network.to(place), place)
    score = task.score
    result = {
        "key": architecture.key,
        "architecture": architecture.to_json(),
        "settings": {"adopted": True},
        "steps": 0,
        "seconds": 0.0,
        "score": {"name": score.name, "unit": score.unit, "direction": score.direction},
        "before": before,
        "after": after,
        "trained": str(folder.path),
    }
    folder.path.mkdir(parents=True, exist_ok=True)
    with folder.locked():
        if folder.started:
            folder.clear()
        kept = ("settings", "steps", "architecture")
        folder.start({name: result[name] for name in kept})
        folder.keep(network)
        folder.finish(result)
    return result


def _weights(module: nn.Module) -> dict[str, torch.Tensor]:
    """State of the network itself, without what wraps it."""
    inner: Any = getattr(module, "_orig_mod", module)  # torch.compile
    if isinstance(inner, nn.DataParallel | nn.parallel.DistributedDataParallel):
        inner = inner.module
    return {name: weight.detach() for name, weight in inner.state_dict().items()}


def _check(
    architecture: Architecture, network: nn.Module, weights: dict[str, torch.Tensor]
) -> None:
    """Raise UsageError unless the weights are those of the network."""
    wanted = {name: tuple(weight.shape) for name, weight in network.state_dict().items()}
    got = {name: tuple(weight.shape) for name, weight in weights.items()}
    odd = [name for name in {**wanted, **got} if wanted.get(name) != got.get(name)]
    if odd:
        name = odd[0]
        told = f"{name} is {got.get(name, 'missing')}, not {wanted.get(name, 'there')}"
        more = f" (and {len(odd) - 1} more)" if len(odd) > 1 else ""
        raise UsageError(
            f"The module is not the network of architecture {architecture.key}: {told}{more}; "
            "train what run.load gives for it."
        )


def _check_sound(network: nn.Module) -> None:
    bad = unsound_weights(network)
    if bad:
        raise UsageError(
            f"The module has weights that are not finite: {', '.join(bad[:_SHOWN])}; train it "
            "again, with a smaller learning rate perhaps."
        )
