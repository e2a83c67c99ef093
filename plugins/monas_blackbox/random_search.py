"""Random search, the rival every method has to beat."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from monas_blackbox.ledger import Ledger
from monas_blackbox.shared_search import SharedSearch
from monas_blackbox.views import View
from monas_core.values.bounds import within
from monas_core.values.budget import Budget


@attrs.frozen
class Options:
    """Options of random search.

    Attributes:
        batch: Architectures evaluated per step.
    """

    batch: int = 8

    def __attrs_post_init__(self) -> None:
        within("options.optimizer", 1, batch=self.batch)


class RandomSearch(SharedSearch):
    """Evaluates distinct random architectures; a quality value serves every device."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        super().__init__(across="joint")

    def sizes(self, budget: Budget) -> tuple[int, int]:
        """Random from the first architecture on."""
        del budget
        return 0, self.options.batch

    def candidates(
        self, ledger: Ledger, view: View, count: int, generator: torch.Generator
    ) -> Tensor:
        """Random rows, whatever is known."""
        del ledger, generator
        return self._drawn(count, [view])
