"""Every script of ``benchmarks/`` runs, with the smallest arguments it takes, so that none rots."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

from monas_core.api import search

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SMALLEST: Mapping[str, str] = {
    "bench_blockwise": "--miniature --networks 3 --steps 4 --alone 1 --seeds 1",
    "bench_board": "--seeds 1 --budget 2s --warm-up 2",
    "bench_corruption": "--share 0.002",
    "bench_count": "--part losses --seeds 1 --steps 2",
    "bench_dca": "--seeds 1 --steps 2 --training 2",
    "bench_dry_run": "--only 0",
    "bench_fusion": "--seeds 1 --steps 2",
    "bench_grouped": "--seeds 1 --evaluations 12",
    "bench_inherited": "--space gpt --subnets 3 --steps 3 --warm-up 4",
    "bench_kills": "--kills 1",
    "bench_lightnas": "--seeds 1 --warm-up 3 --training 2 --evaluations 4",
    "bench_limits_trained": "--seeds 1 --evaluations 6 --optimizers random",
    "bench_long": "archive --evaluations 600",
    "bench_muon": "--spaces gpt --seconds 0.2 --seeds 1",
    "bench_owned": "{llama} --budget 2s --steps 2 --optimizers random",
    "bench_pictures": "--preset small --size 16 --side 24 --count 24 --batch 4 --steps 1 "
    "--rounds 1 --workers 0",
    "bench_pit": "--seeds 1 --data lags --warm-up 3 --masks 3 --tuning 3",
    "bench_precision": "{llama} --formats safetensors",
    "bench_profile": "--run {run} --picks 2 --limits 2",
    "bench_progressive": "--seconds 1 --seeds 1 --subnets 2 --alone 2",
    "bench_ranks": "--rounds 1 --batch 4",
    "bench_real_size": "--small --steps 6 --rounds 1 --only gpt",
    "bench_recipe": "--steps 2",
    "bench_released": "--space gpt --devices 2 --rounds 1 --each 1",
    "bench_report": "{page} --repeats 1",
    "bench_retrain": "--space gpt --retrain 2steps --members 1 --budget 4evals --warm-up 2 "
    "--optimizer random",
    "bench_search": "--seeds 1 --budget 2s --devices h100-sxm --optimizers random",
    "bench_ship": "--spaces gpt --steps 2",
    "bench_sliced": "gpt --steps 2",
    "bench_startup": "--repeats 1 --run {run}",
    "bench_step": "--devices 2 --rounds 1 --per-device 1",
    "bench_tokens": "--steps 2 --budget 2s --tokenizer bpe:300 --context 32",
    "bench_traffic": "--ranks 2 --steps 1",
    "bench_warmup": "--passes 8 --seeds 1",
    "bench_weight_step": "--rounds 1 --spaces gpt",
    "bench_whole": "--steps 2 --budget 4evals",
    "bench_wishes": "{run}",
    "fault_cases": "",
    "growth": "--families choices,front,archive --rounds 1 --largest 1000",
    "make_checkpoint": "{out} --family gpt2 --steps 1 --layers 1 --width 32",
    "make_classifier": "{out} --steps 1",
    "make_screen": "{run} --at 1 --device h100-sxm --out {out}.svg",
    "readme_picture": "{run} --out {out}.png",
    "suite_table": "{json} --out {out}.md",
}
"""Arguments by script: ``{run}`` is a finished run, ``{llama}`` a checkpoint, ``{out}`` a path."""
ON_TABLES: Mapping[str, str] = {
    "bench_ablation": "--budget 12evals --seeds 1 --jobs 1 --out-dir {out}",
    "bench_budgets": "--seeds 1 --evaluations 20 --iterations 24 --draws 16 --fitting 40 "
    "--rewards rank",
    "bench_landing": "--seeds 1 --problem ofa --evaluations 12",
    "bench_limits": "--seeds 1 --evaluations 8 --optimizers random",
    "bench_nb201_supernet": "{cells} --cells 3",
    "bench_ofa2": "--seeds 1 --evaluations 12 --candidates 100",
    "bench_predictor": "--problems nb201",
    "bench_similarity": "--seeds 1 --evaluations 60 --noise 0",
}
"""The same of scripts that read published measurements."""
OF_THE_SUITE = {"mutations": "docs/mutations.md tells of it; the suite is what it measures"}
PACKAGES = {"suite_table": "pytest_benchmark"}


def test_every_script_is_run() -> None:
    scripts = {p.stem for p in BENCHMARKS.glob("*.py") if '__name__ == "__main__"' in p.read_text()}
    assert scripts == {*SMALLEST, *ON_TABLES, *OF_THE_SUITE}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where a finished run, a report and a checkpoint lie; made when they are asked for."""
    return {"root": tmp_path_factory.mktemp("scripts")}


def made(name: str, places: dict[str, Path]) -> Path:
    if name not in places:
        places[name] = MAKERS[name](places)
    return places[name]


def _run(places: dict[str, Path], space: str = "gpt") -> Path:
    found = search(
        space,
        objectives=["acc", "lat"],
        devices=["h100-sxm"],
        held_out=["raspberry-pi-5"],
        budget="4evals",
        out_dir=places["root"] / space,
        progress=False,
        warm_up={"steps": 2},
        preferences=3,
    )
    return found.folder.path


def _page(places: dict[str, Path]) -> Path:
    run, page = made("run", places), places["root"] / "page.html"
    command = "from monas_core.cli.main import main; main(['report', r'%s', '--out', r'%s'])"
    subprocess.run([sys.executable, "-c", command % (run, page)], check=True)
    return page


def _llama(places: dict[str, Path]) -> Path:
    folder = places["root"] / "llama"
    words = ["--family", "llama", "--steps", "1", "--layers", "2", "--width", "64"]
    script = str(BENCHMARKS / "make_checkpoint.py")
    subprocess.run([sys.executable, script, str(folder), *words], check=True)
    return folder


def _json(places: dict[str, Path]) -> Path:
    path = places["root"] / "bench.json"
    words = ["-c", str(BENCHMARKS / "suite" / "pytest.ini"), "-q", "--rounds", "1"]
    words += [f"--benchmark-json={path}", "-k", "event_log or choices", "--largest", "10"]
    files = [str(BENCHMARKS / "suite" / name) for name in ("test_records.py", "test_growth.py")]
    subprocess.run([sys.executable, "-m", "pytest", *words, *files], check=True)
    return path


MAKERS = {
    "run": _run,
    "page": _page,
    "llama": _llama,
    "json": _json,
    "cells": lambda places: _run(places, "nasbench201"),
}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("script", [*SMALLEST, *ON_TABLES])
def test_script(script: str, places: dict[str, Path], tmp_path: Path) -> None:
    if script in ON_TABLES and not os.environ.get("MONAS_DATA"):
        pytest.skip("needs published measurements; set MONAS_DATA")
    if script in PACKAGES and find_spec(PACKAGES[script]) is None:
        pytest.skip(f"needs {PACKAGES[script]}")
    words = (SMALLEST | ON_TABLES)[script].split()
    wanted = {name for name in MAKERS if any(f"{{{name}}}" in word for word in words)}
    found = {name: str(made(name, places)) for name in wanted} | {"out": str(tmp_path / "out")}
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / f"{script}.py"), *(w.format(**found) for w in words)],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=850,
    )
    if "no Chromium is installed" in done.stderr:
        pytest.skip("no Chromium is installed")
    late = script == "bench_startup" and "limit" in done.stdout  # its code tells of times
    assert done.returncode == 0 or late, done.stdout[-2000:] + done.stderr[-4000:]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(find_spec("pytest_benchmark") is None, reason="needs pytest-benchmark")
@pytest.mark.parametrize("file", ["steps", "learning", "records", "startup"])
def test_suite(file: str) -> None:
    suite = BENCHMARKS / "suite"
    words = ["-c", str(suite / "pytest.ini"), str(suite / f"test_{file}.py"), "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "--benchmark-disable"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:]
