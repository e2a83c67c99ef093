"""Batches that other processes prepare before they are asked for, through torch's DataLoader.

Where the same size is asked for again and the generator stands where the last batch left it, what
will be asked for next is known: all that is random is drawn from the generator. So batches and
their order are those of a task that prepares nothing, however many processes there are, and a
run that goes on elsewhere needs no more than the state of its generator. A generator that
serves others, too, is noticed: nothing is prepared for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from monas_vision.orders import Made, Maker, Order

_EACH = 2
"""Batches that each process has ready."""

Draw = Callable[[int, torch.Generator], Order]
"""An order for so many pictures."""


class _Orders(Sampler[Order]):
    """Orders without end, as a generator will give them."""

    def __init__(self, draw: Draw) -> None:
        self._draw, self.size, self.state = draw, 0, torch.Generator().get_state()

    def __iter__(self) -> Iterator[Order]:
        generator = torch.Generator()
        generator.set_state(self.state)
        while True:
            yield self._draw(self.size, generator)


class Ahead:
    """Batches of one part, from processes where that pays.

    Args:
        maker: Carries out orders.
        draw: Draws them.
        workers: Processes; 0 for none.
        here: Carries out an order at once, in this process.
    """

    def __init__(
        self, maker: Maker, draw: Draw, workers: int, here: Callable[[Order], Made]
    ) -> None:
        self._maker, self._draw, self._workers, self._here = maker, draw, workers, here
        self._orders = _Orders(draw)
        self._loader: Any = None
        self._stream: Iterator[Made] | None = None
        self._expected: tuple[int, bytes] | None = None

    def next(self, size: int, generator: torch.Generator) -> Made:
        """The batch that a generator stands for; it moves on to the next."""
        state = generator.get_state()
        known = self._expected == (size, _raw(state))
        if known and self._workers:
            if self._stream is None:
                self._stream = self._begin(size, state)
            made = next(self._stream)
            self._draw(size, generator)
        else:
            self._stream = None
            made = self._here(self._draw(size, generator))
        self._expected = (size, _raw(generator.get_state()))
        return made

    def _begin(self, size: int, state: torch.Tensor) -> Iterator[Made]:
        """Tell the processes what is wanted from now on."""
        self._orders.size, self._orders.state = size, state
        if self._loader is None:
            self._loader = DataLoader(
                _Indexed(self._maker),
                batch_size=None,  # an order is a whole batch
                sampler=self._orders,
                num_workers=self._workers,
                prefetch_factor=_EACH,
                persistent_workers=True,
                pin_memory=torch.cuda.is_available(),
                # it would draw a seed from the global generator for processes that draw nothing
                generator=torch.Generator(),
            )
        return iter(self._loader)


class _Indexed(Dataset[Made]):
    def __init__(self, maker: Maker) -> None:
        self._maker = maker

    def __getitem__(self, index: Any) -> Made:
        return self._maker.make(index)


def _raw(state: torch.Tensor) -> bytes:
    return state.numpy().tobytes()
