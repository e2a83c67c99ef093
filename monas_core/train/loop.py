"""The loop of a training: budget, checkpoints, events, scores before and after."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from monas_core import events
from monas_core.errors import Interrupted, UsageError
from monas_core.parts.context import Context
from monas_core.record.journal import Journal
from monas_core.record.peak import peak_mb
from monas_core.seeding import derived_seed, seeded_construction
from monas_core.train.distillation import Teacher
from monas_core.train.earlier import Earlier, complete, go_on, longer
from monas_core.train.folder import TrainedFolder
from monas_core.train.settings import TrainSettings
from monas_core.train.steadiness import Steadiness, Words, every
from monas_core.train.trainer import SubnetTrainer
from monas_core.values.architecture import Architecture

PHASE = "training"
_REMEDY = (
    "train it again with a smaller learning rate (--learning-rate, in Python learning_rate=) and "
    "--anew (anew=True)"
)


class Stoppable(Protocol):
    """How a training is told to stop after a step."""

    @property
    def stopping(self) -> bool:
        """Whether it is to stop."""
        ...


def train(
    context: Context,
    run: Path,
    architecture: Architecture,
    settings: TrainSettings,
    *,
    bus: events.Bus | None = None,
    control: Stoppable | None = None,
    anew: bool = False,
) -> dict[str, Any]:
    """Train one subnet of a run, from its latest checkpoint if there is one.

    A training that is finished goes on from its weights where the same is asked for with a
    larger budget, under a schedule of the length that is left.

    Args:
        context: Of the run, with its supernet as it was trained.
        run: Its folder; results go to ``trained/<key>/`` in it.
        architecture: Which subnet.
        settings: How.
        bus: Hears of progress.
        control: Stops it after a step.
        anew: Forget an earlier training of this subnet.

    Returns:
        The document of ``result.json``: scores before and after on the final data.

    Raises:
        UsageError: There is a training with other settings, or another process is at it.
        Interrupted: ``control`` asked to stop; a checkpoint was saved.
    """
    folder = TrainedFolder.of(run, architecture)
    if folder.path.exists() and folder.busy():
        raise UsageError(
            f"Architecture {architecture.key} is being trained by another process; wait for it."
        )
    if not anew:
        folder.check_begun()
    earlier = None
    if folder.started and not anew:
        earlier = longer(folder, settings)
        if earlier is None and complete(folder):
            return folder.result()
    training = _Training(context, folder, architecture, settings, bus, control)
    if anew or not folder.started or earlier is not None:
        training.rehearse(earlier)  # whatever cannot work is refused before anything is written
    folder.path.mkdir(parents=True, exist_ok=True)
    with folder.locked() as caution:
        if anew:
            folder.clear()
        if earlier is not None:
            go_on(folder, training.document())
        return training.run(caution)


class _Training:
    def __init__(
        self,
        context: Context,
        folder: TrainedFolder,
        architecture: Architecture,
        settings: TrainSettings,
        bus: events.Bus | None,
        control: Stoppable | None,
    ) -> None:
        self.context = context
        self.folder = folder
        self.architecture = architecture
        self.settings = settings
        self.journal = Journal(folder.path, bus or events.Bus(), folder.whose)
        self.control = control
        self.task = context.require_task()
        self.teacher = Teacher(context) if settings.distil else None
        self.steps = int(settings.budget.amount)
        self.engine = context.engine.alone()
        self.engine.warn = self._warn
        self.earlier: Earlier | None = None

    def rehearse(self, earlier: Earlier | None) -> None:
        """Try a few steps on a copy; a budget of time becomes a number of steps for good.

        A resumed training then has the same schedule.
        """
        self.earlier = earlier
        budget = earlier.left if earlier else self.settings.budget
        seconds = budget.amount if budget.unit == "seconds" else 0.0
        fitting = self._trainer().steps_within(seconds)
        more = fitting if budget.unit == "seconds" else int(budget.amount)
        self.steps = more + (earlier.steps if earlier else 0)

    def document(self) -> dict[str, Any]:
        """What ``settings.json`` says."""
        found = {
            "settings": self.settings.to_json(),
            "steps": self.steps,
            "architecture": self.architecture.to_json(),
        }
        return found | ({"earlier": self.earlier.to_json()} if self.earlier else {})

    def run(self, caution: str) -> dict[str, Any]:
        """Train, from the latest checkpoint if there is one; ``caution`` is told."""
        if caution:
            self.journal.warn(caution)
        if self.folder.started:
            self.steps = int(self.folder.settings()["steps"])
            self.earlier = Earlier.of(self.folder)
            if self.folder.finished:  # killed while it was made longer
                go_on(self.folder, self.folder.settings())
        else:
            self.folder.start(self.document())
        saved = self.journal.restore()
        trainer = self._trainer()
        if saved is not None:
            before = saved.content["before"]
            trainer.load_state_dict(saved.content["trainer"])
        else:
            before = dict(self.earlier.before) if self.earlier else trainer.score()
        steady = self._steadiness(trainer, saved.content.get("steadiness") if saved else None)
        with self.journal.recording(
            lambda: self._opening(trainer, resumed=saved is not None), self._seconds
        ):
            self.journal.emit(
                events.PhaseStarted(self.journal.now(), PHASE, trainer.steps, "steps")
            )
            if saved is None and self.earlier is not None:
                # at the end other weights take the place of those that are gone on from
                self._save(trainer, steady, before)
            while trainer.done < trainer.steps or not steady.confirmed():
                self._step(trainer, steady, before)
            result = self._result(trainer, before)
            self.folder.keep(trainer.network)
            self.journal.close(self._seconds())
        self.folder.finish(result)
        return result

    def _seconds(self) -> dict[str, float]:
        return {PHASE: self.journal.now()}

    def _trainer(self) -> SubnetTrainer:
        """The network as it starts."""
        if self.settings.from_scratch:
            with seeded_construction(derived_seed(self.settings.seed, "scratch")):
                network = self.context.space.build(self.architecture, self.task)
        elif self.context.supernet is not None:
            network = self.context.network(self.architecture)
        else:
            raise UsageError(
                "This run has no supernet to inherit weights from; add --from-scratch."
            )
        start = self.earlier.steps if self.earlier else 0
        if start:
            self.folder.load_into(network)
        return SubnetTrainer(
            network.to(self.engine.place),
            self.task,
            self.settings,
            recommended=self.context.space.warm_up,
            steps=self.steps - start,
            start=start,
            engine=self.engine,
            teacher=self.teacher,
        )

    def _opening(self, trainer: SubnetTrainer, *, resumed: bool) -> events.RunStarted:
        score = self.task.score
        start = "fresh weights" if self.settings.from_scratch else "inherited weights"
        if self.earlier is not None:
            start = f"its weights after {self.earlier.steps} steps"
        return events.RunStarted(
            self.journal.now(),
            run=str(self.folder.path),
            space=self.context.space.name,
            optimizer="Muon and AdamW",
            task=self.task.name,
            objectives=[{"name": score.name, "unit": score.unit, "direction": score.direction}],
            devices=[],
            held_out=[],
            facts={
                "preset": self.context.space.preset,
                "architecture": self.architecture.key,
                "starts from": start,
                "teacher": "largest subnet" if self.teacher else "none",
                "parameters": sum(p.numel() for p in trainer.network.parameters()),
                "torch device": str(self.context.torch_device),
                "seed": self.settings.seed,
            },
            resumed=resumed,
        )

    def _steadiness(self, trainer: SubnetTrainer, saved: Mapping[str, Any] | None) -> Steadiness:
        words = Words(f"The training of architecture {self.architecture.key}", _REMEDY)

        return Steadiness(trainer, every(trainer.steps), words, self._warn, saved)

    def _warn(self, text: str) -> None:
        self.journal.emit(events.Warned(self.journal.now(), text))

    def _step(self, trainer: SubnetTrainer, steady: Steadiness, before: dict[str, float]) -> None:
        begin = self.journal.clock()
        if steady.attempt(trainer.step, lambda losses: losses) is None:
            return
        spent = max(1e-9, self.journal.clock() - begin)
        items = self.settings.batch_size * self.task.items_per_sample / spent
        rates = {"steps/s": 1 / spent, f"{self.task.item}s/s": items}
        done = trainer.done
        told = (PHASE, done, done, trainer.losses, rates, "", peak_mb())
        self.journal.emit(events.StepFinished(self.journal.now(), *told))
        if self.control is not None and self.control.stopping and done < trainer.steps:
            self._save(trainer, steady, before)
            raise Interrupted(
                "training stopped; the same command goes on with it "
                f"({done} of {trainer.steps} steps are done)"
            )
        if self.journal.due:
            self._save(trainer, steady, before)

    def _save(self, trainer: SubnetTrainer, steady: Steadiness, before: dict[str, float]) -> None:
        steady.confirmed()  # where it is not, what is saved is the last good state
        content = {"trainer": trainer.state_dict(), "before": before}
        self.journal.save({**content, "steadiness": steady.state_dict()})

    def _result(self, trainer: SubnetTrainer, before: dict[str, float]) -> dict[str, Any]:
        score = self.task.score
        return {
            "key": self.architecture.key,
            "architecture": self.architecture.to_json(),
            "settings": self.settings.to_json(),
            "steps": self.steps,
            "seconds": round(self.journal.now(), 3),
            "score": {"name": score.name, "unit": score.unit, "direction": score.direction},
            "before": before,
            "after": trainer.score(),
            "trained": str(self.folder.path),
        }
