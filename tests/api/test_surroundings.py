"""A search works wherever it is called from, and a run can be handed to another process."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import monas_core as monas


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_search_and_training_within_a_mode_without_gradients(tmp_path: Path, mode: type) -> None:
    with mode():
        run = monas.search(
            "gpt", objectives="acc, params", devices="t4", held_out=[], optimizer="random",
            budget="1steps", preferences=2, warm_up={"steps": 1, "batch_size": 2},
            out_dir=tmp_path / "run", progress=False,
        )  # fmt: skip
        member = run.front("t4").members[0]
        assert run.train(member, budget="1steps")["steps"] == 1
    _ = run.session
    again = pickle.loads(pickle.dumps(run))
    assert again.path == run.path
    assert again.front("t4").members[0].key == member.key


def test_waiting_threads_do_not_spin_where_monas_is_imported_first() -> None:
    """As on the command line; who has set it keeps it."""
    script = (
        "import os, sys, monas_core; print(os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules)"
    )
    bare = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    for given, expected in (({}, "10000 False"), ({"GOMP_SPINCOUNT": "7"}, "7 False")):
        told = subprocess.run(
            [sys.executable, "-c", script],
            env=bare | given, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert told.stdout.strip() == expected
