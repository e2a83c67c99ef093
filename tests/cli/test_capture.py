"""The picture of the live screen that README shows is drawn by a script, from the log of a run."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "make_screen.py"


def test_moments_of_a_run_become_one_picture_that_needs_nothing_else(
    logged_run, monkeypatch, script
):
    make_screen = script(SCRIPT)
    out = logged_run / "screen.svg"
    words = [str(logged_run), "--at", "0.2,0.6", "--size", "100x30", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["make_screen.py", *words])
    assert make_screen.main() == 0
    text = out.read_text()
    ET.fromstring(text)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    for wanted in ("warm-up", "hypervolume", "animation-delay", "$ monas run --space gpt"):
        assert wanted in text.replace("&#160;", " ")
