"""From what a person calls a device to the device: a name, ``NAME:ARGUMENT``, or a JSON file.

A file is a profile: of datasheet figures, for the installed device that computes from such, or
of measurements, from which a cost model is fitted. What a device was made from goes into the
configuration of a run, so that the run can be opened where the file is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from monas_core.catalog.lookup import Catalog, checked_options
from monas_core.catalog.specs import TAKES_ARGUMENT, Entry
from monas_core.errors import Unavailable, UsageError
from monas_core.files import parse_json, read_json, strict_json
from monas_core.parts.any_device import ANY, AnyDevice
from monas_core.parts.context import Context
from monas_core.parts.device import Device, DeviceProfile
from monas_core.parts.objective import Objective
from monas_core.profiling import profile as profiles
from monas_core.profiling.device import Profiled
from monas_core.record.config import RunConfig

MEASURED = "measured-profile"
"""Stands for the plugin's name where a device answers from a profile of measurements."""
READS_FIGURES = "reads-figures"
_SUFFIX = ".json"


@attrs.frozen
class Named:
    """A device as it was named, looked up but not made.

    Attributes:
        text: What the person wrote, for messages.
        entry: Who makes it; ``None`` for a profile of measurements.
        argument: Handed to a factory that takes one.
        document: Content it is made from, where that is known already.
    """

    text: str
    entry: Entry | None
    argument: str | None = None
    document: Mapping[str, Any] | None = None

    def make(self, context: Context, options: Mapping[str, Any] | None = None) -> Device:
        """The device.

        Args:
            context: Space and task it will be asked about.
            options: Of the plugin that makes it.

        Raises:
            UsageError: What it was named by cannot be read, or does not fit the space.
            PluginError: The plugin fails.
        """
        if self.text == ANY:
            return AnyDevice()
        if self.entry is None:
            assert self.document is not None
            return Profiled(profiles.from_json(self.document, f"Profile {self.text}"), context)
        given = {"argument": self.argument, "document": self.document}
        arguments = {key: value for key, value in given.items() if value is not None}
        where = f"options.device.{self.entry.name}"
        checked = checked_options(self.entry, options or {}, where)
        return self.entry.create(**arguments, **checked)


def look_up(
    text: str | Path, catalog: Catalog, own: Mapping[str, Mapping[str, Any]] | None = None
) -> Named:
    """What a person means by ``text``.

    Args:
        text: ``host``, ``NAME:ARGUMENT``, or the path of a profile.
        catalog: What is installed.
        own: Devices a run has kept, by name (``RunConfig.own_devices``).

    Raises:
        UsageError: Nothing of this name, a missing or needless argument, an unreadable file.
    """
    text = str(text)
    if text == ANY:
        return Named(ANY, None)
    if own and text in own:
        return _kept(text, own[text], catalog)
    name, colon, argument = text.partition(":")
    installed = {n for e in catalog.entries("device") for n in (e.name, *e.spec.aliases)}
    if is_file(text) and not (colon and name in installed):
        return _from_file(Path(text), catalog)
    entry = catalog.find("device", name)
    text = f"{entry.name}{colon}{argument}"  # one device, whichever alias was written
    takes = TAKES_ARGUMENT in entry.spec.provides
    if argument and not takes:
        raise UsageError(f'Device "{name}" takes no argument, got "{argument}"; write {name}.')
    if takes and not argument:
        raise UsageError(
            f'Device "{name}" needs an argument; write {name}:ARGUMENT (monas info {name} tells).'
        )
    return Named(text, entry, argument or None)


def is_file(text: str | Path) -> bool:
    """Whether a device is named by its profile file rather than by a name."""
    return isinstance(text, Path) or text.endswith(_SUFFIX) or "/" in text


def named_devices(
    config: RunConfig, catalog: Catalog, differ: bool
) -> tuple[list[Named], list[Named]]:
    """Devices to search for and devices held out, as named or by default.

    Args:
        config: Who names them.
        catalog: What is installed.
        differ: Whether an objective reads a device; otherwise one front serves them all.

    Raises:
        UsageError: No device, one named twice or in both lists, several where all are alike,
            or as ``look_up``.
    """
    if not differ:
        return _one_for_all(catalog, config), []
    searched = _devices(catalog, config, config.devices, "default-device")
    if not searched:
        raise UsageError("No device was named; name at least one (monas plugins lists them).")
    held_out = _devices(catalog, config, config.held_out, "default-held-out")
    if config.held_out is None:
        held_out = [named for named in held_out if named not in searched]
    for named in searched:
        if searched.count(named) > 1:
            raise UsageError(f'Device "{named.text}" is named twice; name it once.')
        if named in held_out:
            raise UsageError(
                f'Device "{named.text}" is both searched and held out; name it in one list only.'
            )
    return searched, held_out


def _one_for_all(catalog: Catalog, config: RunConfig) -> list[Named]:
    """The device that was named, if one was, or what stands for any."""
    given = [*(config.devices or ()), *(config.held_out or ())]
    if len(given) > 1 or (given and not config.devices):
        raise UsageError(
            f"None of the objectives reads a device, so {', '.join(given)} would all get the same "
            "front; leave out --devices and --held-out, or add an objective that reads one."
        )
    return [look_up(given[0] if given else ANY, catalog, config.own_devices)]


def _devices(
    catalog: Catalog, config: RunConfig, names: Sequence[str] | None, default: str
) -> list[Named]:
    if names is None:
        entries = [e for e in catalog.entries("device") if default in e.spec.provides]
        return [Named(entry.name, entry) for entry in entries]
    return [look_up(name, catalog, config.own_devices) for name in names]


def profile_of(name: str, config: RunConfig, catalog: Catalog) -> DeviceProfile:
    """Description of a device of a run; nothing is traced.

    Raises:
        MonasError: It is not installed any more, or what the run kept is damaged.
    """
    named = look_up(name, catalog, config.own_devices)
    if name == ANY:
        return AnyDevice().profile
    if named.entry is None:
        return profiles.from_json(named.document, f"Profile {name}").device
    document = {"document": named.document} if named.document is not None else {}
    return named.entry.create(**document).profile


def made(
    wanted: Sequence[Named], context: Context, options: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[Device, ...], dict[str, dict[str, Any]]]:
    """Devices, and of those that were read from somewhere what a run has to keep.

    Args:
        wanted: In order.
        context: Space and task they will be asked about.
        options: By name of the plugin, or of the device as it was written.

    Raises:
        UsageError: As ``Named.make``, or two have one name, or a name that no file can have,
            or options are for a device that is not among them.
    """
    known = {n for named in wanted for n in (named.text, named.entry.name if named.entry else "")}
    strange = [name for name in options if name not in known]
    if strange:
        raise UsageError(
            f"options.device.{strange[0]}: this run has no such device; it has: "
            f"{', '.join(named.text for named in wanted)}."
        )
    devices: list[Device] = []
    kept: dict[str, dict[str, Any]] = {}
    for named in wanted:
        plugin = named.entry.name if named.entry else MEASURED
        device = named.make(context, _own(named, options))
        devices.append(device)
        if device.document is not None:
            document = parse_json(strict_json(device.document))  # as it will be read back
            kept[device.name] = {"device": plugin, "document": document}
    _check_names(zip(wanted, devices, strict=True))
    return tuple(devices), kept


def made_again(device: Device, config: RunConfig, catalog: Catalog, context: Context) -> Device:
    """A device as a run makes it, that has measured nothing yet. Raises as ``Named.make``."""
    named = look_up(device.name, catalog, config.own_devices)
    return named.make(context, _own(named, config.options.get("device", {})))


def _own(named: Named, options: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Options given under what was written, or under the name of the plugin."""
    plugin = named.entry.name if named.entry else MEASURED
    return options.get(named.text) or options.get(plugin)


def try_out(devices: Sequence[Device], objectives: Sequence[Objective], context: Context) -> None:
    """Ask devices that were read from somewhere for the ends and references of a space.

    A table of another preset, or a program that fails, is found before anything is trained.

    Raises:
        UsageError: A device cannot tell a cost.
        PluginError: A device's program fails.
    """
    metrics = [o.device_metric for o in objectives if o.device_metric is not None]
    for device in devices:
        for metric in metrics if device.document is not None else ():
            try:
                device.estimate(metric, context.space.references(), context)
            except Unavailable as error:
                told = f'Device "{device.name}" does not fit this run: {error}'
                raise UsageError(told) from error


def _kept(name: str, kept: Mapping[str, Any], catalog: Catalog) -> Named:
    try:
        plugin, document = kept["device"], kept["document"]
    except (KeyError, TypeError) as error:
        raise UsageError(
            f'own_devices.{name} must hold "device" and "document", got {kept!r:.60}.'
        ) from error
    return Named(
        name, None if plugin == MEASURED else catalog.find("device", plugin), None, document
    )


def _from_file(path: Path, catalog: Catalog) -> Named:
    document = read_json(path, "device profile", "write it again")
    if isinstance(document, dict) and "figures" in document:
        for entry in catalog.entries("device"):
            if READS_FIGURES in entry.spec.provides:
                return Named(str(path), entry, None, document)
        raise UsageError(f"{path} holds datasheet figures, and no installed device reads those.")
    profiles.from_json(document, f"Device profile {path}")
    return Named(str(path), None, None, document)


def _check_names(pairs: Iterable[tuple[Named, Device]]) -> None:
    owner: dict[str, str] = {}
    for named, device in pairs:
        name = device.name
        if not name.isprintable() or "/" in name or name.startswith("."):
            raise UsageError(
                f'Device {named.text} calls itself "{name}", which cannot be the name of a file; '
                "choose a name of letters, digits and dashes."
            )
        if name in owner:
            raise UsageError(
                f'{owner[name]} and {named.text} are both the device "{name}"; leave one out, or '
                "give one another name in its file."
            )
        owner[name] = named.text
