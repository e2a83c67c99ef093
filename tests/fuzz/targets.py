"""One target for every parser of what strangers may hand us: bytes in, a value or one sentence.

A target takes bytes and returns whether they were accepted; a MonasError is a refusal, anything
else a finding. ``run.py`` feeds them by the hundred thousand, ``test_fuzz.py`` for a bounded time,
``atheris_main.py`` guided by coverage.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

from monas_core import seals, state
from monas_core.catalog.lookup import Catalog, checked_options
from monas_core.errors import MonasError
from monas_core.events import RunFinished, StepFinished, Warned, to_json
from monas_core.profiling import profile as device_profile
from monas_core.profiling import timings
from monas_core.record import data_store, given_store, usage_file
from monas_core.record.archive import Archive, Known
from monas_core.record.config import RunConfig, apply_dotted, read_config, structure, write_config
from monas_core.record.eventlog import event_in
from monas_core.record.front_store import read_front
from monas_core.record.logs import Mark, summed
from monas_core.record.rundir import RunFolder
from monas_core.testing.fakes import ToySpace
from monas_core.values.budget import Budget
from monas_core.values.quantity import parse as parse_quantity
from monas_core.values.value import Value

SCRATCH = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


@attrs.frozen
class Target:
    """A parser.

    Attributes:
        name: Of it.
        parse: Takes bytes; raises MonasError for what it refuses.
        seeds: Some it accepts.
        line: Whether it reads one line of text rather than a document.
    """

    name: str
    parse: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    line: bool = False

    def __call__(self, data: bytes) -> bool:
        """Whether it was accepted. Whatever else it raises is a finding."""
        try:
            self.parse(data)
        except MonasError as error:
            message = str(error)
            if not message or len(message) > 4000:
                raise AssertionError(f"a message of {len(message)} characters") from error
            return False
        return True


def targets(folder: Path) -> dict[str, Target]:
    """All of them; ``folder`` is theirs."""
    found = [*_settings(folder), *_run_files(folder), *_devices(folder), *_words()]
    return {target.name: target for target in found}


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder in memory where there is one: files are written by the hundred thousand."""
    return tempfile.TemporaryDirectory(dir=SCRATCH)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _by_file(path: Path, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def parse(data: bytes) -> object:
        path.write_bytes(data)
        return read(path)

    return parse


def _document(value: Any) -> bytes:
    return json.dumps(value).encode()


# -- settings --------------------------------------------------------------------------------


def _settings(folder: Path) -> list[Target]:
    config = RunConfig("gpt", objectives=("acc", "lat"), budget=Budget.parse("60s"), seed=3)
    entry = Catalog.installed().find("optimizer", "modnas")

    def override(data: bytes) -> object:
        document: dict[str, Any] = {"space": "gpt"}
        apply_dotted(document, _text(data))
        return structure(document, RunConfig, "")

    def options(data: bytes) -> object:
        document: dict[str, Any] = {}
        apply_dotted(document, _text(data))
        return checked_options(entry, document)

    short = (
        b"space: gpt\nbudget: 60s\nwarm_up: {steps: 3}\nmax: {lat: 5ms}\nobjectives: [acc, lat]\n"
    )
    return [
        Target(
            "config YAML",
            _by_file(folder / "config.yaml", read_config),
            (short, b"space: gpt\nseed: 1e3\n", write_config(config).encode()),
        ),
        Target(
            "override",
            override,
            (b"warm_up.steps=3", b"options.device.host.threads=2", b"max.lat=5ms", b"seed=0x10"),
            line=True,
        ),
        Target("options", options, (b"first_steps=3", b"initial_queries=1e3"), line=True),
    ]


# -- files of a run --------------------------------------------------------------------------


def _run_files(folder: Path) -> list[Target]:
    choices = ToySpace().choices
    smallest = ToySpace().ends().smallest
    run = folder / "run"
    (run / "front").mkdir(parents=True)
    member = {
        "architecture": smallest.to_json(), "key": smallest.key, "values": {"acc": 1.0},
        "origin": {"acc": "measured"}, "spread": {}, "predicted": {}, "extra": {},
    }  # fmt: skip
    front = {
        "schema": 1, "space": "toy", "device": "a", "held_out": False,
        "objectives": [{"name": "acc", "unit": "%", "direction": "max"}],
        "reference_point": [0.0], "ideal_point": [2.0], "hypervolume": 0.5, "members": [member],
    }  # fmt: skip
    archive = folder / "archive.jsonl"
    Archive(archive).add(Known("acc", "", "search", smallest, Value(1.0, "%", "measured")))
    line = archive.read_bytes()
    told = [
        StepFinished(1.0, "search", 1.0, 1, {"loss": 0.5}, {}, "x", 1.0),
        Warned(2.0, "careful"),
        RunFinished(3.0, "done", {"search": 1.0}),
    ]
    result = {
        "run": "x", "devices": {"a": {"hypervolume": 0.5, "members": 1, "front": "x"}},
        "seconds": {"search": 1.0, "total": 2.0}, "data": {}, "logs": {},
    }  # fmt: skip
    given = {
        "schema": 1,
        "parts": [dict.fromkeys(("kind", "name", "class", "code", "settings", "facts"), "a:b")],
    }
    data = {
        "schema": 1, "task": "text:a", "relative": ["a"], "digests": ["0"],
        "data": {
            "unit": "bytes", "parts": {"train": 3}, "classes": {"a": {"train": 3}},
            "left_out": {"x": "broken"}, "notes": ["few"], "vocabulary": {}, "facts": {},
            "sources": [{
                "given": "a", "path": "/a", "kind": "file",
                "items": {"a": {"digest": "0", "count": 3}},
            }],
        },
    }  # fmt: skip
    usage = {"code": [], "facts": {}, "files": {}, "packages": [], "given": "X", "example": "x"}
    sealed = [_document(seals.sealed(d)) for d in (front, result, given, data, usage)]
    plain = [_document(d) for d in (front, result, given, data, usage)]

    def remembered(_: Path) -> object:
        stored = data_store.read(run)
        return stored and (stored.said, stored.arguments(run), stored.wanted(run))

    def result_of(_: Path) -> object:
        return RunFolder(run).result()

    return [
        Target(
            "architecture",
            lambda d: choices.from_json(_json(d)),
            (_document(smallest.to_json()),),
        ),
        Target("front", _by_file(run / "front" / "a.json", read_front), (plain[0], sealed[0])),
        Target(
            "archive line",
            _by_file(archive, lambda path: list(Archive(path).read(choices))),
            (line, line[:-20] + b"}\n"),
        ),
        Target(
            "event",
            event_in,
            tuple(
                each
                for event in told
                for each in (_document(to_json(event)), summed(_document(to_json(event))))
            ),
        ),
        Target("result", _by_file(run / "result.json", result_of), (plain[1], sealed[1])),
        Target(
            "given.json",
            _by_file(run / "given.json", lambda _: given_store.read(run)),
            (plain[2], sealed[2]),
        ),
        Target(
            "data.json",
            _by_file(run / "data.json", remembered),
            (plain[3], sealed[3]),
        ),
        Target(
            "usage.json",
            _by_file(run / "usage.json", lambda _: usage_file.recall(run)),
            (plain[4], sealed[4]),
        ),
        *_states(folder),
    ]


def _json(data: bytes) -> Any:
    """As a reader of files does it: no JSON is a refusal."""
    from monas_core.errors import UsageError
    from monas_core.files import parse_json

    try:
        return parse_json(data)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _states(folder: Path) -> list[Target]:
    """A checkpoint whose digests are right whatever its files hold, as a stranger makes it."""
    import torch

    place = folder / "step_00000001"
    state.save(place, {"a": torch.arange(3.0), "b": [1, float("inf")], "logs": {}})
    names = ("tensors.safetensors", "state.json")
    whole = {name: (place / name).read_bytes() for name in (*names, state.MANIFEST)}

    def forged(name: str) -> Callable[[bytes], object]:
        def parse(data: bytes) -> object:
            for other in names:
                if other != name:
                    (place / other).write_bytes(whole[other])
            (place / name).write_bytes(data)
            state.write_manifest(place, names)
            return state.load(place)

        return parse

    def manifest(data: bytes) -> object:
        for name, content in whole.items():
            (place / name).write_bytes(content)
        (place / state.MANIFEST).write_bytes(data)
        return state.load(place)

    marks = (_document(Mark(3, "0").to_json()),)
    return [
        Target("checkpoint JSON", forged("state.json"), (whole["state.json"],)),
        Target("safetensors", forged("tensors.safetensors"), (whole["tensors.safetensors"],)),
        Target("manifest", manifest, (whole[state.MANIFEST],)),
        Target("mark", lambda d: Mark.from_json(_json(d)), marks),
    ]


# -- devices ---------------------------------------------------------------------------------


def _devices(folder: Path) -> list[Target]:
    from monas_devices import profiles, roofline, table

    sheet = {
        "name": "board", "peak_tflops": 1.0, "bandwidth_gb_s": 10.0, "memory_gb": 4.0,
        "power_w": 5.0, "kind": "cpu", "precision": "fp32", "batch": 1,
    }  # fmt: skip
    known = next(iter(sorted((Path(profiles.__file__).parent / "catalogue").glob("*.json"))))
    costs = {
        "schema": 1, "name": "p", "processor": "x", "runtime": "r", "kind": "cpu", "date": "2026",
        "space": "toy", "preset": "tiny", "task": "t", "digest": "0", "precision": "fp32",
        "batch": 1, "threads": 1, "space_version": 1, "references": ["a", "b"], "notes": {},
        "metrics": {"latency_ms": {
            "unit": "ms", "origin": "measured", "median": [1.0, 2.0], "spread": [0.1, None]
        }},
    }  # fmt: skip
    rows = {"format": table.FORMAT, "metric": "latency_ms", "space": "gpt", "blocks": {"a": 1.0}}
    shapes = b"Conv-input:3x3-output:3x3: {mean: 1.0, count: 3}\n"

    def profiled(path: Path) -> object:
        return device_profile.from_json(_json(path.read_bytes()), str(path))

    return [
        Target(
            "device profile",
            _by_file(folder / "device.json", profiles.read_profile),
            (known.read_bytes(),),
        ),
        Target(
            "datasheet",
            _by_file(folder / "sheet.json", lambda p: roofline.from_datasheet(argument=str(p))),
            (_document(sheet), known.read_bytes()),
        ),
        Target("profile", _by_file(folder / "profile.json", profiled), (_document(costs),)),
        Target(
            "timings",
            _by_file(folder / "timings.csv", lambda p: timings.read(p, ["a", "b"])),
            (b"model,latency [ms]\na,1.5\nb,2\n", b"model;latency_ms\na;1,5\n# x\nb;2\n"),
        ),
        Target(
            "table of costs",
            _by_file(folder / "table.yaml", lambda p: table.Table(argument=str(p))),
            (json.dumps(rows).encode(), shapes),
        ),
    ]


# -- what people type ------------------------------------------------------------------------


def _words() -> list[Target]:
    from monas_core.errors import UsageError
    from monas_core.problem.wording import Vocabulary, stated, weights

    words = Vocabulary({"acc": "%", "lat": "ms"}, {"acc": "acc", "lat": "lat"}, {})

    def quantity(data: bytes) -> object:
        try:
            return parse_quantity(_text(data))
        except ValueError as error:  # documented: callers say where it stood
            raise UsageError(str(error) or "no quantity") from error

    def limit(data: bytes) -> object:
        return words.limits({"max": stated([_text(data)], "max")}, ["host"])

    def wish(data: bytes) -> object:
        return words.preference(weights(_text(data), "--prefer"))

    return [
        Target("wish", wish, (b"acc=.6,lat=.4", b"acc=1"), line=True),
        Target("limit", limit, (b"lat=5ms", b"lat@host=5ms", b"acc=90%"), line=True),
        Target("budget", lambda d: Budget.parse(_text(d)), (b"60s", b"5min", b"1e3steps"), True),
        Target("quantity", quantity, (b"5ms", b"1.5 GB", b"3%"), True),
    ]
