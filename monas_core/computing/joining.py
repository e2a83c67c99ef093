"""Processes that were started together, joined by torch.distributed: sums and messages.

Gloo carries what lies on the CPU, NCCL what lies on GPUs. Messages are JSON and safetensors.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore, rendezvous  # pyright: ignore[reportPrivateImportUsage]

from monas_core.computing.launch import Launch
from monas_core.computing.ranks import Board, RankLostError, Ranks
from monas_core.errors import UsageError
from monas_core.state import packed, unpacked

PATIENCE_S = 60.0
"""How long processes wait for each other at the start."""
_LONG = timedelta(days=30)
"""A process may wait for a message while another one searches; the dead are noticed at once."""
_PIECE = 2**23
"""Most numbers that are summed in one go: 32 MB of fp32."""


_GLANCE_S = 0.1


class _SharedBoard(Board):
    """In the store through which the processes met."""

    def __init__(self, store: Any, present: Callable[[], Any]) -> None:
        super().__init__()
        self._store, self._present = store, present

    def post(self, name: str, text: str) -> None:
        """Leave word under a name."""
        with self._present():
            self._store.set(f"board/{name}", text)

    def posted(self, name: str) -> str | None:
        """What was left under a name, if anything was."""
        with self._present():
            if not self._store.check([f"board/{name}"]):
                return None
            return self._store.get(f"board/{name}").decode()

    def ticket(self, name: str) -> int:
        """The next number, from 0; no two processes get the same."""
        with self._present():
            return self._store.add(f"tickets/{name}", 1) - 1


class Joined(Ranks):
    """One process of several.

    Args:
        launch: Which.
        store: Where a process that cannot go on says why.
    """

    def __init__(self, launch: Launch, store: Any) -> None:
        self.number, self.count = launch.number, launch.total
        self._store = store
        self.board = _SharedBoard(store, self._present)

    def any(self, flag: bool) -> bool:
        """Whether it is so in any process."""
        found = torch.tensor(int(flag))
        with self._present():
            dist.all_reduce(found, dist.ReduceOp.MAX)
        return bool(found)

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Put the sums over all processes in the place of tensors."""
        waiting: list[Tensor] = []
        for tensor in tensors:
            alike = waiting and (tensor.dtype, tensor.device) == (
                waiting[0].dtype,
                waiting[0].device,
            )
            if waiting and (not alike or sum(t.numel() for t in waiting) > _PIECE):
                self._add(waiting)
                waiting = []
            waiting.append(tensor)
        if waiting:
            self._add(waiting)

    def _add(self, tensors: Sequence[Tensor]) -> None:
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        with self._present():
            dist.all_reduce(flat)
        parts = flat.split([tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))

    def tell(self, message: Any = None) -> Any:
        """The message of rank 0, in every process."""
        return self._from(0, message)

    def collect(self, message: Any) -> list[Any]:
        """The messages of all processes, by rank; in every process."""
        return [self._from(number, message) for number in range(self.count)]

    def _from(self, number: int, message: Any) -> Any:
        own = number == self.number
        data = bytearray(packed(message)) if own else bytearray()
        size = torch.tensor(len(data))
        with self._present():
            dist.broadcast(size, number)
            buffer = torch.frombuffer(data, dtype=torch.uint8) if own else None
            if buffer is None:
                buffer = torch.empty(int(size), dtype=torch.uint8)
            dist.broadcast(buffer, number)
        return message if own else unpacked(buffer.numpy().tobytes())

    def gather(self, message: Any, meanwhile: Callable[[], None] = lambda: None) -> list[Any]:
        """The messages of all processes, by rank, in rank 0; none elsewhere."""
        with ThreadPoolExecutor(1) as waiting:
            there = waiting.submit(self.any, flag=False)
            while True:
                with contextlib.suppress(TimeoutError):
                    there.result(_GLANCE_S)
                    break
                meanwhile()
        if self.number:
            data = torch.frombuffer(bytearray(packed(message)), dtype=torch.uint8)
            with self._present():
                dist.send(torch.tensor(len(data)), 0)
                dist.send(data, 0)
            return []
        found = [message]
        for number in range(1, self.count):
            size = torch.tensor(0)
            with self._present():
                dist.recv(size, number)
                buffer = torch.empty(int(size), dtype=torch.uint8)
                dist.recv(buffer, number)
            found.append(unpacked(buffer.numpy().tobytes()))
        return found

    def despair(self, reason: str) -> None:
        """Leave word of why this process cannot go on."""
        with contextlib.suppress(RuntimeError):
            self._store.set(f"fault/{self.number}", reason)

    def leave(self) -> None:
        """Take leave of the others."""
        dist.destroy_process_group()

    @contextlib.contextmanager
    def _present(self) -> Iterator[None]:
        """Raise RankLostError where another process is gone."""
        try:
            yield
        except RuntimeError as error:  # what every backend raises
            raise RankLostError(
                f"Another of the {self.count} processes of this run has ended{self._reason()}; go "
                "on from the last checkpoint with the same command and --resume auto."
            ) from error

    def _reason(self) -> str:
        for number in range(self.count):
            with contextlib.suppress(RuntimeError):
                if self._store.check([f"fault/{number}"]):
                    return f" (rank {number}: {self._store.get(f'fault/{number}').decode()})"
        return ""


def join(launch: Launch, patience_s: float = PATIENCE_S) -> Joined:
    """Meet the other processes.

    Raises:
        UsageError: They do not all come.
    """
    patience = timedelta(seconds=patience_s)
    there, store = 0, None
    try:
        store, *_ = next(rendezvous("env://", launch.number, launch.total, timeout=patience))
        store.set_timeout(patience)
        there = store.add("monas/there", 1)
        store.set(f"monas/here/{launch.number}", "")
        store.wait([f"monas/here/{number}" for number in range(launch.total)], patience)
    except RuntimeError as error:
        with contextlib.suppress(RuntimeError):
            there = max(there, store.add("monas/there", 0) if store is not None else 0)
        raise UsageError(
            f"Of {launch.total} processes (WORLD_SIZE) {max(1, there)} came within "
            f"{patience_s:g} s; start as many as that, with the same MASTER_ADDR and MASTER_PORT, "
            "as torchrun does."
        ) from error
    backend = "gloo"
    if torch.cuda.is_available():
        torch.cuda.set_device(launch.local % torch.cuda.device_count())
        backend = "cpu:gloo,cuda:nccl"
    try:
        dist.init_process_group(
            backend,
            store=PrefixStore("monas/group", store),
            rank=launch.number,
            world_size=launch.total,
            timeout=_LONG,
        )
    except RuntimeError as error:
        raise RankLostError(
            f"Another of the {launch.total} processes ended at the start; see what it said."
        ) from error
    return Joined(launch, store)
