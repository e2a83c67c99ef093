"""A notebook whose parts are all its own: searched, killed, resumed, picked, tuned, shipped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

import monas_core as monas
from monas_core.cli.main import main
from monas_core.errors import UsageError
from monas_core.events import Bus, StepFinished
from monas_core.record import given_store

SCRIPT = Path(__file__).with_name("notebook_script.py")


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was killed in the middle of its search."""
    folder = tmp_path_factory.mktemp("killed") / "run"
    words = [sys.executable, str(SCRIPT), str(folder), "die"]
    done = subprocess.run(words, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (folder / "result.json").exists()
    return folder


@pytest.fixture
def copied(whole: monas.Run, tmp_path: Path) -> Path:
    """A finished run to change."""
    return Path(shutil.copytree(whole.path, tmp_path / "copy"))


def own(notebook: ModuleType) -> dict[str, Any]:
    """The objects of the script, as they are handed in again."""
    return {
        "space": notebook.Layers(),
        "task": notebook.Quadrants(),
        "objectives": [notebook.Hits, notebook.Pause()],
        "devices": [notebook.Desk(0.01)],
        "optimizer": notebook.Dice(a_step=1),
    }


def told(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Exit code and output of a command."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    printed = capsys.readouterr()
    return int(end.value.code or 0), printed.out, printed.err


def test_killed_resumed_picked_tuned_adopted_and_exported(
    notebook: ModuleType,
    killed: Path,
    whole: monas.Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = Path(shutil.copytree(killed, tmp_path / "run"))
    notebook.main(folder, "go on")
    answer = json.loads(capsys.readouterr().out)
    before = whole.front("desk").to_json()
    assert monas.open_run(folder).front("desk").to_json() == before, "as if never killed"
    assert answer["rows"] == len(before["members"])
    assert answer["member"]["preference"] == {"hits": 0.5, "pause": 0.5}
    scores = answer["adopted"]
    assert scores["before"]["hits"] == answer["member"]["values"]["hits"]
    assert scores["after"]["hits"] > scores["before"]["hits"] + 10
    assert answer["judged"]["hits"] == scores["after"]["hits"]
    assert answer["judged"]["pause"] == answer["member"]["values"]["pause"]
    assert answer["exported"] == "trained"
    run = monas.open_run(folder, **own(notebook))
    again = run.load(answer["member"]["key"])
    shipped = (tmp_path / "model" / "model.safetensors").read_bytes()
    assert all(weight.detach().numpy().tobytes() in shipped for weight in again.parameters())


def test_what_to_do_is_said_where_it_can_be_done(
    killed: Path, notebook: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    way = (
        f"monas.search(resume='{killed}', space=..., task=..., optimizer=..., objectives=..., "
        "devices=...)"
    )
    with pytest.raises(UsageError) as unfinished:
        monas.open_run(killed)
    assert way in str(unfinished.value)
    with pytest.raises(UsageError, match=r"resume=True"):
        notebook.searched(killed, progress=False)
    code, _, errors = told(capsys, "run", "--resume", killed)
    assert code == 2
    assert 'space "layers" (class Layers)' in errors
    assert way in errors
    with pytest.raises(UsageError, match=r'its own space "layers".*monas\.search\(resume='):
        monas.search(resume=killed, optimizer=notebook.Dice(a_step=1))


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        (lambda n: {"optimizer": n.Dice(a_step=2)}, r'"dice" is not the one.*a_step is 2, not 1'),
        (lambda n: {"task": n.Quadrants(noise=0.2)}, r"noise is 0\.2, not 0\.1"),
        (lambda n: {"space": _renamed(n.Layers)}, r'space "layers" is not.*code has changed'),
        (lambda n: {"devices": [n.Desk(0.02)]}, r"per_weight_ms is 0\.02, not 0\.01"),
        (lambda _: {"budget": "9steps"}, r"budget is '9steps', not '5steps'"),
        (lambda _: {"optimizer": "random"}, r'its own optimizer "dice"'),
    ],
    ids=["setting", "task", "code", "device", "budget", "missing"],
)
def test_a_run_goes_on_with_the_same_things_alone(
    killed: Path, notebook: ModuleType, changed: Callable[[Any], dict[str, Any]], wanted: str
) -> None:
    before = sorted(path.name for path in killed.iterdir())
    with pytest.raises(UsageError, match=wanted):
        monas.search(resume=killed, progress=False, **{**own(notebook), **changed(notebook)})
    assert sorted(path.name for path in killed.iterdir()) == before


def _renamed(kind: type) -> Any:
    """The same class but for one method."""

    class Layers(kind):
        def build(self, architecture: Any, task: Any) -> nn.Module:
            return nn.Sequential(super().build(architecture, task))

    return Layers()


def test_the_command_line_does_what_needs_stored_facts_alone(
    copied: Path, whole: monas.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = told(capsys, "front", copied, "--json")
    assert (code, json.loads(out)) == (0, whole.front("desk").to_json())
    code, out, errors = told(capsys, "pick", copied, "--json", "--max", "pause=5ms")
    picked = json.loads(out)
    assert code == 0
    assert picked["key"] in {member.key for member in whole.front("desk").members}
    assert 'without the space "layers"' in errors
    assert told(capsys, "report", copied, "--out", tmp_path / "page.html")[0] == 0
    code, _, errors = told(capsys, "export", copied, "--format", "pt2", "--out", tmp_path / "m")
    assert code == 2
    assert 'needs the space "layers"' in errors
    assert f"monas.open_run('{copied}', space=...)" in errors


def test_networks_are_built_where_the_space_alone_is_there(
    copied: Path, whole: monas.Run, notebook: ModuleType
) -> None:
    run = monas.open_run(copied, space=notebook.Layers())
    assert "space" not in run.missing
    assert 'optimizer "dice"' in run.missing
    member = run.pick()
    inherited = run.load(member).state_dict()
    for name, weight in whole.load(member).state_dict().items():
        assert torch.equal(inherited[name], weight)
    with pytest.raises(UsageError, match=r'needs the objective "pause".*open_run'):
        run.evaluate(notebook.Layers().choices.architecture({"depth": 2, "width": 16}))


def test_other_objects_are_refused_when_a_run_is_opened(copied: Path, notebook: ModuleType) -> None:
    with pytest.raises(UsageError, match=r"per_weight_ms is 0\.5, not 0\.01"):
        monas.Run.open(copied, devices=[notebook.Desk(0.5)])
    with pytest.raises(UsageError, match=r'no trainer "Idle" of your own'):
        monas.Run.open(copied, trainer=_idle())
    with pytest.raises(UsageError, match=r'no parts "optimiser". Did you mean "optimizer"'):
        monas.Run.open(copied, optimiser=notebook.Dice(a_step=1))
    (copied / given_store.FILE).write_text("{}")
    with pytest.raises(UsageError, match=r"given\.json is damaged"):
        monas.Run.open(copied)


def _idle() -> Any:
    from monas_core.parts.trainer import Trainer

    class Idle(Trainer):
        steps = done = 0  # pyright: ignore

        def start(self, context: Any, settings: Any, generator: Any) -> None: ...
        def step(self) -> Any: ...
        def state_dict(self) -> dict[str, Any]:
            return {}

        def load_state_dict(self, state: Any) -> None: ...

    return Idle()


def test_stopped_from_another_thread_and_taken_up_again(
    notebook: ModuleType, whole: monas.Run, tmp_path: Path
) -> None:
    control = monas.Control()
    heard: list[monas.Progress] = []
    seen: list[str] = []

    def follow(told: monas.Progress) -> None:
        heard.append(told)
        if told.phase == "search" and told.done == 2:
            other = threading.Thread(target=control.stop)
            other.start()
            other.join()

    with pytest.raises(monas.Interrupted, match=r"stopped during search.*monas\.search\(resume="):
        notebook.searched(tmp_path / "run", control=control, progress=follow)
    assert heard[-1].total == 5
    assert 0 < heard[-1].fraction < 1
    run = notebook.searched(
        tmp_path / "run",
        resume="auto",
        progress=False,
        observers=[lambda event: seen.append(type(event).__name__)],
    )
    assert "RunFinished" in seen
    assert run.front("desk").to_json() == whole.front("desk").to_json()


def test_training_is_stopped_from_another_thread_and_goes_on(
    copied: Path, notebook: ModuleType
) -> None:
    run = monas.open_run(copied, **own(notebook))
    member, control, bus = run.pick(), monas.Control(), Bus()

    def follow(event: object) -> None:
        if isinstance(event, StepFinished) and event.done == 3:
            other = threading.Thread(target=control.stop)
            other.start()
            other.join()

    bus.attach(follow)
    with pytest.raises(monas.Interrupted, match="3 of 6 steps are done"):
        run.train(member, budget="6steps", bus=bus, control=control)
    assert run.train(member, budget="6steps")["steps"] == 6


def test_fronts_as_tables_and_pictures(whole: monas.Run) -> None:
    members = whole.front("desk").members
    rows = whole.fronts("desk", kind="rows")
    assert [row["key"] for row in rows] == [member.key for member in members]
    assert rows[0]["pause"] == members[0].values["pause"]
    assert rows[0]["choice.depth"] == members[0].choices["depth"]
    assert rows[0]["device"] == "desk"
    with pytest.raises(UsageError, match="choose auto, pandas, polars, rows"):
        whole.fronts(kind="excel")
    figure = whole.plot()
    assert figure.axes[0].get_title(loc="left") == "layers on desk"
    drawn = {float(x) for line in figure.axes[0].lines for x in line.get_xdata()}  # pyright: ignore
    assert min(member.values["pause"] for member in members) in drawn


def test_unfit_modules_are_not_adopted(copied: Path, notebook: ModuleType) -> None:
    run = monas.open_run(copied, **own(notebook))
    member = run.pick()
    good = run.load(member)
    with pytest.raises(UsageError, match=r"not the network of architecture.*\d+ more"):
        run.adopt(member, nn.Linear(2, 2))
    with torch.no_grad():
        next(iter(good.parameters())).fill_(float("nan"))
    with pytest.raises(UsageError, match="not finite: hidden0"):
        run.adopt(member, good)
    assert not (copied / "trained").exists()
    run.adopt(member, nn.DataParallel(run.load(member)))
    with pytest.raises(UsageError, match="anew=True"):
        run.adopt(member, run.load(member))
    run.adopt(member, run.load(member, weights="inherited"), anew=True)
    with pytest.raises(UsageError, match="were adopted"):
        run.train(member, budget="1steps")


def test_a_persons_own_object_stays_as_it_was(notebook: ModuleType, whole: monas.Run) -> None:
    dice = notebook.Dice(a_step=1)
    run = monas.open_run(whole.path, **{**own(notebook), "optimizer": dice})
    run.pick()
    assert vars(dice) == {"a_step": 1}
    assert type(dice) is notebook.Dice


def test_strange_parts_are_refused(notebook: ModuleType) -> None:
    with pytest.raises(UsageError, match=r"optimizer must be a name, an instance of .* got 3"):
        monas.search(notebook.Layers(), optimizer=3)  # pyright: ignore
    with pytest.raises(UsageError, match="got the class Desk"):
        monas.search(notebook.Layers(), devices=[notebook.Desk])
    renamed = notebook.Dice(a_step=1)
    renamed.name = "random"
    with pytest.raises(UsageError, match='optimizer "random" is installed already'):
        monas.search(notebook.Layers(), optimizer=renamed)
    renamed.name = "a:b"
    with pytest.raises(UsageError, match='"a:b", which cannot be the name'):
        monas.search(notebook.Layers(), optimizer=renamed)
    renamed.name, renamed.lock = "locked", threading.Lock()
    with pytest.raises(UsageError, match=r'"locked" cannot be copied.*hand in its class'):
        monas.search(**{**own(notebook), "optimizer": renamed}, held_out=[], progress=False)


def test_classes_are_made_when_a_run_needs_them(notebook: ModuleType, tmp_path: Path) -> None:
    class Pair(notebook.Dice):
        name = "pair"

        def __init__(self) -> None:
            super().__init__(a_step=2)

    more = {"space": notebook.Layers, "optimizer": Pair, "out_dir": tmp_path / "run"}
    parts = {**own(notebook), **more, "held_out": [], "progress": False}
    run = monas.search(**parts, budget="1steps", preferences=2)
    finished = (run.path / "result.json").stat().st_mtime_ns
    again = monas.search(**parts, budget="1steps", preferences=2, resume=True)
    assert again.path == run.path
    assert (run.path / "result.json").stat().st_mtime_ns == finished, "nothing was done twice"


def test_an_interrupt_says_how_to_go_on(notebook: ModuleType, tmp_path: Path) -> None:
    def press(event: object) -> None:
        if type(event).__name__ == "StepFinished":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as pressed:
        notebook.searched(tmp_path / "run", progress=False, observers=[press])
    assert f"monas.search(resume='{tmp_path / 'run'}', space=" in pressed.value.__notes__[0]


def test_the_command_line_exports_where_only_the_search_was_somebodys_own(
    notebook: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = monas.search(
        "gpt", objectives=["params", notebook.Farther], devices="any", optimizer=notebook.Dice(2),
        budget="1steps", preferences=2, warm_up={"steps": 1, "batch_size": 2},
        out_dir=tmp_path / "run", progress=False,
    )  # fmt: skip
    key = run.front("any").members[0].key
    words = ["export", run.path, "--architecture", key, "--format", "safetensors", "--json"]
    code, out, errors = told(capsys, *words, "--out", tmp_path / "model")
    assert (code, json.loads(out)["weights"]) == (0, "inherited")
    assert 'without the optimizer "dice" (class Dice) and objective "farther"' in errors


def test_a_fault_in_ones_own_part_says_where(notebook: ModuleType, tmp_path: Path) -> None:
    class Clumsy(notebook.Dice):
        def step(self) -> Any:
            raise ZeroDivisionError("no dice")

    parts = {**own(notebook), "optimizer": Clumsy(a_step=1)}
    with pytest.raises(monas.MonasError, match=r"no dice.*Mend it in your program"):
        monas.search(**parts, held_out=[], progress=False, out_dir=tmp_path / "run")
