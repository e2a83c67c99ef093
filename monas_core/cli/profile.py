"""``monas profile``: what the reference networks cost on a device, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from monas_core.cli.options import Json
from monas_core.cli.profile_options import (
    Batch,
    Collect,
    Emit,
    Ir,
    Name,
    Opset,
    Out,
    Precision,
    Preset,
    Processor,
    Run,
    Runtime,
    Seconds,
    Space,
    Task,
    Threads,
    TorchDevice,
)

if TYPE_CHECKING:
    from monas_core.catalog.lookup import Catalog
    from monas_core.parts.context import Context
    from monas_core.profiling.onnx_model import OnnxOptions
    from monas_core.profiling.profile import Profile
    from monas_core.record.config import RunConfig


def command(
    name: Name = None,
    out: Out = None,
    run: Run = None,
    space: Space = None,
    preset: Preset = None,
    task: Task = None,
    runtime: Runtime = None,
    threads: Threads = None,
    batch: Batch = None,
    seconds: Seconds = 0.3,
    torch_device: TorchDevice = "auto",
    emit: Emit = None,
    collect: Collect = None,
    processor: Processor = None,
    precision: Precision = "fp32",
    opset: Opset = None,
    ir: Ir = None,
    json: Json = False,
) -> None:
    """Measure a device on the reference networks of a space; pick then works for it.

    Example: monas profile --space gpt --as laptop, then: monas pick --device laptop.json
    """
    from monas_core.cli.common import catalog
    from monas_core.errors import UsageError

    if emit is not None and collect is not None:
        raise UsageError("--emit writes networks and --collect reads timings; give one of them.")
    if emit is None and (name is None or not name.strip()):
        raise UsageError("Name the device with --as, e.g. --as laptop.")
    installed = catalog()
    manifest = _manifest(collect)
    config = _config(run, space, preset, task, manifest)
    context = _context(config, torch_device, installed)
    if emit is not None:
        from monas_core.profiling.onnx_model import OnnxOptions

        versions = OnnxOptions(opset=opset, ir=ir)
        _emit(context, emit, 1 if batch is None else batch, versions, json=json)
        return
    assert name is not None
    path = _free_path(out, name)
    if collect is not None:
        from monas_core.profiling.kit import collect as read_timings

        facts = {
            "name": name,
            "processor": processor or "not told",
            "runtime": runtime or "not told",
            "precision": precision,
            "batch": manifest.get("batch", 1) if batch is None else batch,
            "threads": threads,
            "kind": "other",
        }
        made = read_timings(collect, context, facts)
    else:
        settings = {
            "runtime": runtime or "eager",
            "threads": 1 if threads is None else threads,
            "batch": 1 if batch is None else batch,
            "seconds": seconds,
        }
        made = _measured(installed, context, name, settings, json=json)
    made.write(path)
    _show(made, path, json=json)


def _manifest(collect: Path | None) -> dict[str, Any]:
    """The manifest beside a table of timings; empty where there is none."""
    if collect is None:
        return {}
    from monas_core.profiling.kit import MANIFEST, read_manifest

    path = collect.parent / MANIFEST
    return read_manifest(path) if path.exists() else {}


def _config(
    run: Path | None,
    space: str | None,
    preset: str | None,
    task: str | None,
    manifest: dict[str, Any],
) -> RunConfig:
    """Space, preset and task: as named, else of the manifest, else of a run."""
    from monas_core.cli.common import run_folder
    from monas_core.errors import UsageError
    from monas_core.record.config import RunConfig
    from monas_core.record.rundir import RunFolder

    if space is not None:
        if run is not None:
            raise UsageError("--run and --space both say which networks; give one of them.")
        return RunConfig(space=space, preset=preset, task=task)
    if preset is not None or task is not None:
        raise UsageError("--preset and --task belong to a space; name it too, e.g. --space gpt.")
    if run is None and manifest:
        return RunConfig(**{key: manifest[key] for key in ("space", "preset", "task")})
    try:
        return RunFolder.open(run_folder(run)).config
    except UsageError as error:
        if run is not None:
            raise
        raise UsageError(
            "Say which networks to measure with --space (monas plugins --kind space lists them) "
            "or with --run."
        ) from error


def _context(config: RunConfig, torch_device: str, catalog: Catalog) -> Context:
    """Space and task without a supernet: weights change no time."""
    import attrs

    from monas_core.parts.context import Context
    from monas_core.running.places import found_device
    from monas_core.running.resolving import resolve

    # only space and task are looked at; the defaults of everything else do
    asked = attrs.evolve(
        config, objectives=None, devices=None, held_out=None, torch_device=torch_device
    )
    plan = resolve(asked, catalog, training=False)
    return Context(plan.space, plan.task, torch_device=found_device(torch_device))


def _free_path(out: Path | None, name: str) -> Path:
    """Where the profile goes; an older profile is replaced, nothing else is."""
    from monas_core.errors import UsageError
    from monas_core.profiling.profile import Profile

    if out is None and "/" in name:
        raise UsageError(f'--as "{name}" is a path; give a name, and the path with --out.')
    path = out if out is not None else Path(f"{name}.json")
    if not path.parent.is_dir():
        raise UsageError(f"--out {path}: there is no folder {path.parent}; make it first.")
    if path.exists():
        try:
            Profile.read(path)
        except UsageError as error:
            raise UsageError(
                f"{path} exists and is no device profile; choose another --out."
            ) from error
    return path


def _say(*, json: bool) -> Any:
    """Progress on standard error, where it disturbs no document."""
    from monas_core.cli.common import console

    screen = console(stderr=True)
    return (lambda _: None) if json else (lambda text: screen.print(f"[dim]{text} ...[/]"))


def _emit(context: Context, folder: Path, batch: int, versions: OnnxOptions, *, json: bool) -> None:
    from monas_core.cli.common import console, print_json
    from monas_core.profiling.kit import emit, read_manifest

    manifest = emit(context, folder, batch, _say(json=json), versions)
    document = read_manifest(manifest)
    if json:
        print_json(document | {"manifest": str(manifest)})
        return
    console().print(
        f"{len(document['models'])} networks are in [bold]{folder}[/]. {document['how']}",
        soft_wrap=True,
    )


def _measured(
    catalog: Catalog, context: Context, name: str, settings: dict[str, Any], *, json: bool
) -> Profile:
    from monas_core.profiling.measure import this_machine

    return this_machine(catalog, context, name, _say(json=json), **settings)


def _show(profile: Profile, path: Path, *, json: bool) -> None:
    from monas_core.cli.common import console, print_json

    if json:
        print_json(profile.to_json() | {"file": str(path)})
        return
    from monas_core.ui.profilepage import print_profile

    print_profile(profile.to_json(), str(path), console())
