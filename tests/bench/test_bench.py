"""``monas bench`` from the command line to its files."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import attrs
import numpy as np
import pytest

from monas_core.bench.contest import Asked, resolve
from monas_core.bench.course import hold
from monas_core.bench.in_ranks import take_part
from monas_core.bench.store import Store
from monas_core.errors import PluginError
from monas_core.running import together
from monas_core.ui.benchprogress import Silence
from monas_core.values.front import Scale

QUICK = ("--budget", "12evals", "--seeds", "2", "--optimizers", "random,wide=random",
         "wide.batch=6")  # fmt: skip
KEYS = {
    "optimizer", "seed", "device", "split", "relative_hypervolume", "igd_plus", "queries",
    "seconds", "gd", "gd_plus", "igd", "non_dominated", "hypervolume", "answer_seconds", "answers",
}  # fmt: skip


def test_json_carries_the_whole_verdict(bench):
    outcome = bench("toy", *QUICK, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.err == ""
    document = json.loads(outcome.out)
    assert (document["problem"], document["budget"]) == ("toy", "12evals")
    rows = document["results"]
    assert len(rows) == 2 * 2 * 3
    for row in rows:
        assert set(row) >= KEYS
        assert 0 < row["relative_hypervolume"] <= 1
        assert row["queries"] == 12
        assert row["split"] == ("held-out" if row["device"] == "toy-c" else "search")
    assert document["facts"]["rows"] == 65
    scale = document["scales"]["toy-a"]
    assert scale["reference_point"] == pytest.approx(scale["high"])
    assert {(s["optimizer"], s["split"]) for s in document["summary"]} == {
        (label, split) for label in ("random", "wide") for split in ("search", "held-out")
    }
    summary = next(s for s in document["summary"] if s["optimizer"] == "wide")
    own = [
        sum(r["relative_hypervolume"] for r in rows
            if r["optimizer"] == "wide" and r["seed"] == seed and r["split"] == "search") / 2
        for seed in (0, 1)
    ]  # fmt: skip
    assert summary["relative_hypervolume"]["mean"] == pytest.approx(sum(own) / 2)
    assert summary["relative_hypervolume"]["min"] == pytest.approx(min(own))
    assert summary["regret"]["max"] == pytest.approx(1 - min(own))
    assert len(document["significance"]["all_pairs"]["search"]) == 1
    assert len(document["significance"]["with_best"]["held-out"]) == 1


def test_files_say_the_same(bench):
    document = json.loads(bench("toy", *QUICK, "--json").out)
    folder = Path("bench/toy-12evals")
    assert json.loads((folder / "results.json").read_text()) == document
    rows = list(csv.DictReader((folder / "results.csv").open()))
    assert [float(r["igd_plus"]) for r in rows] == [r["igd_plus"] for r in document["results"]]
    summary = list(csv.DictReader((folder / "summary.csv").open()))
    assert float(summary[0]["relative_hypervolume_mean"]) == pytest.approx(
        document["summary"][0]["relative_hypervolume"]["mean"]
    )
    assert (folder / "fronts.png").read_bytes()[:4] == b"\x89PNG"


def test_the_table_names_the_best_and_the_rules(bench):
    outcome = bench("toy", *QUICK)
    assert outcome.code == 0, outcome.err
    for words in ("4/4  wide, seed 1: 12 queries", "12 evaluations for all devices",
                  "2 search devices", "1 held-out device ", "IGD+", "ahead on", "toy-c",
                  "reference point is 1", "cannot give less than 0.50", "bench/toy-12evals/results",
                  "error of the latency"):  # fmt: skip
        assert words in outcome.out, words


def test_no_figure_is_cut_at_any_width(bench, monkeypatch):
    for width in (60, 80, 100, 160):
        monkeypatch.setenv("COLUMNS", str(width))
        outcome = bench("toy", *QUICK)
        assert outcome.code == 0, outcome.err
        assert "…" not in outcome.out.replace(" … ", " ")
        assert max(map(len, outcome.out.split("Files")[0].splitlines())) <= width
        assert "hypervolume" in outcome.out


def test_one_optimizer_one_seed_no_held_out(bench):
    words = ("--budget", "6evals", "--seeds", "1", "--optimizers", "random", "--held-out", "")
    outcome = bench("toy", *words, "--devices", "toy-d")
    assert outcome.code == 0, outcome.err
    assert "held-out" not in outcome.out
    document = json.loads(Path("bench/toy-6evals/results.json").read_text())
    assert {row["device"] for row in document["results"]} == {"toy-d"}
    assert document["summary"][0]["relative_hypervolume"]["std"] is None


def test_three_objectives(bench):
    words = ("--budget", "24evals", "--seeds", "1", "--optimizers", "random")
    outcome = bench("toy-three", *words)
    assert outcome.code == 0, outcome.err
    assert "toye [mJ]" in outcome.out
    document = json.loads(Path("bench/toy-three-24evals/results.json").read_text())
    assert all(0 < row["relative_hypervolume"] <= 1 for row in document["results"])


def test_hypervolume_counts_inside_the_limits(bench):
    """The verdict is that of the answers and of the true front that meet the limit."""
    from monas_core.bench.indicators import indicators

    free = json.loads(bench("toy", *QUICK, "--json").out)
    lows = [free["scales"][name]["low"][1] for name in ("toy-a", "toy-b")]
    limit = 3 * max(lows)
    words = (*QUICK, "--max", f"toyl={limit}ms", "--out-dir", "limited")
    outcome = bench("toy", *words)
    assert outcome.code == 0, outcome.err
    assert "toyl at most" in outcome.out
    assert "within" in outcome.out
    document = json.loads(Path("limited/results.json").read_text())
    assert document["limits"] == [f"toyl at most {limit:.4g} ms"]
    runs = [json.loads(path.read_text()) for path in sorted(Path("limited/runs").glob("*-0.json"))]
    for run in runs:
        for entry in run["devices"]:
            name = entry["device"]
            row = next(
                r for r in document["results"]
                if (r["optimizer"], r["seed"], r["device"]) == (run["optimizer"], 0, name)
            )  # fmt: skip
            points = np.array(entry["points"])
            inside = points[points[:, 1] <= limit]
            assert row["within"] == pytest.approx(len(inside) / len(points))
            scale = document["scales"][entry["device"]]
            box = Scale(scale["low"], scale["high"], 1.0)
            assert row["hypervolume"] == pytest.approx(box.hypervolume(inside))
            assert indicators(inside, inside, box)["relative_hypervolume"] == 1.0
    assert all(row["within"] == 1.0 for row in document["results"] if row["split"] == "search")
    assert document["fronts"]["toy-a"]["members"] < free["fronts"]["toy-a"]["members"]


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (("--max", "toyl=0.0001ms"), "No known architecture meets toyl at most 0.0001 ms on toy-a"),
        (("--min", "toyl=2ms"), "asks for a worse value than could be had"),
        (("--max", "toyl@nowhere=2ms"), 'names device "nowhere"'),
        (("--max", "size=2"), 'names "size", which is no objective'),
        (("--max", "toyl=2kg"), "kg"),
    ],
)
def test_limits_that_make_no_contest(bench, limit, words):
    outcome = bench("toy", *QUICK, *limit)
    assert outcome.code == 2
    assert words in outcome.err
    assert not Path("bench").exists()


def test_finished_runs_are_not_run_again(bench):
    bench("toy", *QUICK)
    runs = {path: path.stat().st_mtime_ns for path in Path("bench/toy-12evals/runs").iterdir()}
    assert len(runs) == 4
    removed = next(iter(runs))
    removed.unlink()
    outcome = bench("toy", *QUICK)
    assert "4 runs, 3 of them finished before" in outcome.out
    for path, made in runs.items():
        assert (path.stat().st_mtime_ns == made) == (path != removed)


def test_more_seeds_and_optimizers_add_to_a_folder(bench):
    bench("toy", "--budget", "12evals", "--seeds", "1", "--optimizers", "random")
    outcome = bench("toy", *QUICK)
    assert "4 runs, 1 of them finished before" in outcome.out


def test_other_settings_are_refused_and_force_replaces(bench, data):
    bench("toy", *QUICK)
    same = ("--out-dir", "bench/toy-12evals")
    other = [word if word != "12evals" else "14evals" for word in QUICK]
    outcome = bench("toy", *other, *same)
    assert outcome.code == 2
    assert "was made with another budget (12evals, now 14evals); give --force" in outcome.err
    (data / "toy.txt").write_text("22\n")
    outcome = bench("toy", *QUICK)
    assert outcome.code == 2
    assert "was made with another data (" in outcome.err
    outcome = bench("toy", *QUICK, "--force")
    assert outcome.code == 0
    assert "4 runs\n" in outcome.out
    (Path("bench/toy-12evals/runs") / "random-0.json").write_text("{")
    outcome = bench("toy", *QUICK)
    assert outcome.code == 2
    assert "random-0.json is damaged" in outcome.err


def test_a_changed_digit_of_a_kept_run_is_noticed(bench):
    assert bench("toy", *QUICK).code == 0
    kept = Path("bench/toy-12evals/runs/random-0.json")
    text = kept.read_text()
    place = text.index('"queries":') + len('"queries":')
    kept.write_text(text[:place] + "9" + text[place + 1 :])
    outcome = bench("toy", *QUICK)
    assert outcome.code == 2
    assert "random-0.json is damaged (it is not what was written); give --force" in outcome.err


def test_a_busy_folder_is_refused(bench):
    from monas_core.bench.store import Store

    store = Store(Path("bench/toy-12evals"))
    store.prepare()
    with store.locked():
        outcome = bench("toy", *QUICK)
    assert outcome.code == 2
    assert "Another process works in bench/toy-12evals" in outcome.err


def test_an_unknown_front_is_searched_for_once(bench):
    words = ("--seeds", "1", "--optimizers", "random")
    outcome = bench("toy-open", *words, "--budget", "12evals")
    assert outcome.code == 0, outcome.err
    assert "reference front of toy-a: 6" in outcome.out
    assert "long search and of everything found" in outcome.out
    document = json.loads(Path("bench/toy-open-12evals/results.json").read_text())
    assert document["fronts"]["toy-a"]["source"] == "searched"
    exact = json.loads(bench("toy", *words, "--budget", "12evals", "--json").out)
    for ours, theirs in zip(document["results"], exact["results"], strict=True):
        # the long search exhausts this space, so both fronts are the true one
        assert ours["relative_hypervolume"] == pytest.approx(theirs["relative_hypervolume"])
    outcome = bench("toy-open", *words, "--budget", "14evals")
    assert "reference front" not in outcome.out, "taken from the folder beside it"
    assert "4 runs, 3 of them finished before" in outcome.out


def test_a_faulty_optimizer_ends_the_contest_but_not_what_was_done(bench):
    words = ("--budget", "12evals", "--seeds", "1", "--optimizers")
    outcome = bench("toy", *words, "random,sinner-crashes")
    assert (outcome.code, outcome.err.count("\n")) == (3, 1)
    named = 'Optimizer "sinner-crashes" (toy-contest 1.0) failed in Sinner.start()'
    assert f"{named}: ZeroDivisionError: oh" in outcome.err
    assert Path("bench/toy-12evals/runs/random-0.json").is_file()
    assert not Path("bench/toy-12evals/results.json").exists()


def test_processes_give_the_same_results(bench):
    alone = json.loads(bench("toy", *QUICK, "--json", "--out-dir", "one").out)
    shared = json.loads(bench("toy", *QUICK, "--json", "--out-dir", "two", "--jobs", "2").out)

    def plain(document):
        timeless = lambda row: {k: v for k, v in row.items() if "seconds" not in k}  # noqa: E731
        return [timeless(row) for row in document["results"]]

    assert plain(alone) == plain(shared)


def test_ranks_give_the_same_results(bench, catalog, data, in_ranks):
    """One faulty participant ends it for all; what was done is kept and not done again."""
    wish = Asked("toy", data, "12evals", 2, optimizers=["random", "nsga2"])
    faulty = attrs.evolve(wish, optimizers=["random", "sinner-crashes"])

    def work(ranks, wish=wish):
        if ranks.number:
            return [together.helped(ranks, partial(take_part, wish, catalog, ranks))]
        contest, benchmark = resolve(wish, catalog)
        try:
            with together.leading(ranks):
                ways = (Store(Path("shared")), Silence())
                return hold(contest, benchmark, catalog, *ways, ranks=ranks)["results"]
        except PluginError as fault:
            return str(fault)

    said, helped = in_ranks(lambda ranks: work(ranks, faulty))
    assert said.startswith('Optimizer "sinner-crashes" (toy-contest 1.0) failed in Sinner.start()')
    assert helped == [0]
    shared, helped = in_ranks(work, 3)[:2]
    assert helped == [0]
    contest, benchmark = resolve(wish, catalog)
    alone = hold(contest, benchmark, catalog, Store(Path("alone")), Silence())["results"]

    def plain(results):
        return [{k: v for k, v in row.items() if "seconds" not in k} for row in results]

    assert plain(shared) == plain(alone)


def test_stopped_with_ctrl_c_and_gone_on(bench):
    words = ("toy", "--budget", "12evals", "--seeds", "1", "--optimizers",
             "random,sinner-interrupts")  # fmt: skip
    Path("interrupt").touch()
    outcome = bench(*words)
    assert outcome.code == 130
    assert "runs are kept in bench/toy-12evals, the same command goes on" in outcome.err
    Path("interrupt").unlink()
    outcome = bench(*words)
    assert outcome.code == 0, outcome.err
    assert "2 runs, 1 of them finished before" in outcome.out
    assert "2/2  sinner-interrupts, seed 0: 12 queries" in outcome.out


def test_processes_are_stopped_with_ctrl_c_too(bench, site, data):
    toys = Path(__file__).parent / "toys"
    environment = os.environ | {"PYTHONPATH": f"{toys}:{site}", "OMP_NUM_THREADS": "1"}
    words = ("toy", "--budget", "60evals", "--seeds", "1", "--jobs", "2", "--optimizers",
             "random,sinner-dawdles,slow=sinner-dawdles")  # fmt: skip
    child = subprocess.Popen(
        [sys.executable, "-m", "monas_core.cli.main", "bench", *words],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    kept = Path("bench/toy-60evals/runs/random-0.json")
    deadline = time.monotonic() + 60
    while not kept.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGINT)
    _, told = child.communicate(timeout=30)
    assert child.returncode == 130, told
    assert "finished runs are kept in bench/toy-60evals" in told
    assert [path.name for path in kept.parent.iterdir()] == ["random-0.json"]


def test_default_participants_are_those_that_can(catalog):
    from monas_core.bench.contest import provided
    from monas_core.bench.variant import variants

    known = provided(catalog.find("benchmark", "toy"), catalog)
    names = {variant.label for variant in variants(catalog, None, [], known)}
    assert {"random", "modnas"} <= names
    assert "needy" not in names


BAD = [
    (("tyo",), 'No benchmark "tyo". Did you mean "toy"'),
    (("toy", "--optimizers", "rndom"), 'Did you mean "random"'),
    (("toy", "--optimizers", ""), "No optimizer was named"),
    (("toy", "--optimizers", "random,random"), "give the second a label: random2=random"),
    (("toy", "--optimizers", "a/b=random"), "write NAME, or LABEL=NAME"),
    (("toy", "--optimizers", "needy"), 'needs "supernet"'),
    (("toy", "--optimizers", "random", "random.bach=3"), "random.bach: unknown key; did you"),
    (("toy", "--optimizers", "random", "random.batch=0"), "random.batch must be at least 1"),
    (("toy", "--optimizers", "random", "random.batch=[1"), "is not a valid YAML value"),
    (("toy", "--optimizers", "random", "--set", "batch=3"), "write OPTIMIZER.OPTION=VALUE"),
    (("toy", "--optimizers", "random", "modnas.hidden=3"), '"modnas", which does not take part'),
    (("toy", "--budget", "ten"), "120s, 60steps or 200evals"),
    (("toy", "--budget", "60s"), "equal numbers of quality queries"),
    (("toy", "--seeds", "0"), "--seeds must be at least 1, got 0"),
    (("toy", "--jobs", "0"), "--jobs must be at least 1"),
    (("toy", "--answers", "1"), "--answers must be at least 2"),
    (("toy", "--devices", "toy-aa"), 'no device "toy-aa". Did you mean "toy-a"? Known: toy-a'),
    (("toy", "--devices", ""), "No device was named"),
    (("toy", "--devices", "toy-a,toy-a"), "named twice"),
    (("toy", "--devices", "toy-a", "--held-out", "toy-a"), "both searched and held out"),
    (("toy", "--held-out", "toy-a"), "both searched and held out"),
    (("toy", "--data-dir", "nowhere"), 'Data folder "nowhere" does not exist'),
    (("toy", "--data-dir", "."), "toy.txt is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "wanted"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_input_is_refused_in_one_sentence(bench, words, wanted):
    outcome = bench(*words)
    assert outcome.code == 2, outcome
    assert wanted in outcome.err
    assert outcome.err.count("\n") == 1, "one line, no traceback"
    assert outcome.out == ""
    assert not list(Path().iterdir()), "nothing half-written"


def test_no_data_folder_is_one_sentence(bench, monkeypatch):
    monkeypatch.delenv("MONAS_DATA")
    outcome = bench("toy")
    assert outcome.code == 2
    assert "with --data-dir or in MONAS_DATA" in outcome.err


def test_a_folder_that_cannot_be_made(bench):
    Path("taken").touch()
    outcome = bench("toy", *QUICK, "--out-dir", "taken/here")
    assert outcome.code == 2
    assert "taken/here cannot be written" in outcome.err


def test_help_needs_no_torch():
    script = (
        "import sys\nfrom monas_core.cli.main import main\n"
        "try: main(['bench', '--help'])\nexcept SystemExit: pass\n"
        "sys.stderr.write(str('torch' in sys.modules or 'numpy' in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr == "False"
    assert "--held-out" in done.stdout


@pytest.mark.data
def test_on_published_measurements(bench, data_dir, monkeypatch):
    outcome = bench(
        "nb201", "--optimizers", "random", "--budget", "20evals", "--seeds", "1",
        "--data-dir", data_dir, "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    rows = json.loads(outcome.out)["results"]
    assert {row["split"] for row in rows} == {"search", "held-out"}
    assert all(0.4 < row["relative_hypervolume"] < 1 for row in rows)
