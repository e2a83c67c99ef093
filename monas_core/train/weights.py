"""Which weights a subnet gets: those inherited from the supernet, or those it was trained to."""

from __future__ import annotations

import warnings
from pathlib import Path

from torch import nn

from monas_core.errors import Caution, UsageError
from monas_core.files import command
from monas_core.parts.context import Context
from monas_core.parts.soundness import unsound_weights
from monas_core.train.folder import TrainedFolder
from monas_core.values.architecture import Architecture

WEIGHTS = ("auto", "inherited", "trained")
"""``auto``: trained ones where the subnet has been trained, else inherited ones."""


def check_weights(weights: str) -> None:
    """Raise UsageError for anything but ``WEIGHTS``."""
    if weights not in WEIGHTS:
        raise UsageError(f'No weights "{weights}"; choose {", ".join(WEIGHTS)}.')


def subnet(
    context: Context, run: Path, architecture: Architecture, weights: str = "auto"
) -> tuple[nn.Module, str]:
    """A standalone network in evaluation mode, and ``inherited`` or ``trained``.

    Raises:
        UsageError: The weights that were asked for do not exist, or are damaged.
    """
    check_weights(weights)
    folder = TrainedFolder.of(run, architecture)
    if weights == "trained" and not folder.finished:
        raise UsageError(
            f"Architecture {architecture.key} has not been trained alone; train it with: "
            + command("monas train", run, "--architecture", architecture.key)
        )
    trained = weights == "trained" or (weights == "auto" and folder.finished)
    if weights == "auto" and folder.started and not folder.finished:
        told = f"The training of {architecture.key} has not ended: it has no result.json"
        warnings.warn(f"{told}. Its inherited weights are taken.", Caution, stacklevel=2)
    if context.supernet is None and not trained:
        raise UsageError(
            f"Run {run} has no supernet to inherit weights from; train the subnet with: "
            + command("monas train", run, "--architecture", architecture.key, "--from-scratch")
        )
    network = context.network(architecture)
    if trained:
        folder.load_into(network)
    bad = unsound_weights(network)
    if bad:
        again = command("monas train", run, "--architecture", architecture.key, "--anew")
        way = f"train it again with: {again}" if trained else "start a new run"
        raise UsageError(
            f"Architecture {architecture.key} has {'trained' if trained else 'inherited'} weights "
            f"that are not finite ({bad[0]}), so it is neither loaded nor exported; {way}."
        )
    return network.eval(), "trained" if trained else "inherited"
