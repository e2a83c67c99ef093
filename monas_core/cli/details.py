"""What ``monas info`` says beyond the spec, by kind, as plain values."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from monas_core.cli.spaces import described

if TYPE_CHECKING:
    from monas_core.catalog.lookup import Catalog
    from monas_core.catalog.specs import Entry
    from monas_core.parts.space import SearchSpace
    from monas_core.parts.task import Task


def details(
    catalog: Catalog,
    entry: Entry,
    *,
    argument: str | None,
    preset: str | None,
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Facts of an entry, of a task with some options; loads what it needs to.

    Raises:
        MonasError: The entry cannot be loaded, or the preset is unknown.
    """
    if entry.kind == "task":
        found = _task(catalog, entry, argument, options or {})
    else:
        found = _of_kind(catalog, entry, argument, preset)
    return {**found, "options": options_of(entry), "options_path": options_path(entry)}


def options_path(entry: Entry) -> str | None:
    """By which path a run sets options of an entry; ``None`` where it takes none of this kind."""
    from monas_core.record.config import NAMED, SINGLE

    if entry.kind in NAMED:
        return f"options.{entry.kind}.{entry.name}"
    return f"options.{entry.kind}" if entry.kind in SINGLE else None


def _of_kind(
    catalog: Catalog, entry: Entry, argument: str | None, preset: str | None
) -> dict[str, Any]:
    if entry.kind == "space":
        return _space(catalog, entry, argument, preset)
    if entry.kind == "objective":
        return _objective(entry)
    if entry.kind == "device":
        return _device(entry, argument)
    doc = inspect.getdoc(entry.load()) or ""
    answers = {"answers": entry.load().answers_with} if entry.kind == "optimizer" else {}
    return {"description": doc.split("\n\n")[0], **answers}


def options_of(entry: Entry) -> list[dict[str, Any]]:
    """Options of an entry: name, type, default, and what the docstrings of its class say of it.

    A class that extends another explains what it adds, or means otherwise, alone.
    """
    kind = entry.load_options()
    if kind is None:
        return []
    explained: dict[str, str] = {}
    for known in reversed(inspect.getmro(kind)):
        explained |= documented(inspect.cleandoc(vars(known).get("__doc__") or ""))
    return [
        {
            "name": field.name,
            "type": getattr(field.type, "__name__", str(field.type)),
            "default": _default(field),
            "meaning": explained.get(field.name, ""),
        }
        for field in attrs.fields(kind)
        if field.init
    ]


def _default(field: attrs.Attribute[Any]) -> Any:
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # pyright: ignore[reportArgumentType]
        return default.factory() if not default.takes_self else None
    return None if default is attrs.NOTHING else default


def documented(docstring: str, section: str = "Attributes") -> dict[str, str]:
    """The entries of a section of a docstring, by name."""
    _, _, text = docstring.partition(f"{section}:\n")
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line and not line.startswith(" "):
            break
        match = re.match(r"    ([\w, ]+):\s*(.*)", line)
        if match and not line.startswith("     "):
            name = match[1]
            found[name] = match[2]
        elif name and line.strip():
            found[name] += " " + line.strip()
    return {name.strip(): said for names, said in found.items() for name in names.split(",")}


def _space(
    catalog: Catalog, entry: Entry, argument: str | None, preset: str | None
) -> dict[str, Any]:
    from monas_core.catalog.specs import TAKES_ARGUMENT
    from monas_core.parts.space import check_preset

    kind: type[SearchSpace] = entry.load()
    chosen = check_preset(kind, preset) if preset else kind.presets[0]
    if argument is None and TAKES_ARGUMENT in entry.spec.provides:
        return {"usage": f"needs an argument: {entry.name}:ARGUMENT", **_described(kind)}
    task = _default_task(catalog, kind)
    presets: list[dict[str, Any]] = []
    shown: SearchSpace | None = None
    for name in kind.presets:
        space: SearchSpace = catalog.create("space", entry.asked(argument), preset=name)
        shown = space if name == chosen else shown
        presets.append(
            {
                "preset": name,
                "architectures": space.choices.cardinality(),
                "choices": len(space.choices),
                "weights": _weights(space, task),
                "warm_up": attrs.asdict(space.warm_up),
            }
        )
    assert shown is not None
    return {
        "networks_for": sorted(kind.modalities),
        "presets": presets,
        "weights_for_task": task.name if task else None,
        "preset": chosen,
        "choices": described(shown.choices.choices),
        "notes": list(shown.notes),
    }


def _default_task(catalog: Catalog, kind: type[SearchSpace]) -> Task | None:
    """A task the space can build for, to count weights with; none if none is installed."""
    from monas_core.errors import MonasError

    fitting = [e for e in catalog.entries("task") if kind.modalities & e.spec.provides]
    fitting.sort(key=lambda e: f"default-task:{kind.name}" not in e.spec.provides)
    fitting.sort(key=lambda e: not any(p.startswith("default-task") for p in e.spec.provides))
    try:
        return catalog.create("task", fitting[0].name) if fitting else None
    except MonasError:
        return None


def _weights(space: SearchSpace, task: Task | None) -> list[int] | None:
    """Weights of the smallest and the largest network; nothing is allocated."""
    from monas_core.errors import MonasError
    from monas_core.tracing.workload import Tracer

    if task is None:
        return None
    counts, tracer = list[int](), Tracer()
    ends = space.ends()
    for architecture in (ends.smallest, ends.largest):
        try:
            network = tracer.build(lambda a=architecture: space.build(a, task))
        except MonasError:  # a space of something of a person's own, that has another task
            return None
        counts.append(sum(parameter.numel() for parameter in network.parameters()))
    return sorted(counts)


def _objective(entry: Entry) -> dict[str, Any]:
    from monas_core.catalog.specs import TAKES_ARGUMENT

    kind = entry.load()
    return {
        "short": kind.short,
        "unit": getattr(kind, "unit", None),
        "direction": getattr(kind, "direction", None),
        "device_metric": kind.device_metric,
        "costs_an_evaluation": kind.query,
        "differentiable": kind.differentiable,
        "takes_argument": TAKES_ARGUMENT in entry.spec.provides,
        "arguments": documented(inspect.getdoc(kind) or "", "Args").get("argument", ""),
        "description": (inspect.getdoc(kind) or "").split("\n\n")[0],
    }


def _device(entry: Entry, argument: str | None) -> dict[str, Any]:
    from monas_core.catalog.specs import TAKES_ARGUMENT
    from monas_core.errors import UsageError

    takes = TAKES_ARGUMENT in entry.spec.provides
    if takes and argument is None:
        return {"usage": f"needs an argument: {entry.name}:ARGUMENT", **_described(entry.load())}
    if argument is not None and not takes:
        raise UsageError(
            f'Device "{entry.name}" takes no argument, got "{argument}"; leave out :{argument}.'
        )
    device = entry.create(**({"argument": argument} if takes else {}))
    profile = attrs.asdict(device.profile)
    return {
        "profile": profile,
        "metrics": sorted(device.metrics),
        "available": bool(device.available),
        "facts": dict(device.facts()),
    }


def _described(factory: Any) -> dict[str, str]:
    return {"description": (inspect.getdoc(factory) or "").split("\n\n")[0]}


def _task(
    catalog: Catalog, entry: Entry, argument: str | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    from monas_core.errors import UsageError

    try:
        task: Task = catalog.create("task", entry.name, dict(options), argument=argument)
    except UsageError as error:
        if argument is not None or options:
            raise
        return {"usage": str(error)}
    further = [attrs.asdict(score) for score in task.scores]
    return {
        "score": attrs.asdict(task.score),
        "scores": further,
        "facts": _plain(task.describe()),
    }


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _plain(value) if isinstance(value, Mapping) else value for key, value in facts.items()
    }
