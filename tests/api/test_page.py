"""The examples of the page on Python run as they are written."""

from __future__ import annotations

import importlib.util
import linecache
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"


@pytest.mark.skipif(importlib.util.find_spec("anywidget") is None, reason="anywidget is missing")
def test_the_page_runs_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    cells = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(cells) > 4
    space: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(cells):
        name = f"<cell {number}>"  # as notebooks do, so that the source of a class can be had
        linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
        exec(compile(cell, name, "exec"), space)
    told = capsys.readouterr().out
    assert "go on with: monas.search(resume='stopped') in Python" in told
    assert "gflops is 7, not 5" in told
    assert space["slider"].wish == {"params": 0.2, "lat": 0.8}
    assert len(space["table"]) == len(space["rows"])
    assert space["rows"][0]["device"] == "board"
    assert space["scores"]["after"] != space["scores"]["before"]
    assert space["report"]["weights"] == "trained"
