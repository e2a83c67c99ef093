"""Fronts of a network one has already against the usual ways to make it smaller.

On one healed supernet: searches (``--optimizers``) at an equal budget, parts left out one by one
(depth), and one share for all widths (width). Beside it: four sizes cut from the network at once
and healed alone, for language models by importance (Minitron's recipe), for others by
torch-pruning; each with a quarter of the supernet's healing steps (``one-shot``: the same healing
in all) and with all of them (``one-shot-long``: about the time of a healing and a search).
``modnas+retrain`` is what ``--retrain`` adds to a run: eight members along the front healed alone
for a quarter of the steps each, which in all is the healing of ``one-shot-long``. Hypervolume on
unseen data, per device, with one scale for all. ``--table`` sums up what was run.

    python benchmarks/make_checkpoint.py runs/llama --family llama
    python benchmarks/bench_owned.py runs/llama --seeds 0,1,2 [--budget 60s] [--steps 200]
    python benchmarks/make_classifier.py runs/resnet
    python benchmarks/bench_owned.py runs/resnet/network.py --task digits --seeds 0,1,2
    python benchmarks/bench_owned.py runs/llama --table
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bench_search import RESULTS, search
from torch import nn

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
MEMBERS = 8
"""Of the front that are retrained."""
DEVICES = "host,raspberry-pi-5,jetson-nano,t4"
Scores = dict[Architecture, float]


def uniform(choices: ChoiceSet, kinds: Sequence[str], share: float) -> Architecture:
    """All choices of some kinds at a share of their largest option, the rest as large as can be."""
    answers: dict[str, Any] = {}
    for choice in choices.choices:
        sizes = [option for option in choice.options if isinstance(option, int)]
        if not sizes:  # words: the last is the largest
            answers[choice.name] = choice.options[-1]
            continue
        wanted = share * max(sizes) if choice.name.startswith(tuple(kinds)) else max(sizes)
        answers[choice.name] = min(sizes, key=lambda size: (abs(size - wanted), size))
    return choices.architecture(_active(choices, answers))


def _active(choices: ChoiceSet, answers: dict[str, Any]) -> dict[str, Any]:
    """Without the answers to choices that others switch off."""
    kept: dict[str, Any] = {}
    for choice in choices.choices:
        when = choice.condition
        if when is None or kept.get(when.choice) in when.options:
            kept[choice.name] = answers[choice.name]
    return kept


def fixed(choices: ChoiceSet) -> dict[str, list[Architecture]]:
    """What is made without a search, by name of the way."""
    whole = dict(uniform(choices, ("?",), 1.0).choices)
    if "n_layer" in choices.position:
        depths = choices.choices[choices.position["n_layer"]].options
        layers = [whole | {"n_layer": depth} for depth in depths]
    else:  # blocks, from the last to the first
        layers = [whole]
        for name in reversed([n for n in choices.position if n.startswith("keep_")]):
            layers.append(layers[-1] | {name: False})
    found = [choices.architecture(_active(choices, answers)) for answers in layers]
    widths = [uniform(choices, ("groups", "queries", "mlp", "width_"), s) for s in SHARES]
    return {"depth": found, "width": list(dict.fromkeys(widths))}


def pruned(session: Session, architecture: Architecture, share: float) -> nn.Module:
    """The network cut to a share: by importance, or by torch-pruning's own pruner."""
    space = session.plan.space
    if space.name == "hf" or share == 1:
        return session.context.network(architecture)
    import torch_pruning

    network = session.context.network(space.ends().largest).eval()
    last = list(network.modules())[-1]
    example = session.context.require_task().example(2)
    groups = space.elastic.groups  # pyright: ignore[reportAttributeAccessIssue]
    ratios: Any = {  # multiples of eight, as in the space
        network.get_submodule(name): 1 - answer / groups[name].size
        for name in groups
        if isinstance(answer := architecture.choices.get(f"width_{name}"), int)
    }
    torch_pruning.pruner.BasePruner(
        network, example, torch_pruning.importance.GroupMagnitudeImportance(p=2),
        pruning_ratio=0.0, pruning_ratio_dict=ratios, ignored_layers=[last],
    ).step()  # fmt: skip
    theirs = sum(weight.numel() for weight in network.parameters())
    mine = session.context.workload(architecture).parameters
    assert theirs == mine, (theirs, mine)  # one form, so one cost
    return network


def one_shot(config: Mapping[str, Any], catalog: Catalog, steps: int) -> tuple[Scores, float]:
    """Sizes cut at once and healed alone, each for some steps: scores, and seconds of healing."""
    session = Session(resolve(load_config(None, dict(config)), catalog))
    plan, task = session.plan, session.context.require_task()
    teacher = Teacher(session.context)
    found: Scores = {}
    spent = 0.0
    for share in SHARES:
        architecture = uniform(plan.space.choices, ("n_layer", "groups", "mlp", "width_"), share)
        network = pruned(session, architecture, share)
        if share == 1:
            found[architecture] = task.evaluate(network.eval(), "test")[task.score.name]
            continue
        found[architecture], seconds = healed_alone(session, network, steps, teacher)
        spent += seconds
    return found, spent


def healed_alone(
    session: Session, network: nn.Module, steps: int, teacher: Teacher
) -> tuple[float, float]:
    """Heal one network for some steps: its score on unseen data, and the seconds it took."""
    plan, task = session.plan, session.context.require_task()
    settings = TrainSettings.recommended(
        plan.warm_up, budget=f"{steps}steps", distil=True, seed=plan.config.seed
    )
    trainer = SubnetTrainer(
        network, task, settings, recommended=plan.warm_up,
        steps=steps, engine=session.context.engine.alone(), teacher=teacher,
    )  # fmt: skip
    begin = time.perf_counter()
    while trainer.done < trainer.steps:
        trainer.step()
    return trainer.score()[task.score.name], time.perf_counter() - begin


def retrained(session: Session, points: Mapping[Architecture, Any], steps: int) -> Scores:
    """Members evenly along the front of a search, healed alone from their shared weights."""
    keys = list(points)
    rows = np.array([points[architecture] for architecture in keys])
    front = sorted(np.flatnonzero(non_dominated(rows)), key=lambda place: rows[place, 1])
    chosen = {front[round(x)] for x in np.linspace(0, len(front) - 1, MEMBERS)}
    teacher = Teacher(session.context)  # the network as it came
    found: Scores = {}
    for place in chosen:
        network = session.context.network(keys[place])
        found[keys[place]] = healed_alone(session, network, steps, teacher)[0]
    return found


def judged(
    sessions: Mapping[str, Session], alone: Mapping[str, Scores], steps: int
) -> dict[str, dict[str, float]]:
    """Hypervolume of every way on every device; one scale and one measurement for all."""
    judge = next(iter(sessions.values()))
    plan, evaluator = judge.plan, judge.evaluator
    pools: dict[str, list[Architecture]] = {}
    for name, session in sessions.items():
        answers = finish.proposals(session, lambda _: None).values()
        pools[name] = list(dict.fromkeys(a for found in answers for a in found))
    pools |= fixed(plan.space.choices)
    pools |= {name: list(scores) for name, scores in alone.items()}
    everyone = list(dict.fromkeys(a for pool in pools.values() for a in pool))
    scales = yardstick.scales(evaluator, plan.all_devices, "final")
    place = [o.score is not None for o in plan.objectives].index(True)
    better: dict[str, Scores] = dict(alone)
    volumes: dict[str, dict[str, float]] = {name: {} for name in pools}
    for device in plan.all_devices:
        columns = [
            [sign(o) * v.value for v in evaluator.values(o, everyone, device, "final")]
            for o in plan.objectives
        ]
        points = dict(zip(everyone, np.array(columns).T, strict=True))
        if "modnas" in sessions and "modnas+retrain" not in better:
            mine = {a: points[a] for a in pools["modnas"]}
            better["modnas+retrain"] = retrained(sessions["modnas"], mine, steps)
            pools["modnas+retrain"], volumes["modnas+retrain"] = pools["modnas"], {}
        for name, pool in pools.items():
            own = np.array([points[architecture] for architecture in pool])
            for row, architecture in zip(own, pool, strict=True):
                if architecture in better.get(name, {}):
                    row[place] = sign(plan.objectives[place]) * better[name][architecture]
            volumes[name][device.name] = scales[device.name].hypervolume(own[non_dominated(own)])
    return volumes


def compared(words: argparse.Namespace, seed: int, config: dict[str, Any]) -> list[dict[str, Any]]:
    """Every way on one seed."""
    catalog = Catalog.installed()
    healed = Session(resolve(load_config(None, config), catalog))
    gap = difference(healed)
    begin = time.perf_counter()
    while healed.trainer.done < healed.trainer.steps:
        healed.trainer.step()
    seconds = {"healing": time.perf_counter() - begin}
    weights = dict(healed.context.require_supernet().state_dict())
    measured: dict[str, Any] = {}
    sessions: dict[str, Session] = {}
    for name in words.optimizers.split(","):
        sessions[name] = search(config | {"optimizer": name}, weights, measured, catalog)
        seconds[name] = sessions[name].meter.seconds
    quarter = max(1, words.steps // len(SHARES))
    alone: dict[str, Scores] = {}
    for name, steps in (("one-shot", quarter), ("one-shot-long", words.steps)):
        alone[name], seconds[name] = one_shot(config, catalog, steps)
    print(f"seed {seed}: whole differs by {gap:.1e}; seconds:",
          {name: round(spent, 1) for name, spent in seconds.items()},
          {name: s.meter.evaluations for name, s in sessions.items()})  # fmt: skip
    return [
        {"seed": seed, "way": name, "hypervolume": found, "seconds": seconds.get(name)}
        for name, found in judged(sessions, alone, quarter).items()
    ]


def difference(session: Session) -> float:
    """Largest difference between the whole sub-network, before healing, and what it came from."""
    space = session.plan.space
    inputs = session.context.require_task().example(4)
    with torch.no_grad():
        mine = session.context.network(space.ends().largest).eval()(inputs)
        if space.name != "hf":
            return float((mine - space._network(inputs)).abs().max())  # pyright: ignore
        from transformers import AutoModelForCausalLM

        theirs: Any = AutoModelForCausalLM.from_pretrained(str(space.argument)).eval()
        return float((mine - theirs(inputs).logits).abs().max())


def table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Mean and spread over seeds, per device and over devices."""
    devices = list(rows[0]["hypervolume"])
    print(f"{len({row['seed'] for row in rows})} seeds", *devices, "mean", sep=" | ")
    for name in dict.fromkeys(row["way"] for row in rows):
        mine = [row["hypervolume"] for row in rows if row["way"] == name]
        columns = [[found[device] for found in mine] for device in devices]
        columns.append([statistics.fmean(found.values()) for found in mine])
        cells = [
            f"{statistics.fmean(c):.3f} ± {statistics.stdev(c) if len(c) > 1 else 0:.3f}"
            for c in columns
        ]
        print(name, *cells, sep=" | ")


def main() -> None:
    """Run every way on a seed and keep the rows; or print all that are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--optimizers", default="modnas,random,nsga2")
    parser.add_argument("--task", default=None)
    parser.add_argument("--devices", default=DEVICES)
    parser.add_argument("--table", action="store_true")
    words = parser.parse_args()
    owned = words.source
    name = owned.parent.name if owned.suffix == ".py" else owned.name
    kept = RESULTS / f"owned-{name}.json"
    rows = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else []
    space = f"module:{owned}:network" if owned.suffix == ".py" else f"hf:{owned}"
    for seed in [] if words.table else [int(word) for word in words.seeds.split(",")]:
        config: dict[str, Any] = {
            "space": space, "objectives": ["acc", "lat"], "seed": seed, "held_out": [],
            "devices": words.devices.split(","), "budget": words.budget,
            "warm_up": {"steps": words.steps},
        } | ({"task": words.task} if words.task else {})  # fmt: skip
        rows = [row for row in rows if row["seed"] != seed] + compared(words, seed, config)
        RESULTS.mkdir(exist_ok=True)
        kept.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    table(rows)


if __name__ == "__main__":
    main()
