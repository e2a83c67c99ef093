"""Fronts of a checkpoint's sub-networks against the usual ways to make it smaller.

On one healed supernet: searches (``--optimizers``) at an equal budget, layers left out one by one
(depth), and one width for all layers (width). Beside it: one-shot importance pruning (Minitron's
recipe), four sizes cut from the checkpoint at once and healed alone, each for a quarter of the
supernet's steps. Hypervolume on unseen text, per device, with one scale for all.

    python benchmarks/make_checkpoint.py runs/llama --family llama
    python benchmarks/bench_owned.py runs/llama [--seeds 3] [--budget 60s] [--steps 200]
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from bench_search import RESULTS, search

from monas_core.catalog.lookup import Catalog
from monas_core.parts.objective import sign
from monas_core.problem import yardstick
from monas_core.record.config import load_config
from monas_core.running import finish
from monas_core.running.resolving import resolve
from monas_core.running.session import Session
from monas_core.train.distillation import Teacher
from monas_core.train.settings import TrainSettings
from monas_core.train.trainer import SubnetTrainer
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.front import non_dominated

SHARES = (0.25, 0.5, 0.75, 1.0)
DEVICES = "host,raspberry-pi-5,jetson-nano,t4"


def uniform(choices: ChoiceSet, kinds: Sequence[str], share: float) -> Architecture:
    """All choices of some kinds at a share of their largest option, the rest as large as can be."""
    answers = {}
    for choice in choices.choices:
        sizes = [option for option in choice.options if isinstance(option, int)]
        wanted = share * max(sizes) if choice.name.startswith(tuple(kinds)) else max(sizes)
        answers[choice.name] = min(sizes, key=lambda size: (abs(size - wanted), size))
    return choices.architecture(answers)


def fixed(choices: ChoiceSet) -> dict[str, list[Architecture]]:
    """What is made without a search, by name of the way."""
    depths = choices.choices[choices.position["n_layer"]].options
    layers = [
        choices.architecture({**uniform(choices, (), 1.0).choices, "n_layer": depth})
        for depth in depths
    ]
    widths = [uniform(choices, ("groups", "queries", "mlp"), share) for share in SHARES]
    return {"depth": layers, "width": list(dict.fromkeys(widths))}


def one_shot(config: Mapping[str, Any], catalog: Catalog) -> dict[Architecture, float]:
    """Sizes cut by importance from the checkpoint and healed alone: scores on unseen text."""
    session = Session(resolve(load_config(None, dict(config)), catalog))
    context, plan = session.context, session.plan
    choices, task = plan.space.choices, context.require_task()
    teacher, steps = Teacher(context), max(1, plan.warm_up.steps // len(SHARES))
    found: dict[Architecture, float] = {}
    for share in SHARES:
        architecture = uniform(choices, ("n_layer", "groups", "mlp"), share)
        settings = TrainSettings.recommended(
            plan.warm_up, budget=f"{steps}steps", distil=True, seed=plan.config.seed
        )
        trainer = SubnetTrainer(
            context.network(architecture), task, settings, recommended=plan.warm_up,
            steps=steps, place=plan.torch_device, teacher=teacher,
        )  # fmt: skip
        while share < 1 and trainer.done < trainer.steps:
            trainer.step()
        found[architecture] = trainer.score()[task.score.name]
    return found


def judged(
    sessions: Mapping[str, Session], alone: Mapping[Architecture, float]
) -> dict[str, dict[str, float]]:
    """Hypervolume of every way on every device; one scale and one measurement for all."""
    judge = next(iter(sessions.values()))
    plan, evaluator = judge.plan, judge.evaluator
    pools: dict[str, list[Architecture]] = {}
    for name, session in sessions.items():
        answers = finish.proposals(session, lambda _: None).values()
        pools[name] = list(dict.fromkeys(a for found in answers for a in found))
    pools |= fixed(plan.space.choices)
    pools["one-shot"] = list(alone)
    everyone = list(dict.fromkeys(a for pool in pools.values() for a in pool))
    scales = yardstick.scales(evaluator, plan.all_devices, "final")
    volumes: dict[str, dict[str, float]] = {name: {} for name in pools}
    for device in plan.all_devices:
        columns = [
            [sign(o) * v.value for v in evaluator.values(o, everyone, device, "final")]
            for o in plan.objectives
        ]
        points = dict(zip(everyone, np.array(columns).T, strict=True))
        for name, pool in pools.items():
            own = np.array([points[architecture] for architecture in pool])
            if name == "one-shot":
                place = [o.score is not None for o in plan.objectives].index(True)
                own[:, place] = [alone[a] for a in pool]
            volumes[name][device.name] = scales[device.name].hypervolume(own[non_dominated(own)])
    return volumes


def main() -> None:
    """Run every way on every seed and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--optimizers", default="modnas,random,nsga2")
    words = parser.parse_args()
    catalog = Catalog.installed()
    rows: list[dict[str, Any]] = []
    for seed in range(words.seeds):
        config: dict[str, Any] = {
            "space": f"hf:{words.folder}", "objectives": ["acc", "lat"], "seed": seed,
            "devices": DEVICES.split(","), "budget": words.budget,
            "warm_up": {"steps": words.steps},
        }  # fmt: skip
        healed = Session(resolve(load_config(None, config), catalog))
        while healed.trainer.done < healed.trainer.steps:
            healed.trainer.step()
        weights = dict(healed.context.require_supernet().state_dict())
        measured: dict[str, Any] = {}
        sessions = {
            name: search(config | {"optimizer": name}, weights, measured, catalog)
            for name in words.optimizers.split(",")
        }
        for name, found in judged(sessions, one_shot(config, catalog)).items():
            rows.append({"seed": seed, "way": name, "hypervolume": found})
            shown = ", ".join(f"{device} {value:.4f}" for device, value in found.items())
            print(f"seed {seed} {name:9s} {shown}", flush=True)
    for name in dict.fromkeys(row["way"] for row in rows):
        means = [statistics.fmean(r["hypervolume"].values()) for r in rows if r["way"] == name]
        spread = statistics.stdev(means) if len(means) > 1 else 0.0
        print(f"{name:9s} {statistics.fmean(means):.4f} +- {spread:.4f}")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "owned.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
