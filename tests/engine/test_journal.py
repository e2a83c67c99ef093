"""A run folder damaged, cut or made by a stranger: nothing lost in silence, nobody hurt."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monas_core import events, state
from monas_core.errors import Interrupted, MonasError, UsageError
from monas_core.record import checkpoints, journal
from monas_core.record.repair import repair
from monas_core.record.rundir import RunFolder
from monas_core.running import finishing
from monas_core.running.control import Control
from monas_core.running.engine import execute
from monas_core.running.plan import Plan

Plans = Callable[..., Plan]


def start(plan: Plan, path: Path, bus: events.Bus | None = None, stop: int = 0) -> None:
    """Run to the end, or stop after a number of steps as Ctrl-C would."""
    folder = RunFolder(path) if path.exists() else RunFolder.create(path, plan.config)
    control, bus, seen = Control(), bus or events.Bus(), 0

    def count(event: events.Event) -> None:
        nonlocal seen
        seen += isinstance(event, events.StepFinished)
        if stop and seen == stop:
            control.stop()

    with bus.attached(count):
        execute(plan, folder, bus, control)


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory, plan: Plans) -> Path:
    """A run stopped twice during the search, with two checkpoints."""
    path = tmp_path_factory.mktemp("journal") / "run"
    for steps in (12, 6):
        with pytest.raises(Interrupted):
            start(plan(), path, stop=steps)
    assert len(checkpoints.found(path)) == 2
    return path


@pytest.fixture(scope="module")
def whole(halves: Path, plan: Plans, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("journal") / "whole"
    shutil.copytree(halves, path)
    start(plan(), path)
    return path


@pytest.fixture
def run(halves: Path, tmp_path: Path) -> Path:
    return shutil.copytree(halves, tmp_path / "run")


def marks(path: Path) -> dict[str, Any]:
    return json.loads(json.dumps(state.load(path)["logs"]))


def forged(checkpoint: Path, **changes: Any) -> None:
    """The checkpoint as a stranger would write it: other content, right digests."""
    state.save(checkpoint, state.load(checkpoint) | changes)


def same(first: Path, second: Path) -> None:
    assert (first / "archive.jsonl").read_bytes() == (second / "archive.jsonl").read_bytes()
    for front in (first / "front").glob("*.json"):
        assert front.read_bytes() == (second / "front" / front.name).read_bytes()


# -- damage ---------------------------------------------------------------------------------


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)


def zero(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "removed": Path.unlink,
    "emptied": lambda p: p.write_bytes(b""),
    "halved": halve,
    "zeroed": zero,
    "one bit": flip,
}


@pytest.mark.parametrize("fault", DAMAGE)
def test_a_damaged_archive_is_not_gone_on_from(run: Path, plan: Plans, fault: str) -> None:
    DAMAGE[fault](run / "archive.jsonl")
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    with pytest.raises(
        UsageError, match=r"cannot be gone on with.*archive\.jsonl (is m|holds|was c)"
    ):
        start(plan(), run)
    after = {p: p.read_bytes() for p in run.rglob("*") if p.is_file() and p.name != ".lock"}
    assert after == {p: data for p, data in before.items() if p.name != ".lock"}


def test_an_archive_that_serves_the_older_checkpoint_serves(
    run: Path, whole: Path, plan: Plans
) -> None:
    older, newer = (marks(path)["archive.jsonl"]["bytes"] for path in checkpoints.found(run))
    assert older < newer, "the case is about a difference"
    data = (run / "archive.jsonl").read_bytes()
    (run / "archive.jsonl").write_bytes(data[: newer - 1])
    heard: list[events.Event] = []
    bus = events.Bus()
    bus.attach(heard.append)
    start(plan(), run, bus)
    warnings = [e.message for e in heard if isinstance(e, events.Warned)]
    assert any("archive.jsonl holds" in text and "Going on from step_" in text for text in warnings)
    same(run, whole)


@pytest.mark.parametrize("fault", DAMAGE)
@pytest.mark.parametrize("name", ["state.json", "tensors.safetensors", "manifest.json"])
def test_a_damaged_checkpoint_gives_way_and_is_named(
    run: Path, plan: Plans, fault: str, name: str
) -> None:
    newest = checkpoints.found(run)[-1]
    DAMAGE[fault](newest / name)
    found = checkpoints.newest(run)
    assert found is not None
    assert found.path < newest
    assert newest.name in found.faults[0]


def test_state_without_content_is_no_new_beginning(run: Path, plan: Plans) -> None:
    for checkpoint in checkpoints.found(run):
        (checkpoint / "state.json").write_text("null")
    with pytest.raises(UsageError, match="cannot be gone on with"):
        start(plan(), run)
    assert len(checkpoints.found(run)) == 2, "nothing was pruned"


def test_lost_checkpoints_are_no_new_beginning(run: Path, plan: Plans) -> None:
    size = (run / "archive.jsonl").stat().st_size
    shutil.rmtree(run / "checkpoints")
    with pytest.raises(UsageError, match="has lost its checkpoints"):
        start(plan(), run)
    assert (run / "archive.jsonl").stat().st_size == size


@pytest.mark.parametrize("fault", DAMAGE)
def test_a_damaged_event_log_costs_no_work(run: Path, whole: Path, plan: Plans, fault: str) -> None:
    DAMAGE[fault](run / "events.jsonl")
    start(plan(), run)
    same(run, whole)
    told = list(RunFolder(run).events())
    assert isinstance(told[0], events.RunStarted)
    assert isinstance(told[-1], events.RunFinished)
    assert any(isinstance(e, events.Warned) and "vents.jsonl" in e.message for e in told)


# -- a stranger's folder -----------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 3, 50_000_000_000, -1, True, "0", None, 1.5])
@pytest.mark.parametrize("name", ["../victim.txt", "victim", "events.jsonl", "archive.jsonl"])
def test_no_checkpoint_cuts_anything_else(
    run: Path, plan: Plans, tmp_path: Path, name: str, size: Any
) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("precious")
    if name == "victim":
        name = str(victim)
    lengths = {p: p.stat().st_size for p in (run / "events.jsonl", run / "archive.jsonl")}
    for checkpoint in checkpoints.found(run):
        mark = {"bytes": size, "sha256": "0" * 64}
        forged(checkpoint, logs=marks(checkpoint) | {name: mark})
    found = None
    with pytest.MonkeyPatch.context() as patch:  # only the going back is of interest
        patch.setattr(journal.Journal, "recording", lambda *_: pytest.fail("far enough"))
        try:
            found = journal.Journal(run, events.Bus()).restore()
        except UsageError:
            assert name in ("archive.jsonl", "events.jsonl")
    assert victim.read_text() == "precious"
    for path, length in lengths.items():
        if path.exists():
            assert path.stat().st_size <= length
    assert found is None or found.logs.keys() == {"archive.jsonl", "events.jsonl"}


LINKS = [
    ".lock", "events.jsonl", "archive.jsonl", "checkpoints", "checkpoints/step_00000001",
    "config.yaml", "result.json",
]  # fmt: skip


@pytest.mark.parametrize("name", LINKS)
def test_no_link_in_a_run_is_followed(run: Path, plan: Plans, tmp_path: Path, name: str) -> None:
    victim, link = tmp_path / "victim", run / name
    kept = victim / "step_00000000" / "kept"
    if name.startswith("checkpoints"):
        shutil.copytree(link, victim)
        kept.parent.mkdir(exist_ok=True)
        kept.write_text("precious")
        shutil.rmtree(link)
    else:
        kept = victim
        victim.write_bytes(link.read_bytes() if link.exists() else b'{"devices": {}}')
        link.unlink(missing_ok=True)
    link.symlink_to(victim)
    before = kept.read_bytes()

    def opened() -> None:
        RunFolder.open(run)
        start(plan(), run)

    with pytest.raises(UsageError, match="is a link"):
        opened()
    assert kept.read_bytes() == before
    RunFolder(run).busy()
    assert kept.read_bytes() == before


# -- the end -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place", ["before the log ends", "before the result", "while it is written"]
)
def test_killed_at_the_very_end(
    run: Path, whole: Path, plan: Plans, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def kill(*_: object) -> None:
        raise SystemExit

    if place == "before the log ends":
        monkeypatch.setattr(journal.Journal, "close", kill)
    elif place == "before the result":
        monkeypatch.setattr(finishing, "RunResult", kill)
    else:
        monkeypatch.setattr(RunFolder, "conclude", kill)
    with pytest.raises(SystemExit):
        start(plan(), run)
    assert not (run / "result.json").exists()
    monkeypatch.undo()
    start(plan(), run)
    same(run, whole)
    told = list(RunFolder(run).events())
    assert isinstance(told[-1], events.RunFinished)
    assert told[-1].status == "done"
    assert RunFolder(run).result()["devices"].keys() == {"toy-a", "toy-b", "toy-c"}


def test_what_is_finished_has_its_end_in_the_log(whole: Path) -> None:
    last = list(RunFolder(whole).events())[-1]
    assert isinstance(last, events.RunFinished)
    assert last.status == "done"


# -- one bus, several runs -----------------------------------------------------------------


def test_a_bus_serves_two_runs_without_mixing_their_logs(plan: Plans, tmp_path: Path) -> None:
    bus, heard = events.Bus(), []
    bus.attach(heard.append)
    for seed in (0, 1):
        start(plan(budget="2steps", seed=seed), tmp_path / str(seed), bus)
    first, second = (list(RunFolder(tmp_path / str(seed)).events()) for seed in (0, 1))
    for told in (first, second):
        assert sum(isinstance(e, events.RunStarted) for e in told) == 1
        assert sum(isinstance(e, events.RunFinished) for e in told) == 1
    assert len(heard) == len(first) + len(second)


# -- full disks ----------------------------------------------------------------------------


def test_a_run_on_a_full_disk_ends_in_a_sentence_and_goes_on_later(
    small_disk: Path, whole: Path, plan: Plans
) -> None:
    run, bus = small_disk / "run", events.Bus()
    heard: list[events.Event] = []
    bus.attach(heard.append)
    with pytest.raises(MonasError, match="No space left on device"):
        start(plan(), run, bus)
    assert isinstance(heard[-1], events.RunFinished), "the screen is told"
    assert heard[-1].status == "failed"
    enlarge = ["mount", "-o", "remount,size=64m", str(small_disk)]
    subprocess.run(enlarge, check=True, capture_output=True)
    start(plan(), run)
    same(run, whole)


# -- dead ends ------------------------------------------------------------------------------


def test_a_run_killed_while_its_folder_was_made(plan: Plans, tmp_path: Path) -> None:
    made = RunFolder.create(tmp_path / "whole", plan().config).path
    for kept in (0, 1, 2, 3):
        path = tmp_path / str(kept)
        path.mkdir()
        for name in ("checkpoints", "front", "env.json")[:kept]:
            source = made / name
            shutil.copytree(source, path / name) if source.is_dir() else shutil.copy(source, path)
        assert RunFolder.create(path, plan().config).config == plan().config
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("x")
    with pytest.raises(UsageError, match="already used"):
        RunFolder.create(tmp_path / "other", plan().config)


@pytest.mark.parametrize("lost", ["result.json", "front", "front/toy-a.json", "both"])
def test_what_was_removed_from_a_finished_run_is_made_again(
    whole: Path, plan: Plans, tmp_path: Path, lost: str
) -> None:
    run = shutil.copytree(whole, tmp_path / "run")
    for name in ("result.json", "front") if lost == "both" else (lost,):
        path = run / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    start(plan(), run)
    same(whole, run)
    assert RunFolder(run).finished


def test_a_moved_run_speaks_of_its_own_fronts(whole: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(whole, tmp_path / "moved")
    result = RunFolder(moved).result()
    assert result["run"] == str(moved)
    assert all(facts["front"].startswith(str(moved)) for facts in result["devices"].values())


# -- repair -------------------------------------------------------------------------------------


def content(path: Path) -> dict[str, bytes]:
    files = (p for p in path.rglob("*") if p.is_file() and p.name != ".lock")
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in files}


@pytest.mark.parametrize("fault", ["halved", "one bit"])
@pytest.mark.parametrize("name", ["archive.jsonl", "checkpoints/newest/state.json", "data.json"])
def test_a_repaired_run_goes_on_and_lost_nothing(
    run: Path, whole: Path, plan: Plans, name: str, fault: str
) -> None:
    older = min(marks(path)["archive.jsonl"]["bytes"] for path in checkpoints.found(run))
    name = name.replace("newest", checkpoints.found(run)[-1].name)
    data = (run / name).read_bytes()
    if name == "archive.jsonl":  # damage what the newer checkpoint counts on
        place = older + 20
        damaged = data[:place] + (b"" if fault == "halved" else b"#" + data[place + 1 :])
        (run / name).write_bytes(damaged)
    else:
        DAMAGE[fault](run / name)
    before = content(run)
    done = repair(run)["done"]
    assert any(row["name"] in name or name.startswith(row["name"]) for row in done), done
    after = content(run)
    kept = {data for path, data in after.items() if path.startswith("set-aside/1/")}
    changed = [data for path, data in before.items() if after.get(path) != data]
    assert changed
    assert kept == set(changed), "what was dropped is set aside, whole"
    start(plan(), run)
    same(run, whole)


def test_repairing_a_copy_leaves_the_run_as_it_is(whole: Path, tmp_path: Path) -> None:
    run = shutil.copytree(whole, tmp_path / "run")
    (run / "front" / "toy-a.json").write_text("{")
    before = content(run)
    found = repair(run, tmp_path / "copy")
    assert content(run) == before
    assert {row["name"] for row in found["done"]} == {"front/toy-a.json", "result.json"}
    assert found["can"]["go on"].startswith("monas run --resume")
    with pytest.raises(UsageError, match="is there already"):
        repair(run, tmp_path / "copy")


def test_nothing_to_repair(whole: Path, tmp_path: Path) -> None:
    run = shutil.copytree(whole, tmp_path / "run")
    before = content(run)
    assert repair(run) | {"files": [], "can": {}} == {
        "run": str(run), "whole": True, "done": [], "files": [], "can": {},
    }  # fmt: skip
    assert content(run) == before
