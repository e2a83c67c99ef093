"""Random search, the rival every method has to beat."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from monas_blackbox.ledger import Ledger
from monas_blackbox.shared_search import SharedSearch
from monas_blackbox.views import View
from monas_core.errors import UsageError


@attrs.frozen
class Options:
    """Options of random search.

    Attributes:
        batch: Architectures evaluated per step.
    """

    batch: int = 8

    def __attrs_post_init__(self) -> None:
        if self.batch < 1:
            raise UsageError(f"options.optimizer.batch must be at least 1, got {self.batch}.")


class RandomSearch(SharedSearch):
    """Evaluates distinct random architectures; a quality value serves every device."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        super().__init__(initial=0, batch=self.options.batch)

    def candidates(
        self, ledger: Ledger, view: View, count: int, generator: torch.Generator
    ) -> Tensor:
        """Random rows, whatever is known."""
        del view
        return ledger.draw(count, generator)
