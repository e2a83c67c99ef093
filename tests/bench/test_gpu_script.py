"""The script for a GPU goes through the same code at small size on a CPU."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "gpu.sh"


@pytest.mark.slow  # half a minute
def test_small_sizes_give_the_table() -> None:
    pytest.importorskip("PIL")
    done = subprocess.run(
        ["sh", str(SCRIPT), "--small"], capture_output=True, text=True, check=False,
        env={"PYTHON": sys.executable, "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    for word in ("gpt tiny on cpu", "mobilenetv3 small on cpu", "plain loop", "largest  "):
        assert word in done.stdout
