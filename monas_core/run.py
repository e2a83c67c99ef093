"""A run as a person holds it: open it, ask it for fronts and picks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from monas_core.answers import adoption, frames, judging
from monas_core.answers.notebook import run_html
from monas_core.answers.reopening import finished, reopened
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.events import Bus
from monas_core.export.ship import check_request, ship
from monas_core.record import front_store, given_store, picture
from monas_core.record.rundir import RunFolder
from monas_core.running.absent import require_space
from monas_core.running.control import Control
from monas_core.running.handed import handed_over
from monas_core.running.remembered import RememberedTask
from monas_core.running.session import Session
from monas_core.running.starting import gradients
from monas_core.train.keys import Which, architecture_of
from monas_core.train.loop import train
from monas_core.train.settings import TrainSettings
from monas_core.train.weights import subnet
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint
from monas_core.values.member import Front, Member

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Run:
    """A finished run on disk.

    Example:
        >>> run = Run.open("runs/gpt-20260101-120000")
        >>> member = run.pick("host", {"acc": 0.7, "lat": 0.3})
        >>> run.train(member, budget="500steps")
        >>> network = run.load(member)
        >>> run.export(member, "onnx", "small.onnx")
    """

    def __init__(self, folder: RunFolder, catalog: Catalog, data: str | None = None) -> None:
        self.folder = folder
        self.config = folder.config
        self.catalog, self._data = catalog, data
        self._missing: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def open(
        cls,
        path: Path | str,
        catalog: Catalog | None = None,
        data: Path | str | None = None,
        **parts: Any,
    ) -> Run:
        """A finished run; without a catalog everything installed may be asked for.

        Args:
            path: The run folder.
            catalog: What is installed.
            data: Where its data lie now, if they were moved.
            parts: The objects the run was started with, as for ``monas.search``: ``space=``,
                ``objectives=``, ... It does without them where what it has kept is enough.

        Raises:
            UsageError: The folder holds none, or a part is not the one it was started with.
        """
        installed, _ = handed_over(catalog or Catalog.installed(), parts)
        run = cls(RunFolder.open(Path(path)), installed, str(data) if data is not None else None)
        run._missing = finished(run.folder, installed)
        return run

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
        return front_store.read_front(self.folder.at("front", f"{device}.json"))

    def pick(
        self,
        device: str | Path | None = None,
        prefer: Mapping[str, float] | str | None = None,
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
            device: Name of a device, or path of a profile that ``monas profile`` wrote; the
                first of the run if none is given.
            prefer: Weights by objective; without them all matter equally.
            limits: What the architecture must meet, besides the limits of the run itself; of
                two on the same objective the one given here holds.
            verify: Measure the answer now, where this machine is the device.
            max, min, target: Limits in natural units: ``max={"lat": "5ms"}``.

        Raises:
            UsageError: A bad preference, an unknown device, or limits nothing meets.
        """
        stated = {"max": max or {}, "min": min or {}, "target": target or {}}
        asked = judging.Asked(device or self.devices[0], prefer, limits, stated, verify)
        return judging.picked(self.session, self.catalog, self.devices, self.front, asked)

    def architecture(self, which: Which) -> Architecture:
        """The architecture that is meant.

        Raises:
            UsageError: It is of another space, or the run knows no such key.
        """
        return architecture_of(self.folder, self.session.plan.space.choices, which)

    def evaluate(
        self, which: Which, device: str | None = None, *, weights: str = "inherited"
    ) -> Member:
        """Values on unseen data and on a device, the first of the run if none is given.

        ``weights="trained"`` (or ``auto``) judges its own weights; fronts judge inherited ones.
        """
        asked = self.architecture(which), device or self.devices[0], weights
        return judging.evaluated(self.session, self.catalog, self.path, *asked)

    def fronts(self, device: str | None = None, *, kind: str = "auto") -> Any:
        """The fronts, or that of one device, as a table with a row per member.

        ``kind`` is ``pandas``, ``polars``, ``rows`` (dicts), or ``auto``: the first installed.
        """
        return frames.frame(self._fronts(device), kind)

    def plot(self, device: str | None = None) -> Figure:
        """The fronts, or that of one device, as a figure of matplotlib."""
        return picture.figure_of(self._fronts(device))

    def _fronts(self, device: str | None) -> list[Front]:
        return [self.front(name) for name in ([device] if device else self.devices)]

    def load(self, which: Which, *, weights: str = "auto") -> nn.Module:
        """A standalone network in evaluation mode; takes what the task's ``batch`` gives.

        Args:
            which: What ``pick`` returned, a member of a front, an architecture or its key.
            weights: ``inherited`` from the supernet, ``trained`` alone, or ``auto``: trained
                ones where there are some.

        Raises:
            UsageError: There are no such weights, or the run is damaged.
        """
        require_space(self.session.plan)
        return subnet(self.session.context, self.path, self.architecture(which), weights)[0]

    def train(
        self,
        which: Which,
        *,
        bus: Bus | None = None,
        control: Control | None = None,
        anew: bool = False,
        **settings: Any,
    ) -> dict[str, Any]:
        """Train one subnet alone; ``load`` and ``export`` then take its weights.

        Args:
            which: As for ``load``.
            bus: Hears of progress.
            control: Its ``stop()``, from any thread, saves and raises Interrupted.
            anew: Forget an earlier training of this subnet.
            settings: Verbatim to ``TrainSettings.recommended``: ``budget="500steps"``,
                ``distil=True``, ``from_scratch=True``, ``learning_rate=1e-3``, ...

        Returns:
            Scores ``before`` and ``after`` on unseen data, settings, seconds.
        """
        wanted = TrainSettings.recommended(self.session.plan.warm_up, **settings)
        require_space(self.session.plan)
        asked = self.session.context, self.path, self.architecture(which), wanted
        with gradients():
            return train(*asked, bus=bus, control=control, anew=anew)

    def adopt(self, which: Which, module: nn.Module, *, anew: bool = False) -> dict[str, Any]:
        """Keep weights trained elsewhere: ``load`` and ``export`` then take them.

        Args:
            which: As for ``load``.
            module: What ``load`` gave, with other weights.
            anew: Replace trained weights that there are.

        Returns:
            Scores ``before`` and ``after`` on unseen data.

        Raises:
            UsageError: It is another network, or has weights that are not finite.
        """
        require_space(self.session.plan)
        architecture = self.architecture(which)
        return adoption.adopt(self.session, self.path, architecture, module, anew=anew)

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
        wanted = check_request(self.catalog, form, weights, Path(out), dict(options or {}))
        require_space(self.session.plan)
        provides = self.catalog.ask("space", self.config.space)[0].spec.provides
        asked = self.session, self.path, self.architecture(which), wanted, Path(out)
        return ship(*asked, weights=weights, capabilities=provides)

    @cached_property
    def session(self) -> Session:
        """The run's supernet, optimizer and values, loaded on first use."""
        return reopened(self.folder, self.catalog, self._missing, self._data)

    @property
    def missing(self) -> str:
        """Parts of a program that the run does without, in words; empty where none is missing."""
        return given_store.in_words(part for part in self._missing if part["kind"] != "task")

    @property
    def without_data(self) -> str:
        """Why the run does without its data; empty where it has them as they were."""
        task = self.session.plan.task
        return task.reason if isinstance(task, RememberedTask) else ""
