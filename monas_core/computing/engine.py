"""What computes the steps of a training: a recipe, a place, and the processes that share in it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from monas_core.computing.ranks import ALONE, Ranks
from monas_core.errors import MonasError
from monas_core.values.recipe import Recipe

_LOG = logging.getLogger(__name__)


class Engine:
    """Recipe, place and processes of a training.

    Args:
        recipe: How weights are trained.
        place: torch device.
        ranks: Who shares in it.
        warn: Hears of what a person should know.

    Attributes:
        micro_batch: Samples per pass, fewer than the recipe's once memory did not suffice.
    """

    def __init__(
        self,
        recipe: Recipe | None = None,
        place: torch.device | None = None,
        ranks: Ranks = ALONE,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self.recipe = recipe or Recipe()
        self.place = place or torch.device("cpu")
        self.ranks = ranks
        self.warn = warn or _LOG.warning
        self.micro_batch = self.recipe.micro_batch

    def alone(self) -> Engine:
        """For a training of its own in this process."""
        return Engine(self.recipe, self.place, ALONE, self.warn)

    def prepare(self, network: nn.Module) -> None:
        """Set a network up for training: layout of its weights, layers computed again."""
        if self.recipe.channels_last:
            network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        for module in network.modules():
            if hasattr(module, "recompute"):
                module.recompute = self.recipe.recompute  # pyright: ignore[reportArgumentType]

    def placed(self, tree: Any) -> Any:
        """Inputs on the torch device, images in the layout of the recipe."""

        def move(leaf: Any) -> Any:
            if not isinstance(leaf, Tensor):
                return leaf
            leaf = leaf.to(self.place)
            if self.recipe.channels_last and leaf.ndim == 4 and leaf.is_floating_point():
                return leaf.contiguous(memory_format=torch.channels_last)
            return leaf

        return tree_map(move, tree)

    def halve(self, size: int) -> None:
        """Work batches off in pieces half as large as ``size``, from now on.

        Raises:
            MonasError: They are single samples already.
        """
        if size <= 1:
            raise MonasError(
                "Memory does not suffice for a training step with a single sample; choose a "
                "smaller preset, training.recompute=true, or training.precision=bf16."
            )
        self.micro_batch = size // 2
        self.warn(
            f"memory did not suffice for {size} samples at once; batches are worked off in pieces "
            f"of {self.micro_batch} from now on (training.micro_batch)."
        )

    def state_dict(self) -> dict[str, Any]:
        """What was learnt about this machine's memory: steps are the same when resumed."""
        return {"micro_batch": self.micro_batch}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Inverse of ``state_dict``."""
        self.micro_batch = state["micro_batch"]
