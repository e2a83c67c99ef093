"""Several processes that start one run: the same code, the same settings, or one sentence."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import torch

from monas_core.catalog.discovery import plugin_version
from monas_core.catalog.lookup import Catalog
from monas_core.computing.launch import launched
from monas_core.computing.ranks import ALONE, RankLostError, Ranks
from monas_core.errors import MonasError, UsageError
from monas_core.record.config import RunConfig, structure, to_document
from monas_core.record.rundir import RunFolder
from monas_core.running.crew import END, serve
from monas_core.running.plan import Plan
from monas_core.running.resolving import resolve
from monas_core.running.session import Session
from monas_core.running.starting import gradients, same_data


def met() -> Ranks:
    """All processes that a launcher started, or this one alone. Raises UsageError."""
    launch = launched()
    if launch is None:
        return ALONE
    from monas_core.computing.joining import join  # torch.distributed loads slowly

    return join(launch)


@contextlib.contextmanager
def leading(ranks: Ranks) -> Iterator[None]:
    """Let the others go when the block ends, well or with a fault that is told."""
    try:
        yield
    except RankLostError:
        raise  # nobody hears any more
    except MonasError:
        if ranks.count > 1:
            ranks.tell({"do": END})
        raise
    else:
        if ranks.count > 1:
            ranks.tell({"do": END})
            ranks.leave()


def resolved_together(
    config: RunConfig, catalog: Catalog, ranks: Ranks, folder: RunFolder | None, data: str | None
) -> Plan:
    """The plan of rank 0, once every process has made the same.

    Raises:
        UsageError: A process cannot take part, or has other code.
    """
    if ranks.count == 1:
        return resolve(config, catalog, task=same_data(config, catalog, folder, data))
    path = str(folder.path.resolve()) if folder is not None else None
    told = {"do": "start", "config": to_document(config), "folder": path, "data": data}
    ranks.tell(told)
    plan, fault = _attempted(told, catalog)
    agree(ranks, catalog, fault)
    assert plan is not None
    return attrs.evolve(plan, ranks=ranks)


def help_out(catalog: Catalog, ranks: Ranks) -> int:
    """What a process of a run does that is not the first; its exit code."""

    def help_run(told: Mapping[str, Any]) -> None:
        plan, fault = _attempted(told, catalog)
        agree(ranks, catalog, fault)
        assert plan is not None
        run = Path(told["folder"]) if told["folder"] else None
        with gradients():
            serve(Session(attrs.evolve(plan, ranks=ranks), run))

    return helped(ranks, help_run)


def helped(ranks: Ranks, work: Callable[[Mapping[str, Any]], None]) -> int:
    """Do what rank 0 begins with; the exit code. Nothing is said here, and no signal heeded.

    Args:
        ranks: All processes; this is none of rank 0.
        work: Is given the first message, and ends when rank 0 says that this is the end.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)  # rank 0 saves what was done, and ends this one
    told = ranks.tell()
    if told["do"] == END:
        return 0
    try:
        work(told)
    except RankLostError:
        return 1
    except MonasError as error:
        return error.exit_code
    except Exception as error:
        ranks.despair(f"{type(error).__name__}: {' '.join(str(error).split()):.200}")
        raise
    ranks.leave()
    return 0


def _attempted(told: Mapping[str, Any], catalog: Catalog) -> tuple[Plan | None, str]:
    """The plan of a process, and why it has none."""
    try:
        config = structure(told["config"], RunConfig, "")
        folder = RunFolder(Path(told["folder"])) if told["folder"] else None
        task = same_data(config, catalog, folder, told["data"])
        return resolve(config, catalog, task=task), ""
    except MonasError as error:
        return None, str(error)


def agree(ranks: Ranks, catalog: Catalog, fault: str) -> None:
    """Compare what processes have, before anything begins.

    Raises:
        UsageError: They cannot work together; the same sentence in all.
    """
    own = {"fault": fault, "monas": plugin_version(), "torch": torch.__version__}
    every = ranks.collect({**own, "code": code_of(catalog)})
    first = every[0]
    for number, told in enumerate(every):
        if told["fault"]:
            where = f"Rank {number} cannot take part: " if number else ""
            raise UsageError(f"{where}{told['fault']}")
        for name in ("monas", "torch", "code"):
            if told[name] != first[name]:
                what = "other code" if name == "code" else f"{name} {told[name]}"
                raise UsageError(
                    f"Rank {number} runs {what} than rank 0 ({name} {first[name]}, not "
                    f"{told[name]}); install the same version of monas, torch and plugins on "
                    "every machine."
                )


def code_of(catalog: Catalog) -> str:
    """Digest of the core and of every package that offers a plugin."""
    kinds = ("space", "trainer", "optimizer", "objective", "task", "device")
    made_by = (entry.spec.factory for kind in kinds for entry in catalog.entries(kind))
    packages = {"monas_core", *(name.partition(":")[0].partition(".")[0] for name in made_by)}
    found = hashlib.sha256()
    for name in sorted(packages):
        spec = importlib.util.find_spec(name)
        for root in (spec.submodule_search_locations or ()) if spec else ():
            for path in sorted(Path(root).rglob("*.py")):
                found.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:12]
