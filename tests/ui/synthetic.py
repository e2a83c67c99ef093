"""A made-up but realistic run, as events."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from monas_core import events

OBJECTIVES = [
    {"name": "acc", "unit": "bits/byte", "direction": "min"},
    {"name": "lat", "unit": "ms", "direction": "min"},
    {"name": "energy", "unit": "mJ", "direction": "min"},
]
DEVICES = ["host", "pixel-6", "raspberry-pi-4", "jetson-orin-nano", "epyc-7763", "h100-sxm"]
HELD_OUT = ["iphone-13", "rtx-4090"]


def _architecture(rng: random.Random, size: float) -> dict:
    depth = max(2, min(6, round(2 + 4 * size + rng.uniform(-0.7, 0.7))))
    choices: dict = {"width": rng.choice([64, 96, 128, 192]), "depth": depth}
    for layer in range(1, 7):
        on = layer <= depth
        choices[f"layer{layer}.heads"] = rng.choice([2, 4, 8]) if on else 2
        choices[f"layer{layer}.mlp"] = rng.choice([2, 3, 4]) if on else 2
    choices["bias"] = rng.random() < 0.5
    return {"space": "gpt", "version": 1, "choices": choices}


def _values(rng: random.Random, size: float, slow: float, gain: float) -> dict[str, float]:
    acc = 2.1 + 1.6 * math.exp(-2.2 * size) + rng.uniform(0, 0.25) * (1 - gain)
    lat = slow * (0.2 + 3 * size**1.3 + rng.uniform(0, 0.5))
    return {"acc": acc, "lat": lat, "energy": lat * (2 + rng.uniform(0, 2.5))}


def _dominates(a: dict[str, float], b: dict[str, float]) -> bool:
    return all(a[k] <= b[k] for k in a) and a != b


class _Fronts:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.members: dict[str, list[dict]] = {}

    def evaluate(self, time: float, device: str, gain: float, split: str) -> Iterator[events.Event]:
        size = self.rng.random()
        slow = 10 ** (len(device) % 5 - 2)
        values = _values(self.rng, size, slow, gain)
        architecture = _architecture(self.rng, size)
        key = f"{self.rng.getrandbits(48):012x}"
        yield events.EvaluationAdded(time, device, architecture, key, values, split)
        kept = self.members.setdefault(device, [])
        if any(_dominates(m["values"], values) for m in kept):
            return
        kept[:] = [m for m in kept if not _dominates(values, m["values"])]
        kept.append({"key": key, "architecture": architecture, "values": values})

    def changed(self, time: float, device: str, gain: float, split: str) -> events.Event:
        volume = 0.4 + 0.25 * gain + 0.01 * (len(device) % 7)
        return events.FrontChanged(time, device, volume, list(self.members[device]), split)


def run(seed: int = 0, *, steps: int = 60, warm: int = 200) -> Iterator[events.Event]:
    """All events of an undisturbed run."""
    rng = random.Random(seed)
    conditions = {
        f"layer{i}.{part}": ["depth", list(range(max(2, i), 7))]
        for i in range(3, 7)
        for part in ("heads", "mlp")
    }
    facts = {
        "preset": "tiny",
        "architectures": 3_690_987_520,
        "parameters": {"smallest": 211_000, "largest": 3_120_000},
        "objectives": [o["name"] for o in OBJECTIVES],
        "warm-up steps": warm,
        "budget": f"{steps}steps",
        "torch device": "cpu",
        "seed": seed,
        "conditions": conditions,
    }
    yield events.RunStarted(
        0.0,
        "runs/gpt-20250101-120000",
        "gpt",
        "modnas",
        "pystdlib",
        OBJECTIVES,
        DEVICES,
        HELD_OUT,
        facts,
    )
    yield from _warm_up(rng, warm)
    yield from _search(rng, warm * 0.25, steps)


def _warm_up(rng: random.Random, warm: int) -> Iterator[events.Event]:
    yield events.PhaseStarted(0.5, "warm-up", warm, "steps")
    for step in range(1, warm + 1):
        loss = 2.3 + 3.2 * math.exp(-step / 45) + rng.gauss(0, 0.05)
        yield events.StepFinished(
            0.5 + step * 0.25,
            "warm-up",
            step,
            step,
            {"loss": loss, "largest": loss - 0.1, "smallest": loss + 0.3},
            {"steps/s": rng.gauss(4, 0.1), "tokens/s": rng.gauss(32_000, 500)},
            memory_mb=480 + step % 7,
        )
        if step % 100 == 0:
            yield events.CheckpointSaved(0.5 + step * 0.25, f"checkpoints/{step}")


def _search(rng: random.Random, start: float, steps: int) -> Iterator[events.Event]:
    fronts = _Fronts(rng)
    yield events.PhaseStarted(start + 1, "search", steps, "steps")
    yield events.Warned(start + 1.1, "energy of host is modelled: neither RAPL nor NVML answers")
    for step in range(1, steps + 1):
        time, gain = start + 1 + step * 0.7, 1 - math.exp(-step / 15)
        for device in DEVICES:
            for _ in range(3):
                yield from fronts.evaluate(time, device, gain, "search")
            yield fronts.changed(time, device, gain, "search")
        yield events.StepFinished(
            time,
            "search",
            step,
            200 + step,
            {"hypernetwork": 0.8 * math.exp(-step / 20) + 0.1, "predictor": 0.3 / step},
            {"steps/s": 1.43},
            note="learning",
            memory_mb=512.0,
        )
    yield events.CheckpointSaved(time, "checkpoints/260")
    yield from _finish(fronts, time)


def _finish(fronts: _Fronts, start: float) -> Iterator[events.Event]:
    final = _Fronts(fronts.rng)
    total = 8 * len([*DEVICES, *HELD_OUT])
    yield events.PhaseStarted(start + 1, "finish", total, "architectures")
    done = 0
    time = start + 1
    for device in [*DEVICES, *HELD_OUT]:
        for _ in range(12):
            yield from final.evaluate(time, device, 1.0, "final")
        done, time = done + 8, time + 1.2
        yield final.changed(time, device, 1.0, "final")
        yield events.StepFinished(time, "finish", done, 260 + done)
    seconds = {"warm-up": 50.0, "search": 43.0, "finish": 10.0}
    yield events.RunFinished(time + 0.5, "done", seconds)
