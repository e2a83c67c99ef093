"""A run as a person holds it: start it, open it, ask it for fronts and picks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from monas_core.architecture import Architecture
from monas_core.archive import Archive
from monas_core.catalog.lookup import Catalog
from monas_core.config import RunConfig
from monas_core.constraint import Constraint
from monas_core.device import Device
from monas_core.engine import Control, execute
from monas_core.errors import UsageError
from monas_core.events import Bus
from monas_core.finish import predicted
from monas_core.front import Points, Scale
from monas_core.frontfile import member, read_front
from monas_core.objective import sign
from monas_core.plan import match_metrics, resolve
from monas_core.preference import Preference
from monas_core.rundir import RunFolder
from monas_core.selection import choose
from monas_core.session import Session
from monas_core.values import Evaluation


class Run:
    """A finished run on disk.

    Example:
        >>> run = Run.open(Path("runs/gpt-20260101-120000"), Catalog.installed())
        >>> run.pick("host", {"acc": 0.7, "lat": 0.3})["values"]
    """

    def __init__(self, folder: RunFolder, catalog: Catalog) -> None:
        self.folder = folder
        self.config = folder.config
        self._catalog = catalog

    @classmethod
    def open(cls, path: Path, catalog: Catalog) -> Run:
        """A finished run. Raises UsageError when the folder holds none."""
        folder = RunFolder.open(path)
        if not folder.finished:
            raise UsageError(
                f"Run {path} is not finished; finish it with: monas run --resume {path}"
            )
        return cls(folder, catalog)

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def devices(self) -> list[str]:
        """Devices that have a front: search devices, then held-out ones."""
        return [*(self.config.devices or ()), *(self.config.held_out or ())]

    def front(self, device: str) -> dict[str, Any]:
        """The front document of a device (schema 1).

        Raises:
            UsageError: The run has no such device, or the file is missing or damaged.
        """
        if device not in self.devices:
            raise UsageError(
                f'This run has no front for device "{device}"; it has: {", ".join(self.devices)}.'
            )
        return read_front(self.path / "front" / f"{device}.json")

    def pick(
        self,
        device: str,
        prefer: Mapping[str, float],
        limits: Sequence[Constraint] = (),
    ) -> dict[str, Any]:
        """The architecture for a wish: asked of the optimizer, compared with the known front.

        The optimizer's answer is evaluated on unseen data; the better of it and
        the stored fronts, by the wish, is returned. Works for any installed
        device, also one the run has not seen.

        Raises:
            UsageError: A bad preference, an unknown device, or limits nothing meets.
        """
        target = self._device(device)
        preference = Preference.normalised(
            {self._short_name(name): weight for name, weight in prefer.items()}, self._names
        )
        proposed = self.session.plan.optimizer.propose(target, [preference])
        known = self._front_members(device)
        pool = list(dict.fromkeys([*proposed, *known]))
        evaluations = self.session.evaluator.evaluate(pool, target, "final")
        evaluations = self._feasible(evaluations, limits)
        chosen = evaluations[self._best(evaluations, device, preference)]
        expected = predicted(self.session, target, [chosen.architecture])[0]
        return member(chosen, expected) | {
            "device": device,
            "preference": preference.to_json(),
        }

    @cached_property
    def session(self) -> Session:
        """The run's supernet, optimizer and values, loaded on first use."""
        session = Session(resolve(self.config, self._catalog, training=False))
        saved = self.folder.load_checkpoint()
        if saved is None:
            raise UsageError(f"Run {self.path} has lost its checkpoints; only its fronts remain.")
        archive = Archive(self.path / "archive.jsonl")
        try:
            session.load_state_dict(saved["session"], archive)
        except (KeyError, RuntimeError, ValueError) as error:
            raise UsageError(
                f"Run {self.path} does not fit what is installed ({error!s:.160}); "
                "it was made with another version of a plugin."
            ) from error
        return session

    @property
    def _names(self) -> list[str]:
        return [objective.short for objective in self.session.plan.objectives]

    def _short_name(self, name: str) -> str:
        """The short name of an objective, whichever name was given."""
        return {o.name: o.short for o in self.session.plan.objectives}.get(name, name)

    def _device(self, name: str) -> Device:
        for device in self.session.plan.all_devices:
            if device.name == name:
                return device
        device = self._catalog.create("device", name)
        match_metrics(self.session.plan.objectives, [device])
        return device

    def _front_members(self, device: str) -> list[Architecture]:
        """Members of every stored front: their quality is known, so they are candidates here."""
        names = [device] if device in self.devices else self.devices
        choices = self.session.plan.space.choices
        documents = [m["architecture"] for n in names for m in self.front(n)["members"]]
        return [choices.from_json(document) for document in documents]

    def _feasible(
        self, evaluations: Sequence[Evaluation], limits: Sequence[Constraint]
    ) -> list[Evaluation]:
        def miss(evaluation: Evaluation) -> float:
            values = evaluation.values
            return max((c.violation(values[c.objective].value) for c in limits), default=0.0)

        limits = [attrs.evolve(c, objective=self._short_name(c.objective)) for c in limits]
        unknown = [c.objective for c in limits if c.objective not in self._names]
        if unknown:
            raise UsageError(
                f'Limit on "{unknown[0]}", which is no objective of this run; '
                f"it has: {', '.join(self._names)}."
            )
        feasible = [e for e in evaluations if miss(e) == 0.0]
        if not feasible:
            nearest = min(evaluations, key=miss)
            got = ", ".join(
                f"{c.objective}={nearest.values[c.objective].value:.4g} "
                f"{nearest.values[c.objective].unit}"
                for c in limits
            )
            wanted = ", ".join(f"{c.kind} {c.objective}={c.bound:g}" for c in limits)
            raise UsageError(f"No known architecture meets {wanted}; the nearest has {got}.")
        return feasible

    def _best(self, evaluations: Sequence[Evaluation], device: str, preference: Preference) -> int:
        points = self._comparable([e.values[n].value for n in self._names] for e in evaluations)
        if device in self.devices:
            document = self.front(device)
            members = [[m["values"][n] for n in self._names] for m in document["members"]]
            known = self._comparable(members)
            ideal = np.minimum(self._comparable([document["ideal_point"]])[0], known.min(axis=0))
            worst = known.max(axis=0)
        else:
            ideal, worst = points.min(axis=0), points.max(axis=0)
        scaled = Scale(ideal.tolist(), worst.tolist()).apply(points)
        return int(choose(scaled, np.array([preference.vector]))[0])

    def _comparable(self, rows: Iterable[Sequence[float]]) -> Points:
        """Minimised values ``(n, M)``; costs as logarithms, since people weigh them as ratios.

        Twice as fast is worth the same at 1 ms as at 100 ms; a difference in
        quality counts as such. A cost that is not positive stays as it is.
        """
        points = np.array(list(rows), dtype=np.float64)
        for column, objective in enumerate(self.session.plan.objectives):
            values = points[:, column]
            if not objective.query and (values > 0).all():
                points[:, column] = np.log(values)
            points[:, column] *= sign(objective)
        return points


def search(config: RunConfig, catalog: Catalog | None = None, bus: Bus | None = None) -> Run:
    """Carry out a run from Python and return it finished.

    Raises:
        MonasError: As the command line would report it.
    """
    catalog = catalog or Catalog.installed()
    plan = resolve(config, catalog)
    out_dir = Path(config.out_dir) if config.out_dir else None
    folder = RunFolder.create(out_dir, plan.config)
    execute(plan, folder, bus or Bus(), Control())
    return Run.open(folder.path, catalog)
