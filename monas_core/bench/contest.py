"""What a contest is about, checked before anything runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs

from monas_core.bench.variant import Variant, variants
from monas_core.bench.within import kept, limits_of_contest
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry
from monas_core.errors import UsageError, nearest
from monas_core.parts.device import Device
from monas_core.problem.benchmark import Benchmark
from monas_core.running.matching import match_metrics
from monas_core.values.budget import Budget
from monas_core.values.constraint import Constraint

ANSWERS = 24
"""How many architectures an optimizer may name per device."""


@attrs.frozen
class Contest:
    """Who competes, on what, under which rules; plain values that a process can be handed.

    Attributes:
        problem: Name of the benchmark.
        data: Folder with its files.
        budget: Quality queries of one run, for all devices together.
        seeds: How many; they are 0, 1, ...
        devices: Names of the devices searched for.
        held_out: Names of the devices kept out of the search.
        variants: The participants.
        answers: Most architectures named per device.
        limits: What every answer has to meet; hypervolume counts inside them only.
        versions: What the outcome depends on besides: by name, version or digest.
    """

    problem: str
    data: Path
    budget: Budget
    seeds: int
    devices: tuple[str, ...]
    held_out: tuple[str, ...]
    variants: tuple[Variant, ...]
    answers: int = ANSWERS
    limits: tuple[Constraint, ...] = ()
    versions: Mapping[str, str] = attrs.field(factory=dict)

    def settings(self, variant: Variant) -> dict[str, Any]:
        """Everything the outcome of one run depends on but its seed, as JSON values."""
        limited = {"limits": [attrs.asdict(limit) for limit in self.limits]} if self.limits else {}
        return (
            self.ground()
            | limited
            | {
                "budget": str(self.budget),
                "devices": list(self.devices),
                "held-out devices": list(self.held_out),
                "number of answers": self.answers,
                "optimizer": variant.optimizer,
                "options": dict(variant.options),
                "code of the optimizer": self.versions[f"optimizer {variant.optimizer}"],
            }
        )

    def ground(self) -> dict[str, Any]:
        """What every value on this problem depends on, as JSON values."""
        return {
            "problem": self.problem,
            "data": self.versions["data"],
            "code of the problem": self.versions["problem"],
            "version of monas": self.versions["monas"],
        }

    @property
    def all_devices(self) -> tuple[str, ...]:
        """Search devices, then held-out ones."""
        return (*self.devices, *self.held_out)


@attrs.frozen
class Asked:
    """A contest as asked for; ``None`` means the default."""

    problem: str
    data: Path
    budget: str
    seeds: int
    optimizers: Sequence[str] | None = None
    settings: Sequence[str] = ()
    devices: Sequence[str] | None = None
    held_out: Sequence[str] | None = None
    answers: int = ANSWERS
    limits: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict)


def resolve(wish: Asked, catalog: Catalog) -> tuple[Contest, Benchmark]:
    """Check every name, number and option; read the data.

    Raises:
        UsageError: Whatever would fail later, in one sentence.
    """
    entry = catalog.find("benchmark", wish.problem)
    budget = _budget(wish.budget)
    if wish.seeds < 1:
        raise UsageError(f"--seeds must be at least 1, got {wish.seeds}.")
    participants = variants(catalog, wish.optimizers, wish.settings, provided(entry, catalog))
    if not wish.data.is_dir():
        raise UsageError(
            f'Data folder "{wish.data}" does not exist; give the folder of the published tables '
            "with --data-dir or in MONAS_DATA."
        )
    benchmark: Benchmark = entry.create(data=wish.data)
    devices, held_out = _devices(benchmark, wish)
    match_metrics(benchmark.objectives, [benchmark.devices[n] for n in (*devices, *held_out)])
    _check_answers(wish.answers, len(benchmark.objectives))
    limits = limits_of_contest(wish.limits, catalog, benchmark, (*devices, *held_out))
    if benchmark.reference_search is not None:
        catalog.find("optimizer", benchmark.reference_search).load()
    code = {
        f"optimizer {v.optimizer}": source_digest(catalog.find("optimizer", v.optimizer))
        for v in participants
    }
    contest = Contest(
        problem=entry.name,
        data=wish.data.resolve(),
        budget=budget,
        seeds=wish.seeds,
        devices=devices,
        held_out=held_out,
        variants=participants,
        answers=wish.answers,
        limits=limits,
        versions={
            "data": data_digest(wish.data),
            "problem": source_digest(entry),
            "monas": _version(),
            **code,
        },
    )
    for device in chosen(benchmark, contest.all_devices if limits else ()):
        front = benchmark.true_front(device)
        if front is not None:  # nobody should search for an hour to hear that it cannot be met
            kept(limits, benchmark.objectives, device.name, front)
    return contest, benchmark


def provided(entry: Entry, catalog: Catalog) -> frozenset[str]:
    """Capabilities that a problem brings: there is no supernet and nothing is trained."""
    return entry.spec.provides | default_embedding(catalog).spec.provides


def default_embedding(catalog: Catalog) -> Entry:
    """How devices are described to optimizers. Raises UsageError without one."""
    for entry in catalog.entries("embedding"):
        if "default-embedding" in entry.spec.provides:
            return entry
    raise UsageError("No hardware embedding is installed as the default; see monas plugins.")


def chosen(benchmark: Benchmark, names: Sequence[str]) -> tuple[Device, ...]:
    """The devices of these names."""
    return tuple(benchmark.devices[name] for name in names)


def _budget(text: str) -> Budget:
    budget = Budget.parse(text)
    if budget.unit != "evaluations":
        raise UsageError(
            f"A contest is held at equal numbers of quality queries, so budget {budget} must be "
            "given in evaluations, e.g. 200evals."
        )
    return budget


def _devices(benchmark: Benchmark, wish: Asked) -> tuple[tuple[str, ...], tuple[str, ...]]:
    devices = benchmark.search_devices if wish.devices is None else tuple(wish.devices)
    if not devices:
        raise UsageError("No device was named; name at least one with --devices.")
    if wish.held_out is None:
        held_out = tuple(name for name in benchmark.held_out if name not in devices)
    else:
        held_out = tuple(wish.held_out)
    for name in (*devices, *held_out):
        if name not in benchmark.devices:
            raise UsageError(_unknown_device(name, wish.problem, list(benchmark.devices)))
        if devices.count(name) + held_out.count(name) > 1:
            both = name in devices and name in held_out
            fault = "both searched and held out" if both else "named twice"
            raise UsageError(f'Device "{name}" is {fault}; name it once.')
    return devices, held_out


def _unknown_device(name: str, problem: str, known: list[str]) -> str:
    near = nearest(name, known)
    hint = f'Did you mean "{near}"? ' if near else ""
    return f'Problem "{problem}" has no device "{name}". {hint}Known: {", ".join(known)}.'


def _check_answers(answers: int, objectives: int) -> None:
    if answers < objectives:
        raise UsageError(
            f"--answers must be at least {objectives}, one per objective, got {answers}."
        )


def data_digest(folder: Path) -> str:
    """Names, sizes and dates of the files in a folder, as 12 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            state = path.stat()
            digest.update(f"{path.name}\0{state.st_size}\0{state.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:12]


def source_digest(entry: Entry) -> str:
    """The version of a plugin and the code of its package, so that a change shows."""
    package = entry.spec.factory.partition(":")[0].partition(".")[0]
    found = find_spec(package)
    places = list(found.submodule_search_locations or ()) if found is not None else []
    files = [path for place in places for path in sorted(Path(place).rglob("*.py"))]
    if not places and found is not None and found.origin is not None:
        files = [Path(found.origin)]
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{entry.version}-{digest.hexdigest()[:12]}"


def _version() -> str:
    from monas_core.catalog.discovery import plugin_version

    return plugin_version()
