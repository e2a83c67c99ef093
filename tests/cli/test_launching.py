"""Runs as jobs: what is asked of the batch system, and a job that is preempted and requeued."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from monas_core.cli.job import Job, _gently
from monas_core.cli.launching import Launcher, handed_over, seeds_of
from monas_core.errors import UsageError
from monas_core.events import StepFinished
from monas_core.record.config import load_config
from monas_core.record.rundir import RunFolder

pytest.importorskip("submitit")

FLAGS = {
    "space": "gpt", "objectives": ["acc", "flops"], "devices": ["h100-sxm"], "held_out": [],
    "optimizer": "random", "budget": "4evals", "preferences": 3,
}  # fmt: skip
WORDS = [
    "run", "--space", "gpt", "--objectives", "acc,flops", "--devices", "h100-sxm", "--held-out",
    "", "--optimizer", "random", "--budget", "4evals", "--preferences", "3", "warm_up.steps=2",
]  # fmt: skip


def steps(run: Path) -> int:
    """Of the warm-up, so far."""
    if not (run / "events.jsonl").is_file():
        return 0
    events = RunFolder(run).events()
    return max((e.step for e in events if isinstance(e, StepFinished)), default=0)


@pytest.mark.slow  # three processes, one after the other
def test_a_preempted_job_ends_with_the_front_of_its_twin(tmp_path: Path) -> None:
    config = load_config(None, FLAGS, ["warm_up.steps=60", "warm_up.batch_size=4"])
    launcher = Launcher.of("local", [])
    run, twin = tmp_path / "preempted", tmp_path / "twin"
    job = handed_over(launcher, config, {0: run}, None).jobs[run]
    deadline = time.monotonic() + 200
    while steps(run) < 10 and time.monotonic() < deadline:
        time.sleep(0.05)
    task = Path(f"/proc/{job.job_id}/task/{job.job_id}/children").read_text().split()[0]
    os.kill(int(task), signal.SIGUSR2)  # what slurm sends before it takes the machine
    handed_over(launcher, config, {0: twin}, None).wait()
    job.wait()
    log = job.paths.stdout.read_text()
    assert "this job is preempted" in log
    assert "Requeued job" in log
    # stopped after its step, gone on with from there
    opened = [e for e in RunFolder(run).events() if type(e).__name__ == "RunStarted"]
    assert [e.resumed for e in opened] == [False, True]
    front, other = (json.loads((p / "front/h100-sxm.json").read_text()) for p in (run, twin))
    assert front["members"] == other["members"]
    assert front["hypervolume"] == other["hypervolume"]


def test_the_signal_of_a_batch_system_lets_a_run_save_first() -> None:
    """Before a run has begun the job is requeued at once, afterwards when it has stopped."""
    heard: list[str] = []
    before = signal.signal(signal.SIGUSR2, lambda *_: heard.append("requeued"))
    stops = signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    try:
        with _gently(signal.SIGUSR2, leads=True):
            signal.raise_signal(signal.SIGUSR2)
        with _gently(signal.SIGUSR2, leads=True) as requeued:
            requeued()
            signal.signal(signal.SIGUSR1, lambda *_: heard.append("stop"))
            signal.raise_signal(signal.SIGUSR2)
            signal.raise_signal(signal.SIGUSR2)
            requeued()
        assert heard == ["requeued", "stop", "requeued"]
    finally:
        signal.signal(signal.SIGUSR2, before)
        signal.signal(signal.SIGUSR1, stops)


def test_termination_is_left_to_a_launcher_that_handles_it() -> None:
    from monas_core.running.control import Control
    from monas_core.running.signals import graceful

    heard: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append("launcher"))
    try:
        control = Control()
        with graceful(control, None):
            signal.raise_signal(signal.SIGTERM)
        assert heard == ["launcher"]
        assert not control.stopping
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands of a cluster that take note of what they are told."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, line in {
        "srun": "",
        "sbatch": 'cp "$1" "$0.told"; echo Submitted batch job 7',
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    return tools / "sbatch.told"


def test_seeds_are_one_array_that_slurm_requeues(cli, nowhere: Path, cluster: Path) -> None:
    given = ["--launcher", "slurm", "--seeds", "0-2", "--out-dir", "runs/x"]
    more = ["launcher.partition=gpu", "launcher.nodes=2", "launcher.gpus_per_node=8", "--json"]
    done = cli(*WORDS, *given, *more)
    assert done.code == 0, done.err
    told = cluster.read_text()
    for line in ("array=0-2%3", "partition=gpu", "nodes=2", "gpus-per-node=8", "requeue",
                 "signal=USR2@90", "time=1440"):  # fmt: skip
        assert f"#SBATCH --{line}\n" in told
    document = json.loads(done.out)
    assert [(j["job"], j["run"]) for j in document["jobs"]] == [
        (f"7_{n}", f"runs/x-seed{n}") for n in range(3)
    ]
    from submitit.core.utils import DelayedSubmission

    job = DelayedSubmission.load(Path("runs/x-jobs/7_2_submitted.pkl")).function
    assert isinstance(job, Job)
    assert job.arguments[-3:] == ("--resume", "auto", "--plain")
    settings = Path(job.arguments[2]).read_text()
    assert "seed: 2\n" in settings
    assert "launcher" not in settings


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--launcher", "slrm"], 'No launcher "slrm". Did you mean "slurm"? Known: local, slurm.'),
        (["--launcher", "local", "launcher.task=2"], 'The launcher local has no option "task"; '),
        (["--launcher", "local", "launcher.wait=3"], "launcher.wait must be true or false, got 3."),
        (["--launcher", "local", "launcher.nodes=2"], "LocalExecutor can use only one node."),
        (["--launcher", "local", "--seeds", "2-1"], "range that ends before it begins"),
        (["--launcher", "local", "--seeds", "0,1", "--seed", "4"], "leave out --seed"),
        (["--launcher", "local", "--seeds", "a"], "--seeds takes numbers and ranges such as 0-3,7"),
        (["--launcher", "local", "--task", "text:nowhere"], "nowhere"),
        (["--seeds", "0-3"], "--seeds starts a job for each seed: add --launcher local"),
        (["--launcher", "local", "--out-dir", "there"], "Run folder there is already used"),
    ],
)
def test_what_cannot_be_launched_is_told_beforehand(
    cli, nowhere: Path, words: list[str], said: str
) -> None:
    (nowhere / "there").mkdir()
    done = cli(*WORDS, *words)
    assert done.code == 2
    assert said in done.err
    assert list(nowhere.iterdir()) == [nowhere / "there"]


def test_seeds() -> None:
    assert seeds_of("0-2, 7") == [0, 1, 2, 7]
    with pytest.raises(UsageError, match="names a seed twice"):
        seeds_of("1,0-2")
    for text in ("3-1", "7,3-1"):
        with pytest.raises(UsageError, match="ends before it begins"):
            seeds_of(text)
    for text in ("0-99999", "0-99999999999999999", "9" * 5000):  # not made first
        with pytest.raises(UsageError, match="at most 10000"):
            seeds_of(text)
