"""What a run keeps of parts that were handed over, and whether they are the same again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from monas_core.catalog.given import GivenEntry
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace
from monas_core.record.given_store import in_words, parameters
from monas_core.running.fingerprint import class_of, code_digest, settings_of
from monas_core.running.handed import own_parts
from monas_core.running.plan import Plan

Kept = Mapping[str, Any]
"""A part as ``given.json`` holds it."""


def documents(plan: Plan, catalog: Catalog) -> list[dict[str, Any]]:
    """What a run is to keep of the parts of its plan that were handed over."""
    return [
        {**reference(entry), "facts": facts_of(part)}
        for key, part in _parts(plan)
        if (entry := own_parts(catalog).get(key)) is not None
    ]


def reference(entry: GivenEntry) -> dict[str, Any]:
    """What a part is, whatever it is used for."""
    kind = class_of(entry.part)
    return {
        "kind": entry.kind,
        "name": entry.name,
        "class": f"{kind.__module__}:{kind.__qualname__}",
        "code": code_digest(kind),
        "settings": settings_of(entry.part),
        "provides": sorted(entry.spec.provides),
        "needs": sorted(entry.spec.needs),
    }


def facts_of(part: Any) -> dict[str, Any]:
    """What is asked of a part once a run is finished, as JSON values."""
    if isinstance(part, SearchSpace):
        ends = part.ends()
        return {
            "preset": part.preset,
            "modalities": sorted(part.modalities),
            "version": part.choices.version,
            "choices": [attrs.asdict(choice) for choice in part.choices.choices],
            "ends": [ends.smallest.to_json(), ends.largest.to_json()],
            "warm_up": attrs.asdict(part.warm_up),
        }
    if isinstance(part, Objective):
        names = ("name", "short", "unit", "direction", "device_metric", "query", "score")
        return {name: getattr(part, name) for name in names}
    if isinstance(part, Device):
        profile = attrs.asdict(part.profile)
        return {"profile": profile, "metrics": sorted(part.metrics), "instant": part.instant}
    return {}


def check_same(run: Path, kept: Iterable[Kept], catalog: Catalog, *, all_: bool) -> list[Kept]:
    """Compare what is handed in with what a run was started with; gives what is missing.

    Args:
        run: The folder, for messages.
        kept: What it keeps.
        catalog: What is installed and handed in.
        all_: Nothing may be missing, and a task must be the same, too: the run goes on. A
            finished run recognises its data by itself.

    Raises:
        UsageError: A part is of another class, has other code or settings; or is missing; or
            the run knows nothing of it.
    """
    own, missing = own_parts(catalog), list[Kept]()
    known = {(part["kind"], part["name"]): part for part in kept}
    for key, part in known.items():
        if key not in own:
            missing.append(part)
        elif all_ or key[0] != "task":
            _compare(run, part, reference(own[key]))
    for kind, name in own.keys() - known.keys():
        if kind != "task":
            has = in_words(known.values())
            raise UsageError(
                f'Run {run} has no {kind} "{name}" of your own; '
                + (f"hand in what it has: {has}." if has else "leave it out.")
            )
    if all_ and missing:
        again = f"monas.search(resume={str(run)!r}{parameters(known.values())})"
        raise UsageError(
            f"Run {run} was started by a program with its own {in_words(missing)}, which only a "
            f"program can hand in again: {again}."
        )
    return missing


def _compare(run: Path, before: Kept, now: Kept) -> None:
    differing: list[str] = []
    if before["code"] and now["code"]:
        if before["code"] != now["code"]:
            differing.append("its code has changed")
    elif before["class"] != now["class"]:
        differing.append(f"it is of class {now['class']}, not {before['class']}")
    for name in sorted({*before["settings"], *now["settings"]}):
        was, is_ = before["settings"].get(name), now["settings"].get(name)
        if was != is_:
            differing.append(f"{name} is {is_!r:.40}, not {was!r:.40}")
    if differing:
        raise UsageError(
            f'The {before["kind"]} "{before["name"]}" is not the one run {run} was started with: '
            f"{'; '.join(differing)}; hand in that one, or start a new run."
        )


def _parts(plan: Plan) -> list[tuple[tuple[str, str], Any]]:
    """The parts of a plan by kind and name, as they were asked for."""
    config = plan.config
    single = {
        "space": (config.space, plan.space),
        "task": (config.task, plan.task),
        "optimizer": (config.optimizer, plan.optimizer),
        "loss": (config.loss, plan.loss),
        "trainer": (config.trainer, plan.trainer),
        "embedding": (config.embedding, plan.embedding),
    }
    objectives = zip(config.objectives or (), plan.objectives, strict=True)
    return [
        *(((kind, name or ""), part) for kind, (name, part) in single.items()),
        *((("objective", name), part) for name, part in objectives),
        *((("device", device.name), device) for device in plan.all_devices),
    ]
