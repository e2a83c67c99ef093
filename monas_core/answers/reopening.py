"""A finished run brought back to life as far as what is there allows."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from monas_core.catalog.lookup import Catalog
from monas_core.errors import Caution, UsageError
from monas_core.record import checkpoints, given_store, workload_store
from monas_core.record.archive import Archive
from monas_core.record.rundir import RunFolder
from monas_core.running.absent import completed, without
from monas_core.running.given import check_same
from monas_core.running.remembered import open_task
from monas_core.running.resolving import resolve
from monas_core.running.session import Session


def finished(folder: RunFolder, catalog: Catalog) -> Sequence[Mapping[str, Any]]:
    """What is missing of a run's own parts.

    Raises:
        UsageError: It is not finished, or a part is not the one it was started with.
    """
    if not folder.finished:
        ways = [given_store.going_on(folder.path, python=python) for python in (False, True)]
        again = " or ".join(dict.fromkeys(ways))
        raise UsageError(
            f"Run {folder.path} is not finished: it has no result.json; finish it with: {again}"
        )
    return check_same(folder.path, given_store.read(folder.path), catalog, all_=False)


def reopened(
    folder: RunFolder,
    catalog: Catalog,
    missing: Sequence[Mapping[str, Any]],
    data: str | None = None,
) -> Session:
    """The run's supernet, optimizer and values; something stands for what is missing.

    ``data`` says where its data lie now.

    Raises:
        UsageError: The run has lost what it needs, or does not fit what is installed.
    """
    path, config = folder.path, folder.config
    known = completed(catalog, missing, path)
    task = open_task(config, known, path, data)
    plan = without(resolve(config, known, training=False, task=task), missing, path)
    session = Session(plan, path)
    saved = checkpoints.newest(path, folder.whose)
    if saved is None:
        raise UsageError(f"Run {path} has lost its checkpoints; only its fronts remain.")
    if saved.faults:
        told = f"{saved.faults[0]} Answers come from {saved.path.name}, which is older."
        warnings.warn(told, Caution, stacklevel=2)
    workload_store.recall(path, session.context)
    session.load_state_dict(saved.content.get("session"), Archive(folder.at(checkpoints.ARCHIVE)))
    return session
