"""What a run was asked to do: one strict, serialisable value.

Unknown keys and wrong types are refused with the path of the key; nothing is
converted silently.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_origin

import attrs
import yaml
from cattrs import Converter
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError

from monas_core.errors import UsageError, nearest
from monas_core.record.retrain import RetrainConfig, as_group
from monas_core.record.teaching import TeacherConfig, as_teacher
from monas_core.record.training import TrainingConfig, WarmUpConfig
from monas_core.record.yamltext import parse_yaml
from monas_core.values.bounds import within
from monas_core.values.budget import Budget

T = TypeVar("T")

SINGLE = ("space", "task", "loss", "embedding", "trainer", "optimizer")
"""Kinds of plugins of which a run has one: ``options.KIND.KEY``."""
TORCH_DEVICES = ("auto", "cpu", "cuda", "mps", "xpu")
"""``auto`` is ``cuda`` where there is a GPU of that kind, else ``cpu``."""
NAMED = ("objective", "device", "observer", "guide")
"""Kinds of plugins of which a run may have several: ``options.KIND.NAME.KEY``."""
_SHORT: Mapping[str, tuple[type, Callable[[Any], Any]]] = {
    "retrain": (RetrainConfig, as_group),
    "teacher": (TeacherConfig, as_teacher),
}
"""Groups of keys that may be written as one value, and how that becomes a group."""


@attrs.frozen
class RunConfig:
    """A run, as asked for. ``None`` means: the default of whatever is installed.

    Attributes:
        space: Search space.
        preset: Its size; ``None`` takes the smallest.
        objectives: What to optimise, in order.
        devices: Hardware targets the search sees.
        held_out: Targets that get a front at the end but never enter the search.
        task: Name of a task, with ``:ARGUMENT`` where it takes one.
        loss: What training makes small; ``task`` is the task's own loss.
        trainer: How the supernet is trained before the search; ``none`` leaves it out.
        optimizer: Search algorithm.
        guides: What steers its selection beside the objectives.
        observers: Who hears of it, beside those that hear of every run.
        teacher: A reference network, for what compares networks with one or learns from it.
        predictor: Folder of a run whose fitted predictor of quality the optimizer goes by.
        embedding: How devices are described to the optimizer.
        budget: Of the search, warm-up and finish not included.
        warm_up: Training of the supernet.
        training: Arithmetic, memory and update rule of trainings.
        retrain: Training of members of the final fronts alone, ``500steps`` or ``20s`` each.
        preferences: At least this many preferences are proposed for, per device.
        seed: Of everything random.
        torch_device: Where this machine computes: ``auto``, ``cpu``, ``cuda``, ``mps``, ``xpu``.
        out_dir: Run folder; ``None`` makes one under ``runs/``.
        options: Options of plugins, by kind: ``{"optimizer": {...}}``; where a run has several
            of a kind, by kind and name: ``{"device": {"host": {...}}}``.
        own_devices: Devices that were named by a file or with an argument, by the name they
            have: ``{"device": NAME OF THE PLUGIN, "document": CONTENT}``. Filled in when a
            configuration is resolved; a run folder keeps it in ``devices.json``.
        max, min: Limits by ``NAME`` or ``NAME@DEVICE``, in natural units: ``{"lat@host": "5ms"}``.
        target: Values to be met within 5 %, or within what ``12ms±3%`` says.
    """

    space: str
    preset: str | None = None
    objectives: tuple[str, ...] | None = None
    devices: tuple[str, ...] | None = None
    held_out: tuple[str, ...] | None = None
    task: str | None = None
    loss: str | None = None
    trainer: str | None = None
    optimizer: str | None = None
    guides: tuple[str, ...] | None = None
    observers: tuple[str, ...] | None = None
    predictor: str | None = None
    embedding: str | None = None
    budget: Budget = attrs.field(factory=lambda: Budget(60, "seconds"))
    warm_up: WarmUpConfig = attrs.field(factory=WarmUpConfig)
    training: TrainingConfig = attrs.field(factory=TrainingConfig)
    retrain: RetrainConfig = attrs.field(factory=RetrainConfig)
    teacher: TeacherConfig = attrs.field(factory=TeacherConfig)
    preferences: int = attrs.field(default=66)
    seed: int = 0
    torch_device: str = "auto"
    out_dir: str | None = None
    options: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    own_devices: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    max: dict[str, Any] = attrs.field(factory=dict)
    min: dict[str, Any] = attrs.field(factory=dict)
    target: dict[str, Any] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if self.torch_device not in TORCH_DEVICES:
            raise UsageError(
                f'torch_device "{self.torch_device}" is not known; choose one of '
                f"{', '.join(TORCH_DEVICES)}."
            )
        within("", 1, preferences=self.preferences)
        within("", 0, seed=self.seed)


def _exactly(*allowed: type) -> Any:
    names = " or ".join(kind.__name__ for kind in allowed)

    def convert(value: Any, target: type) -> Any:
        if (isinstance(value, bool) and bool not in allowed) or not isinstance(value, allowed):
            raise TypeError(f"expected {names}, got {value!r:.80}")
        return target(value)

    return convert


def _words(value: Any) -> Any:
    """``"a, b"`` as a list; anything else as it is."""
    if not isinstance(value, str):
        return value
    return [word.strip() for word in value.split(",") if word.strip()]


@functools.cache
def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_structure_hook(int, _exactly(int))
    converter.register_structure_hook(float, _exactly(int, float))
    converter.register_structure_hook(bool, _exactly(bool))
    converter.register_structure_hook(str, _exactly(str))
    converter.register_structure_hook_func(
        lambda kind: kind == tuple[str, ...],
        lambda v, _: tuple(converter.structure(_words(v), list[str])),
    )
    converter.register_structure_hook(
        Budget, lambda v, _: v if isinstance(v, Budget) else Budget.parse(str(v))
    )
    converter.register_unstructure_hook(Budget, str)
    for group, grouped in _SHORT.values():
        strict = converter.get_structure_hook(group)
        converter.register_structure_hook(group, _from_short(strict, grouped))
    return converter


def _from_short(strict: Any, grouped: Callable[[Any], Any]) -> Any:
    return lambda value, kind: strict(grouped(value), kind)


def structure(document: Mapping[str, Any], kind: type[T], where: str) -> T:
    """Build an attrs value from plain data, strictly.

    Raises:
        UsageError: The first fault, with the path of its key.
    """
    try:
        return _converter().structure(dict(document), kind)
    except UsageError:
        raise
    except Exception as error:
        path, reason = _first_fault(error, where, kind)
        raise UsageError(f"{path}: {reason}." if path else f"{reason}.") from error


def _first_fault(error: BaseException, path: str, kind: Any) -> tuple[str, str]:
    if isinstance(error, ForbiddenExtraKeysError):
        key = min(error.extra_fields)
        known = [field.name for field in attrs.fields(error.cl)]
        near = nearest(key, known)
        hint = f'did you mean "{near}"? ' if near else ""
        return f"{path}.{key}".lstrip("."), f"unknown key; {hint}allowed here: {', '.join(known)}"
    if isinstance(error, ClassValidationError | IterableValidationError):
        inner = error.exceptions[0]
        notes = getattr(inner, "__notes__", [])
        name = next((str(n.name) for n in notes if hasattr(n, "name")), "")
        if not name:
            name = next((str(n.index) for n in notes if hasattr(n, "index")), "")
        wanted = next((n.type for n in notes if hasattr(n, "type")), None)
        if isinstance(inner, TypeError | AttributeError) and _is_group(wanted):
            reason = "expected a group of keys; write them below it, or leave it out"
            return f"{path}.{name}".strip("."), reason
        return _first_fault(inner, f"{path}.{name}".strip("."), kind)
    if isinstance(error, KeyError):
        return path, f"required key {error} is missing"
    return path, str(error).rstrip(".") or type(error).__name__


def _is_group(kind: Any) -> bool:
    """Whether a key of this type holds further keys."""
    return (isinstance(kind, type) and attrs.has(kind)) or get_origin(kind) is dict


def load_config(
    file: Path | None,
    overrides: Mapping[str, Any],
    dotted: Sequence[str] = (),
    base: Mapping[str, Any] | None = None,
) -> RunConfig:
    """Merge a preset's keys, a YAML file, flags and ``key.path=value``, later ones winning.

    Raises:
        UsageError: Unreadable file, unknown key (with its path), wrong type, missing space.
    """
    # copies all the way down: dotted settings are put into them, and a preset keeps its own
    document = copy.deepcopy(dict(base or {})) | (_read_yaml(file) if file is not None else {})
    given = copy.deepcopy({key: v for key, v in overrides.items() if v is not None})
    for key, (_, grouped) in _SHORT.items():  # one value alone leaves the rest as it is
        told = [grouped(d[key]) for d in (document, given) if key in d]
        if told:
            whole = all(isinstance(group, dict) for group in told)
            given[key] = {k: v for g in told for k, v in g.items()} if whole else told[-1]
    document |= given
    for text in dotted:
        apply_dotted(document, text)
        for key, (_, grouped) in _SHORT.items():
            if key in document:
                document[key] = grouped(document[key])
    if "space" not in document:
        raise UsageError("No search space was named; add --space NAME (monas plugins lists them).")
    return structure(document, RunConfig, "")


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        document = parse_yaml(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Cannot read config file {file}: {error}.") from error
    except ValueError as error:
        raise UsageError(f"Config file {file} is not valid YAML: {error}.") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise UsageError(f"Config file {file} must hold a mapping of keys, not {document!r:.40}.")
    return document


def apply_dotted(document: dict[str, Any], text: str) -> None:
    """Put ``key.path=value`` into a document. Raises UsageError when it is not of that form."""
    path, sign, value = text.partition("=")
    if not sign or not path:
        raise UsageError(f'Override "{text}" is not understood; write key.path=value.')
    *parents, last = _steps(path)
    place: Any = document
    for key in parents:
        place = place.setdefault(key, {})
        if not isinstance(place, dict):
            raise UsageError(f'Override "{text}": "{key}" holds a value, not a group of keys.')
    try:
        place[last] = parse_yaml(value)
    except ValueError as error:
        raise UsageError(f'Override "{text}": "{value}" is not a valid YAML value.') from error


def _steps(path: str) -> list[str]:
    """Keys of a dotted path; names of objectives, devices and observers may hold dots."""
    steps = path.split(".")
    if len(steps) > 4 and steps[0] == "options" and steps[1] in NAMED:
        return [*steps[:2], ".".join(steps[2:-1]), steps[-1]]
    return steps


def to_document(config: RunConfig) -> dict[str, Any]:
    """Plain form, as written to ``config.yaml``."""
    return _converter().unstructure(config)


def read_config(path: Path) -> RunConfig:
    """Read a run's ``config.yaml``."""
    return structure(_read_yaml(path), RunConfig, "")


def write_config(config: RunConfig) -> str:
    """YAML text of a configuration, without what ``own_devices`` hold."""
    document = {k: v for k, v in to_document(config).items() if k != "own_devices"}
    return yaml.safe_dump(_plain(document), sort_keys=False, width=1 << 20)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
