"""Devices that come by default but were never asked for: a broken one is left out, and told."""

from __future__ import annotations

from collections.abc import Sequence

from monas_core.catalog.blame import plugin_fault, said
from monas_core.catalog.discovery import OWNER
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.record.config import RunConfig
from monas_core.running.devices import Named
from monas_core.running.matching import match_metrics
from monas_core.values import population


def without_broken(
    config: RunConfig,
    searched: Sequence[Named],
    withheld: Sequence[Named],
    objectives: Sequence[Objective],
    context: Context,
) -> tuple[list[Named], list[Named], tuple[str, ...]]:
    """Search devices and held-out ones as ``sound`` leaves them, and what is to be told."""
    kept, notes = sound(searched, objectives, context, named=config.devices is not None)
    held, more = sound(withheld, objectives, context, named=config.held_out is not None)
    return kept, held, (*notes, *more)


def sound(
    devices: Sequence[Named], objectives: Sequence[Objective], context: Context, *, named: bool
) -> tuple[list[Named], list[str]]:
    """Devices that work, and a sentence for each stranger's default that does not.

    A stranger's default device is tried on the smallest architecture; what a person ``named``
    and the owner's are taken as they are.
    """
    found: list[Named] = []
    notes: list[str] = []
    for device in devices:
        entry = device.entry
        if not named and entry is not None and entry.provider != OWNER:
            try:
                _try(device.make(context), objectives, context)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's code
                reason = str(plugin_fault(error) or said(error))
                notes.append(
                    f'Default device "{entry.name}" ({entry.origin}) is left out: {reason}'
                )
                continue
        found.append(device)
    return found, notes


def _try(device: Device, objectives: Sequence[Objective], context: Context) -> None:
    match_metrics(objectives, [device])
    choices = context.space.choices
    smallest = population.decode(choices, population.corners(choices)[:1])
    for metric in sorted({o.device_metric for o in objectives if o.device_metric}):
        device.cost(metric, smallest, context)
