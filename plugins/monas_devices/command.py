"""Devices that are programs: a simulator, a board farm, a vendor's tool. ``command:PROGRAM``."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.parts.device import Device, DeviceProfile, require_metric
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value
from monas_devices.protocol import Program, described, values


@attrs.frozen
class CommandOptions:
    """How a program is asked.

    Attributes:
        timeout_s: Seconds that one request may take.
        networks: Networks in one request, at most.
        batch: Samples per inference.
        kernels: Send FLOPs, elements and inner depth of every kernel of a network.
    """

    timeout_s: float = 60.0
    networks: int = 64
    batch: int = 1
    kernels: bool = True

    def __attrs_post_init__(self) -> None:
        for name in ("timeout_s", "networks", "batch"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} must be positive, got {getattr(self, name)}.")


class Command(Device):
    """A device whose costs a program tells. Every network is asked for once.

    Args:
        argument: The command, as a shell would split it into words.
        document: What a run kept of it: its words and how it described itself.
        options: How it is asked.

    Raises:
        UsageError: There is no such program.
        PluginError: It does not answer as ``protocol`` says.
    """

    def __init__(
        self,
        argument: str | None = None,
        document: Mapping[str, Any] | None = None,
        options: CommandOptions | None = None,
    ) -> None:
        self._options = options or CommandOptions()
        words = document["program"] if document is not None else _words(argument or "")
        self._program = Program(words, self._options.timeout_s)
        if document is None:
            answer = self._program.ask({"ask": "describe"})
            document = {"program": words, "told": described(self._program, answer)}
        self.document = document
        told = document["told"]
        self.metrics = frozenset(told["metrics"])
        self.profile = DeviceProfile(
            name=told["name"],
            processor=told["processor"] or "not told",
            runtime=told["runtime"] or "not told",
            precision=told["precision"],
            batch=self._options.batch,
            origin=told["origin"],
            kind=told["kind"] or "program",
            date=told["date"],
        )
        self._known: dict[tuple[str, str], Value] = {}  # metric, scope and key of a network

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """What the program says, asked for new networks only.

        Raises:
            Unavailable: The program cannot tell one of them.
            PluginError: It fails, or its answer cannot be.
        """
        require_metric(self, metric, "this cost")
        scope = f"{context.space.name} {context.space.preset} {context.require_task().name}"
        keys = {a: (metric, f"{scope} {a.key}") for a in architectures}
        new = [a for a, key in keys.items() if key not in self._known]
        step = self._options.networks
        for begin in range(0, len(new), step):
            asked = new[begin : begin + step]
            found = self._ask(metric, asked, context)
            self._known |= {keys[a]: value for a, value in zip(asked, found, strict=True)}
        return [self._known[keys[a]] for a in architectures]

    def state_dict(self) -> Mapping[str, Any]:
        """All answers, so that a resumed run asks for nothing twice."""
        return {"known": [[*key, value.to_json()] for key, value in self._known.items()]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Inverse of ``state_dict``."""
        self._known = {(m, key): Value.from_json(v) for m, key, v in state["known"]}

    def _ask(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        space = context.space
        request = {
            "ask": "cost",
            "metric": metric,
            "batch": self._options.batch,
            "space": {"name": space.name, "preset": space.preset, "version": space.choices.version},
            "task": context.require_task().name,
            "networks": [self._told(a, context) for a in architectures],
        }
        answer = self._program.ask(request)
        keys = [architecture.key for architecture in architectures]
        return values(self._program, answer, metric, self.profile.origin, keys)

    def _told(self, architecture: Architecture, context: Context) -> dict[str, Any]:
        workload = context.workload(architecture, self._options.batch)
        document: dict[str, Any] = {
            "key": architecture.key,
            "choices": dict(architecture.choices),
            "parameters": workload.parameters,
            "flops": workload.total_flops,
            "peak_elements": workload.peak_elements,
        }
        if self._options.kernels:
            columns = {"flops": workload.flops, "elements": workload.elements}
            if workload.depths is not None:
                columns["depth"] = workload.depths
            document["kernels"] = {name: column.tolist() for name, column in columns.items()}
        return document


def _words(argument: str) -> list[str]:
    """The words of a command; a program that is a file by its full path, wherever it is run."""
    try:
        words = shlex.split(argument)
    except ValueError as error:
        raise UsageError(f"Command {argument!r} cannot be split into words: {error}.") from error
    if not words:
        raise UsageError("command: needs a program, e.g. command:./simulator.")
    if shutil.which(words[0]) is None:
        raise UsageError(f'There is no program "{words[0]}", or it may not be executed.')
    return [str(Path(w).resolve()) if "/" in w and Path(w).is_file() else w for w in words]
