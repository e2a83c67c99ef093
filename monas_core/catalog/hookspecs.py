"""Every hook monas calls, in one place. A plugin implements the ones it needs.

Each returns a list of specs and must not import torch: factories are given as
import paths and called only when a run uses them.
"""

from __future__ import annotations

import pluggy

from monas_core.catalog.specs import Spec

hookspec = pluggy.HookspecMarker("monas")
hookimpl = pluggy.HookimplMarker("monas")
"""Marks a function of a ``plugin.py`` as the implementation of the hook of its name."""


@hookspec
def monas_spaces() -> list[Spec]:  # pyright: ignore[reportReturnType]
    """Search spaces: factory is a ``SearchSpace`` class, called with ``preset=``."""


@hookspec
def monas_objectives() -> list[Spec]:  # pyright: ignore[reportReturnType]
    """Objectives: factory is an ``Objective`` class, called with ``task=``."""


@hookspec
def monas_devices() -> list[Spec]:  # pyright: ignore[reportReturnType]
    """Hardware targets: factory returns a ``Device``.

    ``NAME:ARGUMENT`` passes ARGUMENT as ``argument=`` to a factory that provides
    ``takes-argument``. What such a device keeps as ``document`` comes back as ``document=``
    when the run is opened again. One that provides ``reads-figures`` is given JSON files of
    datasheet figures, which have no other name.

    One that provides ``measures-this-machine`` is called with ``runtime=``, ``threads=``,
    ``batch=`` and ``seconds=`` by ``monas profile``.
    """


@hookspec
def monas_embeddings() -> list[Spec]:  # pyright: ignore[reportReturnType]
    """Hardware embeddings: factory is a ``HardwareEmbedding`` class."""


@hookspec
def monas_optimizers() -> list[Spec]:  # pyright: ignore[reportReturnType]
    """Search algorithms: factory is an ``Optimizer`` class."""


@hookspec
def monas_guides() -> list[Spec]:  # pyright: ignore[reportReturnType]
    """What steers a search beside the objectives: factory is a ``Guide`` class."""


@hookspec
def monas_trainers() -> list[Spec]:  # pyright: ignore[reportReturnType]
    """How a supernet is trained before the search: factory is a ``Trainer`` class.

    One that provides ``supernet`` leaves weights to inherit; without such a one a run has none.
    """


@hookspec
def monas_losses() -> list[Spec]:  # pyright: ignore[reportReturnType]
    """Losses in place of a task's own: factory is a ``Loss`` class, called with ``task=``.

    One whose spec provides ``own-loss`` leaves the task its own and is never made.
    """


@hookspec
def monas_tasks() -> list[Spec]:  # pyright: ignore[reportReturnType]
    """Tasks: factory returns a ``Task``; ``text:PATH`` passes PATH as ``argument=``."""


@hookspec
def monas_formats() -> list[Spec]:  # pyright: ignore[reportReturnType]
    """Formats of exported networks: factory is a ``Format`` class."""


@hookspec
def monas_benchmarks() -> list[Spec]:  # pyright: ignore[reportReturnType]
    """Problems on published measurements: factory is a ``Benchmark``, called with ``data=``."""


@hookspec
def monas_presets() -> list[Spec]:  # pyright: ignore[reportReturnType]
    """Named configurations: factory is a function that returns a mapping of config keys."""


@hookspec
def monas_observers() -> list[Spec]:  # pyright: ignore[reportReturnType]
    """Event observers (trackers, notifiers): factory is called and gets every event."""


@hookspec
def monas_commands() -> list[Spec]:  # pyright: ignore[reportReturnType]
    """Subcommands: factory is a function that typer can turn into a command."""


HOOKS: dict[str, str] = {
    "space": "monas_spaces",
    "objective": "monas_objectives",
    "device": "monas_devices",
    "embedding": "monas_embeddings",
    "optimizer": "monas_optimizers",
    "guide": "monas_guides",
    "trainer": "monas_trainers",
    "task": "monas_tasks",
    "loss": "monas_losses",
    "format": "monas_formats",
    "benchmark": "monas_benchmarks",
    "preset": "monas_presets",
    "observer": "monas_observers",
    "command": "monas_commands",
}
"""Hook by kind of plugin."""
