"""The weights of a checkpoint in a network, or a clear refusal."""

from __future__ import annotations

import torch
from torch import nn

from monas_core.errors import UsageError
from monas_hf.checkpoint import Checkpoint, Piece, fill
from monas_hf.network import LanguageModel


def loaded(checkpoint: Checkpoint, blank: LanguageModel) -> LanguageModel:
    """A network on ``meta``, with the weights of a checkpoint in float32 on the CPU.

    Raises:
        UsageError: Weights are missing, or have other shapes than the configuration says.
    """
    places = match(checkpoint, blank)  # before any memory is taken
    network = emptied(blank, torch.device("cpu"), torch.float32)
    with torch.no_grad():
        weights = dict(network.named_parameters())
        fill((weights[name], piece) for name, piece in places.items())
    return network


def match(checkpoint: Checkpoint, network: LanguageModel) -> dict[str, Piece]:
    """Where each weight of a network lies, in the order of the files; headers are read, no weights.

    Raises:
        UsageError: As ``loaded``.
    """
    pieces = checkpoint.pieces()
    prefix = f"{network.family.body}."
    found: dict[str, Piece] = {}
    for name, weight in network.named_parameters():
        # some checkpoints were saved from the body alone
        piece = pieces.get(name) or pieces.get(name.removeprefix(prefix))
        if piece is None:
            raise UsageError(
                f'Checkpoint "{checkpoint.folder}" has no weight "{name}", which its config.json '
                "asks for; copy config.json and all weights from one place."
            )
        if piece.shape != tuple(weight.shape):
            raise UsageError(
                f'Checkpoint "{checkpoint.folder}": "{name}" has shape {piece.shape} in '
                f"{piece.file.name}, and config.json asks for {tuple(weight.shape)}; copy both "
                "from one place."
            )
        found[name] = piece
    return dict(sorted(found.items(), key=lambda item: (str(item[1].file), item[1].begin)))


def emptied(blank: LanguageModel, place: torch.device, dtype: torch.dtype) -> LanguageModel:
    """A network on ``meta`` with memory for its weights, its constants as they must be."""
    order = [int(rank) for rank in blank.in_order]
    if blank.family.rotary:
        blank.rotary = nn.Identity()
    network = blank.to_empty(device=place)
    if blank.family.rotary:
        network.rotary = blank.family.module("RotaryEmbedding")(config=blank.config).to(place)
    for weight in network.parameters():
        weight.data = weight.data.to(dtype)
    network.put_in_order([order.index(rank) for rank in range(len(order))])
    return network
