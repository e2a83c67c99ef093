"""``monas doctor``: what this machine is, what it can measure, what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monas_core.cli import complete
from monas_core.cli.options import Json

if TYPE_CHECKING:
    from monas_core.catalog.lookup import Catalog

_DISTRIBUTION = "monas"


Run = Annotated[
    Path | None,
    typer.Argument(
        metavar="RUN",
        help="Run folder: say what is whole in it and what can still be had, change nothing.",
        autocompletion=complete.runs,
        show_default=False,
    ),
]


def command(run: Run = None, json: Json = False) -> None:
    """Check this machine: versions, memory, what can be measured here, what is not installed.
    With a run folder: check that instead.
    """
    from monas_core.cli.common import catalog, console, print_json

    if run is not None:
        _examine_run(run, json=json)
        return
    report = examine(catalog())
    if json:
        print_json(report)
    else:
        from monas_core.ui.doctorpage import print_report

        print_report(report, console())


def _examine_run(path: Path, *, json: bool) -> None:
    from monas_core.cli.common import console, print_json
    from monas_core.record.examination import examine as examine_run
    from monas_core.record.rundir import RunFolder
    from monas_core.ui.doctorpage import print_examination

    found = examine_run(RunFolder.open(path))
    print_json(found) if json else print_examination(found, console())
    if not found["whole"]:
        raise typer.Exit(1)


def examine(catalog: Catalog) -> dict[str, Any]:
    """The whole report as plain values."""
    from monas_core.cli.plugins import listing

    return {
        "machine": _machine(),
        "torch": _torch(),
        "devices": _devices(catalog),
        "extras": _extras(catalog),
        "faults": [row for row in listing(catalog, None) if row["state"] != "ok"],
    }


def _machine() -> dict[str, Any]:
    import os
    import platform
    import sys

    from monas_core.catalog.discovery import plugin_version

    return {
        "monas": plugin_version(),
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processor": _processor() or platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_gb": _memory_gb(),
        "memory_free_gb": _free_gb(),
    }


def _processor() -> str:
    """Product name of the processor, where the system tells it."""
    from pathlib import Path

    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    for line in text.splitlines():
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return ""


def _memory_gb() -> float | None:
    """Main memory, where the system tells it."""
    import os

    try:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    return round(pages * size / 1e9, 1)


def _free_gb() -> float | None:
    """What a run may use now, control groups and limits considered."""
    try:
        from monas_core.running.memory import available_bytes
    except ImportError:  # a torch that does not load is reported elsewhere
        return None
    return round(available_bytes() / 1e9, 1)


def _torch() -> dict[str, Any]:
    """Version, threads and accelerators; a torch that does not load is a finding, not a crash."""
    try:
        import torch
    except Exception as error:  # noqa: BLE001 - a broken installation raises anything
        return {"version": None, "problem": f"{type(error).__name__}: {error}"}
    found: dict[str, Any] = {
        "version": torch.__version__,
        "threads": torch.get_num_threads(),
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "xpu": torch.xpu.is_available(),
    }
    if found["cuda"]:
        found["gpus"] = [
            torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())
        ]
    return found


def _devices(catalog: Catalog) -> dict[str, Any]:
    """Devices that know something about this very machine, and how many others there are."""
    here: dict[str, Any] = {}
    problems: dict[str, str] = {}
    entries = catalog.entries("device")
    for entry in entries:
        if "takes-argument" in entry.spec.provides:
            continue
        try:
            device = catalog.create("device", entry.name)
            facts = dict(device.facts()) if device.profile.origin == "measured" else {}
        except Exception as error:  # noqa: BLE001 - a device of a stranger; report, go on
            problems[entry.name] = f"{type(error).__name__}: {error}"
            continue
        if facts:
            here[entry.name] = facts
    return {"installed": len(entries), "measuring": here, "problems": problems}


def _extras(catalog: Catalog) -> list[dict[str, Any]]:
    """Optional packages of monas and of every plugin, with what would install them."""
    from importlib.metadata import distribution

    wanted: dict[str, dict[str, Any]] = {}
    for text in distribution(_DISTRIBUTION).requires or []:
        requirement, _, marker = text.partition(";")
        extra = marker.partition("extra ==")[2].strip().strip("\"'")
        if extra and extra not in ("test", "docs"):
            wanted[requirement.strip()] = _extra(requirement.strip(), extra)
    for entry in catalog.entries():
        user = f'{entry.kind} "{entry.name}"'
        for module, requirement in entry.spec.extras.items():
            for known in _meant(wanted, module, requirement):
                known["used_by"] += [] if user in known["used_by"] else [user]
    return list(wanted.values())


def _meant(
    wanted: dict[str, dict[str, Any]], module: str, requirement: str
) -> list[dict[str, Any]]:
    """The packages behind a requirement; of an extra of monas itself that of the module."""
    package, _, extra = requirement.partition("[")
    if package.strip() != _DISTRIBUTION or not extra:
        return [wanted.setdefault(requirement, _extra(requirement, None))]
    within = [row for row in wanted.values() if row["extra"] == extra.rstrip("] ")]
    named = [row for row in within if _folded(row["package"]) == _folded(module)]
    return named or within


def _folded(name: str) -> str:
    return name.replace("-", "_").casefold()


def _extra(requirement: str, extra: str | None) -> dict[str, Any]:
    import re
    from importlib.metadata import PackageNotFoundError, version

    package = re.split(r"[<>=!~\[; ]", requirement, maxsplit=1)[0]
    try:
        installed: str | None = version(package)
    except PackageNotFoundError:
        installed = None
    line = f"pip install '{_DISTRIBUTION}[{extra}]'" if extra else f"pip install '{requirement}'"
    return {
        "package": package,
        "extra": extra,
        "installed": installed,
        "install": line,
        "used_by": [],
    }
