"""PIT: masks shrink networks, each keeps its weights, and a run goes on where it stopped."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from monas_core import Control, Interrupted, search
from monas_core.errors import PluginError, UsageError
from monas_core.parts.gated import GatedSupernet
from monas_core.problem.problem import Problem
from monas_core.run import Run
from monas_core.seeding import seeded_construction
from monas_core.testing.fakes import ToyEnergy, ToyQuality, ToySupernet, ToyTask, toy_problem
from monas_core.values.constraint import Constraint
from monas_formats import pt2_loader, standalone_loader
from monas_pit.options import PITOptions
from monas_pit.pit import PIT
from monas_pit.pruning import Aim, Lengths, Material, Pruning
from monas_pit.sweep import Sweep

LENGTHS = Lengths(10, 60, 20)
OPTIONS = {"task": {"window": 20}, "optimizer": {"strengths": 4}}


@pytest.fixture
def material() -> Material:
    problem = toy_problem()
    with seeded_construction(1):
        supernet = problem.context.space.supernet(ToyTask())
    assert isinstance(supernet, GatedSupernet)
    return Material(supernet, ToyTask(), torch.device("cpu"), 32, 1e-2, 0.03, 3.0)


def finished(material: Material, aim: Aim) -> Pruning:
    warm = {name: value.clone() for name, value in material.supernet.state_dict().items()}
    pruning = Pruning(material, aim, LENGTHS, 0)
    while not pruning.finished:
        pruning.step()
    material.supernet.load_state_dict(warm)
    return pruning


def test_the_stronger_the_smaller(material: Material) -> None:
    sizes = [finished(material, Aim(s, "weights")).left for s in (0.0, 1.0, 10.0, 100.0)]
    assert sizes[0] == 724  # everything there is
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0] / 4


def test_tuning_changes_weights_and_not_the_architecture(material: Material) -> None:
    pruning = Pruning(material, Aim(10.0, "weights"), LENGTHS, 0)
    for _ in range(LENGTHS.masks):
        pruning.step()
    before, network = pruning.architecture, pruning.network
    assert network is not None
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    while not pruning.finished:
        pruning.step()
    assert pruning.architecture == before
    assert any(not torch.equal(v, weights[n]) for n, v in network.state_dict().items())


@pytest.mark.parametrize(("kind", "bound"), [("max", 300.0), ("max", 120.0), ("equal", 200.0)])
def test_limits_on_the_size_are_aimed_at(material: Material, kind: Any, bound: float) -> None:
    left = finished(material, Aim(0.0, "weights", Constraint("weights", kind, bound))).left
    if kind == "max":
        assert 0.5 * bound < left <= bound
    else:
        assert left == pytest.approx(bound, rel=0.4)  # widths are 4, 8 and 16


@pytest.mark.parametrize("moment", [25, 70])
def test_a_pruning_goes_on_where_it_stopped(material: Material, moment: int) -> None:
    """Masks half shut, or a network being tuned; with the multiplier of a limit."""
    aim = Aim(0.0, "weights", Constraint("weights", "max", 300.0))
    warm = {name: value.clone() for name, value in material.supernet.state_dict().items()}
    straight, state = Pruning(material, aim, LENGTHS, 0), dict[str, Any]()
    while not straight.finished:
        if straight.done == moment:
            state = copy.deepcopy(straight.state_dict())
        straight.step()
    material.supernet.load_state_dict(warm)
    again = Pruning(material, aim, LENGTHS, 99)
    again.load_state_dict(state)
    while not again.finished:
        again.step()
    assert torch.equal(straight.multiplier.values, again.multiplier.values)
    for name, gate in straight.gates.items():
        assert torch.equal(gate, again.gates[name])
    assert straight.network is not None
    assert again.network is not None
    for name, weight in straight.network.state_dict().items():
        assert torch.equal(weight, again.network.state_dict()[name])


def test_the_sweep_covers_its_range_first_and_then_its_gaps() -> None:
    sweep = Sweep(0.1, 10.0, 3)
    order: list[float] = []
    while (strength := sweep.next()) is not None:
        order.append(strength)
        sweep.tell(strength, 100.0 if strength < 3.0 else 50.0)
    assert order[:3] == pytest.approx([0.1, 10.0, 1.0])
    assert all(1.0 < strength < 10.0 for strength in order[3:])  # where the size changes
    assert 3 < len(order) < 12


class TrainedQuality(ToyQuality):
    """The score that networks really have."""

    query = True
    score = "cross-entropy"
    direction = "min"
    unit = "nat"

    def evaluate(self, architectures: Any, device: Any, context: Any, split: Any = "search") -> Any:
        from monas_core.values.value import Value

        part = "test" if split == "final" else "search"
        found = [context.scores(a, part)["cross-entropy"] for a in architectures]
        return [Value(value, "nat", "measured") for value in found]


@pytest.fixture(scope="module")
def searched() -> tuple[PIT, Problem]:
    problem = toy_problem(objectives=[TrainedQuality(), ToyEnergy()], budget="150steps")
    optimizer = PIT(PITOptions(strengths=5, weakest=0.3, strongest=30.0))
    optimizer.start(problem, torch.Generator().manual_seed(0))
    for _ in range(150):
        optimizer.step()
        problem.meter.steps += 1
    return optimizer, problem


def test_every_member_keeps_its_own_weights(searched: tuple[PIT, Problem]) -> None:
    """Scores, networks and exports are those of the pruned networks, not the supernet's."""
    _, problem = searched
    context, state = problem.context, problem.context.deposits.state()
    assert len(state) >= 3
    for item in state:
        architecture = problem.choices.from_json(item["architecture"])
        network = context.network(architecture).eval()
        for name, weight in network.state_dict().items():
            assert torch.equal(weight, item["weights"][name])
        (value,) = problem.evaluator.values(problem.objectives[0], [architecture], None)
        task = context.require_task()
        assert value.value == task.evaluate(network, "search")["cross-entropy"]
        inherited = context.require_supernet()
        assert isinstance(inherited, ToySupernet)
        alone = task.evaluate(inherited.extract(architecture).eval(), "search")
        assert value.value < alone["cross-entropy"]  # which nobody has trained


def test_an_evaluated_architecture_takes_no_other_weights(searched: tuple[PIT, Problem]) -> None:
    _, problem = searched
    largest = problem.context.space.ends().largest
    with seeded_construction(0):
        network = problem.context.space.build(largest, problem.context.require_task())
    assert not problem.deposit(largest, network)
    assert largest not in problem.context.deposits


def test_a_network_of_another_architecture_is_refused() -> None:
    problem = toy_problem()
    ends, task = problem.context.space.ends(), problem.context.require_task()
    with seeded_construction(0):
        network = problem.context.space.build(ends.largest, task)
    with pytest.raises(PluginError, match="was deposited for architecture"):
        problem.deposit(ends.smallest, network)


def test_deposits_survive_saving(searched: tuple[PIT, Problem]) -> None:
    _, problem = searched
    again = toy_problem(objectives=[TrainedQuality(), ToyEnergy()])
    again.context.deposits.restore(again.context.space, problem.context.deposits.state())
    for item in problem.context.deposits.state():
        architecture = problem.choices.from_json(item["architecture"])
        first, second = (p.context.scores(architecture, "test") for p in (problem, again))
        assert first == second


def test_options_that_cannot_be() -> None:
    with pytest.raises(UsageError, match=r"options.optimizer.masks must be at least 1"):
        PITOptions(masks=0)
    with pytest.raises(UsageError, match="exchange them"):
        PITOptions(weakest=2.0, strongest=1.0)


# -- a whole run ----------------------------------------------------------------------------------


def table(path: Path) -> Path:
    """Twenty recordings of two kinds of movement."""
    draw = np.random.default_rng(0)
    lines = ["x,y,label,recording"]
    for number in range(20):
        label, pace = (("slow", 0.1), ("fast", 0.6))[number % 2]
        for step in range(60):
            x, y = np.sin(pace * step), np.cos(pace * step)
            noise = draw.normal(0, 0.3, 2)
            lines.append(f"{x + noise[0]:.3f},{y + noise[1]:.3f},{label},r{number}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("pit")
    return search(
        "tcn",
        task=f"series:{table(folder / 'moves.csv')}",
        objectives=["acc", "params"],
        optimizer="pit",
        out_dir=folder / "run",
        budget="40steps",
        progress=False,
        options=OPTIONS,
        warm_up={"steps": 40},
        preferences=8,
    )


def test_a_network_that_diverges_is_left_out_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull, strongest = Pruning._pull, PITOptions().strongest

    def planted(self: Pruning, size: torch.Tensor) -> torch.Tensor:
        doomed = self.aim.strength == strongest and self.done == 5
        return pull(self, size) * (float("nan") if doomed else 1.0)

    monkeypatch.setattr(Pruning, "_pull", planted)
    folder = tmp_path / "run"
    run = search(
        "tcn", task=f"series:{table(tmp_path / 'moves.csv')}", objectives=["acc", "params"],
        optimizer="pit", out_dir=folder, budget="24steps", progress=False,
        options={"task": {"window": 20}, "optimizer": {"strengths": 2}}, warm_up={"steps": 8},
        preferences=4,
    )  # fmt: skip
    assert len(run.session.context.deposits) == 1  # of two strengths
    lines = (folder / "events.jsonl").read_text().splitlines()
    told = [m for line in lines if "is left out" in (m := json.loads(line).get("message", ""))]
    assert len(told) == 1
    assert told[0].startswith("The network pruned at strength 3 diverged and is left out: the loss")


def test_what_was_dropped_is_not_taken_up_again() -> None:
    sweep = Sweep(0.1, 10.0, 3)
    sweep.tell(0.1, 100.0)
    sweep.drop(10.0)
    again = Sweep(0.1, 10.0, 3)
    again.load_state_dict(sweep.state_dict())
    assert again.next() == pytest.approx(1.0)
    again.tell(1.0, 50.0)
    between = again.next()
    assert between is not None
    again.drop(between)
    assert again.next() is None


def deposits(run: Run) -> dict[Any, Any]:
    context = run.session.context
    found = [context.space.choices.from_json(i["architecture"]) for i in context.deposits.state()]
    return {architecture.key: architecture for architecture in found}


def test_a_run_ends_with_small_networks_that_keep_their_weights(run: Run) -> None:
    front = run.front("any")
    kept = deposits(run)
    own = [member for member in front.members if member.key in kept]
    assert own
    assert min(member.values["params"] for member in own) < 3000  # of 5,000
    task = run.session.context.require_task()
    for member in own:
        network = run.load(member)
        scores = task.evaluate(network, "test")
        assert scores["accuracy"] == pytest.approx(member.values["acc"])
        weights = sum(p.numel() for p in network.parameters())
        assert weights == member.values["params"]


def test_exports_are_the_pruned_network(run: Run, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    kept = deposits(run)
    member = next(m for m in run.front("any").members if m.key in kept)
    report = run.export(member, "onnx", tmp_path / "small.onnx")
    assert report["check"]["max_difference"] <= 1e-6
    network = run.load(member)
    inputs = run.session.context.require_task().batch("test", 1, torch.Generator()).inputs
    session = onnxruntime.InferenceSession(str(tmp_path / "small.onnx"))
    (found,) = session.run(None, {session.get_inputs()[0].name: inputs.numpy()})
    with torch.no_grad():
        assert np.abs(found - network(inputs).numpy()).max() <= 1e-6
    model = onnx.load(tmp_path / "small.onnx")
    # what runtimes of microcontrollers know, all of it with int8 kernels
    known = """Conv Relu Add Pad AveragePool ReduceMean Gemm MatMul Reshape Squeeze Unsqueeze
        Slice Gather Transpose BatchNormalization"""
    used = {node.op_type for node in model.graph.node}
    assert used <= set(known.split())
    shape = model.graph.input[0].type.tensor_type.shape.dim
    assert [d.dim_value for d in shape[1:]] == [2, 20]  # the batch alone is free
    usage = json.loads((tmp_path / "small.onnx.use" / "task.json").read_text())["usage"]
    assert usage["classes"] == ["fast", "slow"]
    assert usage["columns"] == ["x", "y"]
    assert usage["window"] == 20


@pytest.mark.parametrize("form", ["pt2", "safetensors"])
def test_other_formats_are_the_pruned_network_too(run: Run, tmp_path: Path, form: str) -> None:
    kept = deposits(run)
    member = next(m for m in run.front("any").members if m.key in kept)
    path = tmp_path / f"small.{form}"
    assert run.export(member, form, path)["check"]["max_difference"] <= 1e-6
    loaded = {"pt2": pt2_loader, "safetensors": standalone_loader}[form].load(path)
    network, task = run.load(member), run.session.context.require_task()
    for size in (1, 5):
        inputs = task.batch("test", size, torch.Generator()).inputs
        with torch.no_grad():
            wanted = network(inputs).numpy()
        assert np.abs(loaded(inputs.numpy()) - wanted).max() <= 1e-6


def test_int8_is_nearly_as_good(run: Run, tmp_path: Path) -> None:
    """Quantised by what onnxruntime has, on windows of the task, as the page shows."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    page = Path(__file__).parents[2] / "docs" / "systems-pit.md"
    snippet = page.read_text().split("```python\n")[1].split("```")[0]
    kept = deposits(run)
    member = max(  # the best of those with weights of their own
        (m for m in run.front("any").members if m.key in kept), key=lambda m: m.values["acc"]
    )
    run.export(member, "onnx", tmp_path / "small.onnx")
    snippet = snippet.replace("runs/pit", str(run.path)).replace('"small', f'"{tmp_path}/small')
    found: dict[str, Any] = {}
    exec(compile(snippet, str(page), "exec"), found)
    full, small = (found["score"](tmp_path / name) for name in ("small.onnx", "small-int8.onnx"))
    assert full == pytest.approx(member.values["acc"])
    assert abs(small - full) <= 10.0  # percent of 20 windows
    nodes = onnx.load(tmp_path / "small-int8.onnx").graph.node
    assert {"QuantizeLinear", "DequantizeLinear"} <= {node.op_type for node in nodes}


def test_a_killed_run_ends_as_if_it_had_not_been(run: Run, tmp_path: Path) -> None:
    control = Control()
    seen: list[str] = []

    def stop(progress: Any) -> None:
        seen.append(progress.phase)
        if seen.count("search") == 17:  # masks are half grown
            control.stop()

    settings = {
        "task": run.config.task, "objectives": ["acc", "params"], "optimizer": "pit",
        "budget": "40steps", "options": OPTIONS, "warm_up": {"steps": 40}, "preferences": 8,
    }  # fmt: skip
    with pytest.raises(Interrupted):
        search("tcn", out_dir=tmp_path / "run", control=control, progress=stop, **settings)
    again = search(resume=tmp_path / "run", progress=False)
    first, second = (r.front("any").to_json() for r in (run, again))
    assert first["members"] == second["members"]
    ends = [r.session.context.deposits.state() for r in (run, again)]
    assert [i["architecture"] for i in ends[0]] == [i["architecture"] for i in ends[1]]
    for one, two in zip(*ends, strict=True):
        for name, weight in one["weights"].items():
            assert torch.equal(weight, two["weights"][name])
