"""``monas run --launcher``: runs as jobs of a batch system, which submitit knows how to reach.

A job carries out the command itself, so it leaves what any run leaves. Who else's clusters there
are is submitit's to say: whatever is installed for it can be named.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from monas_core.cli.job import Job
from monas_core.errors import MonasError, UsageError, nearest
from monas_core.extras import require_packages
from monas_core.files import command, write_text
from monas_core.record.config import RunConfig, apply_dotted, write_config
from monas_core.record.rundir import fresh_path, unfinished_run

if TYPE_CHECKING:
    from submitit import AutoExecutor

_OPTION = "launcher."
_DAY_MIN = 1440
_POLL_S = 1.0
_MOST_SEEDS = 10_000
_DIGITS = 18
_IN_PROCESS = "debug"
"""A cluster of submitit that starts no jobs."""


@attrs.frozen
class Launcher:
    """Where jobs go, and what they are given.

    Attributes:
        cluster: Name that submitit knows: ``local``, ``slurm``, or one of a package for it.
        options: What its executor is told (``tasks_per_node``, ``partition``, ...).
        wait: Whether the command ends with the jobs.
    """

    cluster: str
    options: Mapping[str, Any]
    wait: bool = False

    @classmethod
    def of(cls, cluster: str, dotted: Sequence[str]) -> Launcher:
        """From ``launcher.NAME=VALUE`` settings. Raises UsageError, MissingPackage."""
        require_packages("--launcher", {"submitit": "monas[slurm]"})
        from submitit import AutoExecutor
        from submitit.core.plugins import get_executors

        known = sorted(set(get_executors()) - {_IN_PROCESS})
        if cluster not in known:
            near = nearest(cluster, known)
            hint = f'Did you mean "{near}"? ' if near else ""
            raise UsageError(f'No launcher "{cluster}". {hint}Known: {", ".join(known)}.')
        document: dict[str, Any] = {}
        for text in dotted:
            apply_dotted(document, text)
        options = dict(document.get("launcher", {}))
        wait = options.pop("wait", False)
        if not isinstance(wait, bool):
            raise UsageError(f"launcher.wait must be true or false, got {wait!r}.")
        takes = AutoExecutor._valid_parameters() | get_executors()[cluster]._valid_parameters()
        for name in options.keys() - takes:
            near = nearest(name, takes)
            hint = f'did you mean "{near}"? ' if near else ""
            raise UsageError(
                f'The launcher {cluster} has no option "{name}"; {hint}it takes '
                f"{', '.join(sorted(takes))}, and wait."
            )
        made = cls(cluster, options, wait)
        with tempfile.TemporaryDirectory() as place:  # submitit makes the folder it is given
            made.executor(Path(place))
        return made

    def executor(self, folder: Path) -> AutoExecutor:
        """What jobs are handed to. Raises UsageError for options that it does not know."""
        from submitit import AutoExecutor

        generic = set(AutoExecutor._valid_parameters())
        given = {"timeout_min": _DAY_MIN, "name": "monas", **self.options}
        named = {n if n in generic else f"{self.cluster}_{n}": v for n, v in given.items()}
        if self.cluster == "slurm":  # of a node that fails, and where preemption sends no signal
            own = named.get("slurm_additional_parameters") or {}
            named["slurm_additional_parameters"] = {"requeue": True, **own}
        try:
            executor = AutoExecutor(folder, cluster=self.cluster)
            executor.update_parameters(**named)
        except (AssertionError, NameError, ValueError, RuntimeError) as error:
            said = " ".join(str(error).split())
            raise UsageError(
                f"The launcher {self.cluster} cannot be used: {said:.300} Start this on a machine "
                "of the cluster, or take --launcher local."
            ) from error
        return executor


def parted(dotted: Sequence[str]) -> tuple[list[str], list[str]]:
    """The settings of a launcher, and those of the run."""
    own = [text for text in dotted if text.startswith(_OPTION)]
    return own, [text for text in dotted if not text.startswith(_OPTION)]


def seeds_of(text: str) -> list[int]:
    """``"0-3,7"`` as numbers. Raises UsageError."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise UsageError(f'--seeds takes numbers and ranges such as 0-3,7, got "{text}".')
        if max(len(first), len(last)) > _DIGITS or int(last or first) - int(first) >= _MOST_SEEDS:
            raise UsageError(f'--seeds "{text:.60}": a range is of at most {_MOST_SEEDS}.')
        if int(last or first) < int(first):
            raise UsageError(f'--seeds "{text}" has a range that ends before it begins.')
        found += range(int(first), int(last or first) + 1)
    if len(set(found)) < len(found):
        raise UsageError(f'--seeds "{text}" names a seed twice; write each once, e.g. 0-3,7.')
    return found


def places(config: RunConfig, seeds: Sequence[int], *, resume: bool) -> dict[int, Path]:
    """The folders of the runs, by seed. Raises UsageError where one is in use.

    Args:
        config: As resolved, for the first seed.
        seeds: Of several runs; none for that of the settings.
        resume: Whether a run that is there is gone on with.
    """
    base = Path(config.out_dir) if config.out_dir else None
    fresh = base or fresh_path(config)
    found: dict[int, Path] = {}
    for seed in seeds or [config.seed]:
        path = fresh.with_name(f"{fresh.name}-seed{seed}") if seeds else fresh
        wanted = attrs.evolve(config, seed=seed)
        there = unfinished_run(wanted, path if base else None) if resume else None
        if there is None and path.exists():
            raise UsageError(
                f"Run folder {path} is already used; choose another --out-dir, or continue it "
                "with --resume auto."
            )
        found[seed] = there.path if there is not None else path
    return found


def jobs_for(
    config: RunConfig, places: Mapping[int, Path], folder: Path, data: str | None
) -> list[Job]:
    """A job for each run; the settings of new ones are written to a folder."""
    moved = ("--data", data) if data else ()
    jobs: list[Job] = []
    for seed, path in places.items():
        where = str(path.absolute())
        if (path / "config.yaml").is_file():
            jobs.append(Job(("run", "--resume", where, "--plain", *moved)))
            continue
        settings = (folder / f"{path.name}.yaml").absolute()
        write_text(settings, write_config(attrs.evolve(config, seed=seed, out_dir=None)))
        words = ("run", "--config", str(settings), "--out-dir", where)
        jobs.append(Job((*words, "--resume", "auto", "--plain", *moved)))
    return jobs


def handed_over(
    launcher: Launcher, config: RunConfig, places: Mapping[int, Path], data: str | None
) -> Launched:
    """Make jobs of runs. Raises MonasError where the batch system refuses them."""
    seed, first = next(iter(places.items()))
    folder = first.with_name(f"{first.name.removesuffix(f'-seed{seed}')}-jobs")
    folder.mkdir(parents=True, exist_ok=True)
    executor = launcher.executor(folder)
    made = jobs_for(config, places, folder, data)
    try:
        with executor.batch():  # one array, where the cluster has such
            jobs = [executor.submit(job) for job in made]
    except Exception as error:
        said = " ".join(str(error).split())
        raise MonasError(f"The launcher {launcher.cluster} took no job: {said:.300}") from error
    return Launched(launcher.cluster, folder, dict(zip(places.values(), jobs, strict=True)))


@attrs.frozen
class Launched:
    """Jobs that were handed over, by the folder of their run."""

    cluster: str
    folder: Path
    jobs: Mapping[Path, Any]

    def to_json(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        jobs = [
            {"job": str(job.job_id), "run": str(path), "log": str(job.paths.stderr)}
            for path, job in self.jobs.items()
        ]
        return {"launcher": self.cluster, "folder": str(self.folder), "jobs": jobs}

    def wait(self) -> None:
        """Until all have ended. Raises MonasError naming those that failed."""
        while not all(job.done() for job in self.jobs.values()):
            time.sleep(_POLL_S)
        for path, job in self.jobs.items():
            fault = job.exception()
            if fault is not None:
                said = str(fault).strip().splitlines()[-1]
                raise MonasError(
                    f"Job {job.job_id} of run {path} failed ({said:.200}); its log is "
                    f"{job.paths.stderr}. Once mended, go on with: "
                    f"{command('monas run --resume', path)}"
                )
