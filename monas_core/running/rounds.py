"""Rounds of trainings: each process of a run trains a network alone, and rank 0 keeps what came.

A training is bit for bit what it is in one process, wherever it is done. The others work in folders
of their own, which rank 0 gets whole: finished, or as far as they came when the run was stopped.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import torch
from torch import Tensor

from monas_core import events
from monas_core.errors import Diverged, Interrupted, MonasError
from monas_core.files import atomic_folder, inside
from monas_core.running.session import Session
from monas_core.train.folder import TrainedFolder
from monas_core.train.loop import train
from monas_core.values import population
from monas_core.values.architecture import Architecture

STOP = "stop"
"""On the board: trainings are to stop after their step."""
_SETTINGS = "config.yaml"
Files = dict[str, Tensor]


def shareable(session: Session) -> bool:
    """Whether other processes have all that a training needs."""
    plan, supernet = session.plan, session.context.supernet
    alike = plan.teacher is None and session.loss_lessons is None and supernet is not None
    return plan.ranks.count > 1 and alike


def begun(run: Path, architectures: Sequence[Architecture]) -> dict[str, Any]:
    """What the others need to go on with trainings of a run: settings, and files so far."""
    folders = [TrainedFolder.of(run, architecture).path for architecture in architectures]
    settings = (run / _SETTINGS).read_text(encoding="utf-8")
    return {"settings": settings, "files": [_files(folder) for folder in folders]}


def take_part(session: Session, request: Mapping[str, Any]) -> None:
    """The training of this process, which is none of rank 0; sent when it has ended."""
    plan, mine = session.plan, session.plan.ranks.number - 1
    rows = request["rows"]
    if mine >= len(rows):
        plan.ranks.gather(None)
        return
    (architecture,) = population.decode(plan.space.choices, rows[mine : mine + 1])
    settings = plan.retraining
    assert settings is not None
    notes: list[str] = []

    def note(event: events.Event) -> None:
        if isinstance(event, events.Warned):
            notes.append(event.message)

    bus = events.Bus()
    bus.attach(note)
    with tempfile.TemporaryDirectory() as place, torch.enable_grad():
        run, told = Path(place), {"fault": "", "failed": False}
        (run / _SETTINGS).write_text(request["settings"], encoding="utf-8")
        folder = TrainedFolder.of(run, architecture)
        _put(folder.path, request["files"][mine])
        control = _Watching(session)
        try:
            train(session.context, run, architecture, settings, bus=bus, control=control)
        except Interrupted:
            pass  # what was saved goes back
        except MonasError as error:
            told = {"fault": str(error), "failed": not isinstance(error, Diverged)}
        plan.ranks.gather({"files": _files(folder.path), "notes": notes, **told})


def taken_over(run: Path, architecture: Architecture, told: Mapping[str, Any]) -> None:
    """Put what another process sent into the folder of the run."""
    folder = TrainedFolder.of(run, architecture)
    _put(folder.path, told["files"])
    if folder.finished:
        folder.finish({**folder.result(), "trained": str(folder.path)})


@attrs.define
class _Watching:
    """A control that looks at the board."""

    session: Session

    @property
    def stopping(self) -> bool:
        """Whether rank 0 has said so."""
        return self.session.plan.ranks.board.posted(STOP) is not None


def _files(folder: Path) -> Files:
    """Of a folder, by path in it; an empty tensor for an empty file."""
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.startswith(".")]
    return {
        p.relative_to(folder).as_posix(): torch.frombuffer(
            bytearray(p.read_bytes()), dtype=torch.uint8
        )
        if p.stat().st_size
        else torch.empty(0, dtype=torch.uint8)
        for p in paths
    }


def _put(folder: Path, files: Files) -> None:
    """Have these files in a folder, and no others."""
    if not files:
        return
    with atomic_folder(folder) as draft:
        for name, content in files.items():
            path = inside(draft, *name.split("/"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.numpy().tobytes())
