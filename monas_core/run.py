"""A run as a person holds it: start it, open it, ask it for fronts and picks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
import torch
from torch import nn

from monas_core.answers.keys import find_architecture
from monas_core.answers.notebook import run_html
from monas_core.answers.picking import Picker
from monas_core.answers.targets import find as find_target
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.events import Bus
from monas_core.export.ship import check_request, ship
from monas_core.files import command
from monas_core.record import checkpoints, workload_store
from monas_core.record.archive import Archive
from monas_core.record.config import RunConfig
from monas_core.record.frontfile import member_of, read_front
from monas_core.record.rundir import RunFolder
from monas_core.running.control import Control
from monas_core.running.engine import execute
from monas_core.running.finish import predicted
from monas_core.running.limits import vocabulary
from monas_core.running.remembered import RememberedTask, open_task
from monas_core.running.resolving import resolve
from monas_core.running.session import Session
from monas_core.train.loop import train
from monas_core.train.settings import TrainSettings
from monas_core.train.weights import subnet
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint, overridden
from monas_core.values.member import Front, Member

Which = Architecture | Member | Mapping[str, Any] | str
"""A subnet: its architecture (also as JSON), a member of a front, what ``pick`` returned, or
its key."""


class Run:
    """A finished run on disk.

    Example:
        >>> run = Run.open("runs/gpt-20260101-120000")
        >>> member = run.pick("host", {"acc": 0.7, "lat": 0.3})
        >>> run.train(member, budget="500steps")
        >>> network = run.load(member)
        >>> run.export(member, "onnx", "small.onnx")
    """

    def __init__(self, folder: RunFolder, catalog: Catalog) -> None:
        self.folder = folder
        self.config = folder.config
        self._catalog = catalog

    @classmethod
    def open(cls, path: Path | str, catalog: Catalog | None = None) -> Run:
        """A finished run; without a catalog everything installed may be asked for.

        Raises:
            UsageError: The folder holds none.
        """
        folder = RunFolder.open(Path(path))
        if not folder.finished:
            again = command("monas run --resume", path)
            raise UsageError(f"Run {path} is not finished; finish it with: {again}")
        return cls(folder, catalog or Catalog.installed())

    def __getstate__(self) -> dict[str, Any]:
        """The folder and what is installed; the session is loaded anew from there."""
        return {name: value for name, value in vars(self).items() if name != "session"}

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, space={self.config.space!r}, devices={self.devices})"

    def _repr_html_(self) -> str:
        facts = {"task": str(self.config.task), "optimizer": str(self.config.optimizer)}
        fronts = [self.front(device) for device in self.devices]
        return run_html(f"{self.config.space} run {self.path}", facts, fronts)

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def devices(self) -> list[str]:
        """Devices that have a front: search devices, then held-out ones."""
        return [*(self.config.devices or ()), *(self.config.held_out or ())]

    def front(self, device: str) -> Front:
        """The front of a device; its ``to_json`` is the document of the front file.

        Raises:
            UsageError: The run has no such device, or the file is missing or damaged.
        """
        if device not in self.devices:
            raise UsageError(
                f'This run has no front for device "{device}"; it has: {", ".join(self.devices)}.'
            )
        return read_front(self.folder.at("front", f"{device}.json"))

    def pick(
        self,
        device: str | Path,
        prefer: Mapping[str, float],
        limits: Sequence[Constraint] = (),
        *,
        verify: bool = False,
        max: Mapping[str, Any] | None = None,  # noqa: A002 - as the command line says it
        min: Mapping[str, Any] | None = None,  # noqa: A002
        target: Mapping[str, Any] | None = None,
    ) -> Member:
        """The architecture for a wish: asked of the optimizer, compared with the known front.

        The optimizer's answer is evaluated on unseen data; the better of it and
        the stored fronts, by the wish, is returned. Works for any installed
        device, also one the run has not seen, and for a device profile, whose costs
        are predicted without measuring anything.

        Args:
            device: Name of a device, or path of a profile that ``monas profile`` wrote.
            prefer: Weights by objective.
            limits: What the architecture must meet, besides the limits of the run itself; of
                two on the same objective the one given here holds.
            verify: Measure the answer now, where this machine is the device.
            max, min, target: Limits in natural units: ``max={"lat": "5ms"}``.

        Raises:
            UsageError: A bad preference, an unknown device, or limits nothing meets.
        """
        plan = self.session.plan
        words = vocabulary(self._catalog, plan.objectives)
        preference = words.preference(prefer)
        place = find_target(device, self.session, self._catalog)
        name = place.device.name
        stated = {"max": max or {}, "min": min or {}, "target": target or {}}
        given = (*words.named(limits), *words.limits(stated, [*self.devices, name]))
        wanted = overridden(plan.limits, given, name)
        known = [device] if device in self.devices else self.devices
        picker = Picker(self.session, [self.front(str(other)) for other in known], place)
        return picker.pick(preference, wanted, verify=verify)

    def architecture(self, which: Which) -> Architecture:
        """The architecture that is meant.

        Raises:
            UsageError: It is of another space, or the run knows no such key.
        """
        choices = self.session.plan.space.choices
        if isinstance(which, str):
            return find_architecture(self.folder, choices, which)
        if isinstance(which, Member):
            return choices.from_json(which.architecture)
        if isinstance(which, Mapping):
            return choices.from_json(which.get("architecture", which))
        choices.to_indices(which)  # refuses an architecture of another space
        return which

    def evaluate(self, which: Which, device: str) -> Member:
        """Values on unseen data and on a device."""
        target = find_target(device, self.session, self._catalog).device
        architecture = self.architecture(which)
        evaluation = self.session.evaluator.evaluate([architecture], target, "final")[0]
        expected = predicted(self.session, target, [architecture])[0]
        return attrs.evolve(member_of(evaluation, expected), device=device)

    def load(self, which: Which, *, weights: str = "auto") -> nn.Module:
        """A standalone network in evaluation mode; takes what the task's ``batch`` gives.

        Args:
            which: What ``pick`` returned, a member of a front, an architecture or its key.
            weights: ``inherited`` from the supernet, ``trained`` alone, or ``auto``: trained
                ones where there are some.

        Raises:
            UsageError: There are no such weights, or the run is damaged.
        """
        return subnet(self.session.context, self.path, self.architecture(which), weights)[0]

    def train(
        self, which: Which, *, bus: Bus | None = None, anew: bool = False, **settings: Any
    ) -> dict[str, Any]:
        """Train one subnet alone; ``load`` and ``export`` then take its weights.

        Args:
            which: As for ``load``.
            bus: Hears of progress.
            anew: Forget an earlier training of this subnet.
            settings: Verbatim to ``TrainSettings.recommended``: ``budget="500steps"``,
                ``distil=True``, ``from_scratch=True``, ``learning_rate=1e-3``, ...

        Returns:
            Scores ``before`` and ``after`` on unseen data, settings, seconds.
        """
        wanted = TrainSettings.recommended(self.session.plan.warm_up, **settings)
        architecture = self.architecture(which)
        with _gradients():
            return train(self.session.context, self.path, architecture, wanted, bus=bus, anew=anew)

    def export(
        self,
        which: Which,
        form: str,
        out: Path | str,
        *,
        weights: str = "auto",
        options: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Write a subnet as a model that runs without monas, checked against the subnet.

        Args:
            which: As for ``load``.
            form: ``pt2``, ``onnx``, ``safetensors``, ``hf`` or any other installed format.
            out: File or folder, which must not exist.
            weights: As for ``load``.
            options: Of the format: ``{"opset": 17}``.

        Returns:
            Files, size, largest difference, free dimensions, and latency where it is timed.

        Raises:
            UsageError: Unknown format, missing package, or a network without this form.
            MonasError: What was written answers otherwise; nothing is left behind.
        """
        wanted = check_request(self._catalog, form, weights, Path(out), dict(options or {}))
        return ship(
            self.session,
            self.path,
            self.architecture(which),
            wanted,
            Path(out),
            weights=weights,
            capabilities=self._catalog.find("space", self.config.space).spec.provides,
        )

    @cached_property
    def session(self) -> Session:
        """The run's supernet, optimizer and values, loaded on first use."""
        task = open_task(self.config, self._catalog, self.path)
        session = Session(resolve(self.config, self._catalog, training=False, task=task))
        saved = checkpoints.newest(self.path)
        if saved is None:
            raise UsageError(f"Run {self.path} has lost its checkpoints; only its fronts remain.")
        workload_store.recall(self.path, session.context)
        archive = Archive(self.folder.at(checkpoints.ARCHIVE))
        session.load_state_dict(saved.content.get("session"), archive)
        return session

    @property
    def without_data(self) -> str:
        """Why the run does without its data; empty where it has them as they were."""
        task = self.session.plan.task
        return task.reason if isinstance(task, RememberedTask) else ""


@contextmanager
def _gradients() -> Iterator[None]:
    """Training works wherever it is called from, also within ``no_grad`` or inference mode."""
    with torch.inference_mode(mode=False), torch.enable_grad():
        yield


def search(config: RunConfig, catalog: Catalog | None = None, bus: Bus | None = None) -> Run:
    """Carry out a run from Python and return it finished.

    Raises:
        MonasError: As the command line would report it.
    """
    catalog = catalog or Catalog.installed()
    plan = resolve(config, catalog)
    with _gradients():
        plan.rehearse()
    out_dir = Path(config.out_dir) if config.out_dir else None
    folder = RunFolder.create(out_dir, plan.config)
    with _gradients():
        execute(plan, folder, bus or Bus(), Control())
    return Run.open(folder.path, catalog)
