"""Whole runs through the command line: real space, text, search and devices, tiny budgets."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pexpect
import pyte
import pytest

from monas_core.cli.main import main

DEVICES = "pixel-6-cpu,rtx-4090"
WORDS = [
    "run", "--space", "gpt", "--preset", "tiny", "--objectives", "acc,lat,energy",
    "--devices", DEVICES, "--held-out", "t4", "--preferences", "6", "--optimizer", "random",
    "warm_up.steps=3", "warm_up.batch_size=4",
]  # fmt: skip
SHORT = [*WORDS, "--budget", "2steps"]
ENVIRONMENT = {**os.environ, "TERM": "xterm-256color", "OMP_NUM_THREADS": "1"}


def monas(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "monas_core.cli.main", *words],
        cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip


class Terminal:
    """monas in a pseudo-terminal, with what a person would see."""

    def __init__(self, *words: str, cwd: Path, width: int = 80, height: int = 24) -> None:
        self.screen = pyte.Screen(width, height)
        self.stream = pyte.Stream(self.screen)
        self.seen = ""
        # the terminal throws away what is under way when Ctrl-C comes, half characters too
        self.child = pexpect.spawn(
            sys.executable, ["-m", "monas_core.cli.main", *words],
            cwd=str(cwd), env=ENVIRONMENT, dimensions=(height, width), encoding="utf-8",
            codec_errors="replace", timeout=240,
        )  # fmt: skip

    def wait_for(self, pattern: str) -> str:
        """Read until the screen shows a pattern."""
        while not re.search(pattern, self.shown):
            self._read()
        return self.shown

    def wait_for_end(self) -> int:
        try:
            while True:
                self._read()
        except pexpect.EOF:
            self.child.close()
        assert self.child.exitstatus is not None, self.seen
        return self.child.exitstatus

    @property
    def shown(self) -> str:
        return "\n".join(self.screen.display)

    def _read(self) -> None:
        text = self.child.read_nonblocking(65536, timeout=240)
        self.seen += text
        self.stream.feed(text)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A finished run below ``runs/`` of a folder of its own."""
    folder = tmp_path_factory.mktemp("finished")
    done = monas(*SHORT, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_run_in_a_terminal_shows_the_screen_then_the_summary(tmp_path):
    terminal = Terminal(*SHORT, "--out-dir", "out", cwd=tmp_path, width=100, height=40)
    shown = terminal.wait_for("warm-up .*/3 steps")
    assert "monas" in shown
    assert "gpt tiny" in shown
    assert terminal.wait_for_end() == 0, terminal.seen[-3000:]
    assert "Fronts" in terminal.seen
    assert "monas pick out --device pixel-6-cpu --prefer acc=.6,lat=.3,energy=.1" in terminal.seen
    assert (tmp_path / "out" / "front.png").is_file()
    assert terminal.seen.rindex("\x1b[?1049l") < terminal.seen.rindex("Next"), "screen given back"


def test_json_is_one_document_and_progress_goes_to_standard_error(tmp_path):
    done = monas(*SHORT, "--json", "--out-dir", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert set(document) == {"run", "devices", "seconds", "data"}
    assert set(document["devices"]) == {*DEVICES.split(","), "t4"}
    for facts in document["devices"].values():
        assert set(facts) == {"hypervolume", "members", "front"}
        front = json.loads((tmp_path / facts["front"]).read_text())
        assert len(front["members"]) == facts["members"] > 0
    assert "run done" in done.stderr
    assert "\x1b" not in done.stderr


def test_ctrl_c_stops_saves_and_resume_auto_finishes(tmp_path):
    words = [word.replace("warm_up.steps=3", "warm_up.steps=30") for word in SHORT]
    terminal = Terminal(*words, cwd=tmp_path)
    terminal.wait_for(r"warm-up .* [1-9]\d*/30 steps")
    terminal.child.sendintr()
    assert terminal.wait_for_end() == 130
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.seen)
    command = re.search(r"monas run --resume (runs/\S+)", plain.rpartition("Stopped during")[2])
    assert "error:" not in plain, "it was asked for"
    assert command is not None, terminal.seen[-2000:]
    run = tmp_path / command[1]
    assert list(run.glob("checkpoints/step_*"))
    assert not (run / "result.json").exists()

    resumed = monas(*words, "--resume", "auto", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert "run goes on" in resumed.stdout
    assert (run / "result.json").is_file()
    assert len(list((tmp_path / "runs").iterdir())) == 1, "it went on in the same folder"


def test_resume_auto_starts_anew_when_nothing_matches(finished):
    plan = monas(*SHORT, "--resume", "auto", "--seed", "9", "--dry-run", cwd=finished)
    assert plan.returncode == 0


def test_modnas_runs_too(tmp_path):
    words = [word if word != "random" else "modnas" for word in WORDS]
    tiny = [
        "options.optimizer.initial_queries=6", "options.optimizer.queries_per_round=2",
        "options.optimizer.steps_per_round=2", "options.optimizer.first_steps=2",
        "options.optimizer.cost_samples=8",
    ]  # fmt: skip
    done = monas(*words, *tiny, "--budget", "3steps", "--out-dir", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Fronts" in done.stdout
    for device in (*DEVICES.split(","), "t4"):
        members = json.loads((tmp_path / "out/front" / f"{device}.json").read_text())["members"]
        assert members
        for member in members:  # modnas says what it expects, rivals do not
            assert set(member["predicted"]) == {"acc", "lat", "energy"}
            for name in ("lat", "energy"):
                assert 0.25 < member["values"][name] / member["predicted"][name] < 4


def test_results_of_the_latest_run_are_found(cli, finished, monkeypatch):
    monkeypatch.chdir(finished)
    shown = cli("front")
    assert shown.code == 0
    assert "Front of pixel-6-cpu" in shown.out
    assert "Other devices: rtx-4090, t4" in shown.out
    document = json.loads(cli("front", "--device", "t4", "--json").out)
    assert document["device"] == "t4"
    rows = cli("front", "--device", "t4", "--csv").out.splitlines()
    assert len(rows) == 1 + len(document["members"])


def test_pick_answers_a_wish(cli, finished, monkeypatch):
    monkeypatch.chdir(finished)
    words = ["pick", "--device", "rtx-4090", "--prefer", "acc=.6,latency=.3,energy=.1"]
    picked = json.loads(cli(*words, "--max", "lat=1s", "--json").out)
    assert picked["device"] == "rtx-4090"
    assert picked["preference"] == pytest.approx({"acc": 0.6, "lat": 0.3, "energy": 0.1})
    shown = cli(*words).out
    assert "Picked for rtx-4090" in shown
    assert "modelled" in shown
    unseen = json.loads(cli("pick", "--device", "jetson-nano", "--json").out)
    assert unseen["device"] == "jetson-nano"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("--prefer", "acc=-1,lat=2"), "at least 0"),
        (("--prefer", "acc=0"), "positive sum"),
        (("--prefer", "speed=1"), "no objective of this run"),
        (("--prefer", "acc"), "write name=number"),
        (("--prefer", "acc=1,acc=2"), "twice"),
        (("--max", "lat=5mJ"), "measured in ms"),
        (("--max", "lat"), "write name=value"),
        (("--max", "speed=5"), "no objective of this run"),
        (("--max", "lat=1e-9ms"), "No known architecture meets"),
        (("--device", "nowhere"), "nowhere"),
    ],
)
def test_bad_wishes_are_refused(cli, finished, monkeypatch, words, wanted):
    monkeypatch.chdir(finished)
    outcome = cli("pick", *words)
    assert outcome.code == 2
    assert wanted in outcome.err
    assert outcome.err.count("\n") == 1


def test_watching_a_finished_run_ends_with_its_summary(cli, finished, monkeypatch):
    monkeypatch.chdir(finished)
    done = cli("watch")
    assert done.code == 0
    assert "run done" in done.out
    assert "Fronts" in done.out


def test_a_used_folder_is_not_touched(finished):
    run = next((finished / "runs").iterdir())
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    done = monas(*SHORT, "--out-dir", str(run), cwd=finished)
    assert done.returncode == 2
    assert "already used" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


class Narrow:
    """Standard output and error as a process has them whose encoding lacks many signs."""

    def __init__(self, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = io.BytesIO()
        for name in ("stdout", "stderr"):
            stream = io.TextIOWrapper(self.bytes, encoding=encoding, write_through=True)
            monkeypatch.setattr(sys, name, stream)

    def run(self, *words: str) -> int:
        with pytest.raises(SystemExit) as end:
            main(list(words))
        return int(end.value.code or 0)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437"])
@pytest.mark.parametrize(
    "words",
    [("front",), ("front", "--json"), ("pick",), ("watch", "--plain"), ("doctor",), ("--help",),
     ("run", "--help"), ("info", "gpt"), ("pick", "--prefer", "µ=1")],
    ids=" ".join,
)  # fmt: skip
def test_any_encoding_will_do(finished, monkeypatch, encoding, words):
    monkeypatch.chdir(finished)
    console = Narrow(encoding, monkeypatch)
    assert console.run(*words) in (0, 2)
    # click takes an ASCII stream for a misconfigured one and writes UTF-8 there
    text = console.bytes.getvalue().decode("utf-8" if encoding == "ascii" else encoding)
    assert text.strip()
    assert "Traceback" not in text
    if words == ("front", "--json"):
        json.loads(text)
    if words == ("front",):
        assert "lat v" in text
