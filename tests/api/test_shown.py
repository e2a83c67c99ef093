"""A run in a notebook: what is drawn while it goes on, and what it looks like after."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest

import monas_core as monas
from monas_core import events
from monas_core.ui.notebook import NotebookProgress, in_notebook

NASTY = "<script>alert(1)</script>"


def start(**facts: Any) -> events.RunStarted:
    objectives = [{"name": "acc", "unit": "%", "direction": "max", "score": "accuracy"}]
    return events.RunStarted(0.0, "runs/a", NASTY, "dice", "task", objectives, ["d"], [], facts)


class Output:
    """An output of a notebook."""

    def __init__(self) -> None:
        self.drawn: list[str] = []

    def __call__(self, html: str) -> Any:
        self.drawn.append(html)
        return self.drawn.append


def test_bars_are_for_notebooks_alone() -> None:
    assert not in_notebook()


def test_bars_are_drawn_in_one_output_and_not_too_often() -> None:
    clock = iter(range(1000))
    output = Output()
    progress = NotebookProgress(output, seconds=10, timer=lambda: next(clock) / 10)
    progress(start())
    progress(events.PhaseStarted(0.0, "search", 40, "steps"))
    for step in range(40):
        progress(events.StepFinished(step / 4, "search", step + 1, step, {"loss": 0.5}, note=NASTY))
    assert len(output.drawn) < 10
    progress.notice = "stopping"
    progress(events.Warned(10.0, f"mind {NASTY}"))
    last = output.drawn[-1]
    assert '<progress value="1.000"' in last
    assert "search 40/40 steps" in last
    assert "loss 0.5" in last
    assert "stopping" in last
    assert "<script" not in last
    assert last.count("&lt;script&gt;") == 3  # space, note, warning
    progress(events.RunFinished(11.0, "interrupted", {}, "go on with: monas.search(...)"))
    assert "interrupted" in output.drawn[-1]
    assert "go on with" in output.drawn[-1]


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """IPython as it runs in a notebook's kernel, its outputs captured."""
    shells = pytest.importorskip("IPython.core.interactiveshell")
    capture = pytest.importorskip("IPython.utils.capture")
    with monkeypatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path))
        patch.setattr(sys, "excepthook", sys.excepthook)
        shell = shells.InteractiveShell.instance(history_manager=None)
        patch.setattr(shell, "kernel", object(), raising=False)
        with capture.capture_output() as captured:
            yield captured
        shells.InteractiveShell.clear_instance()


def test_the_interrupt_of_a_notebook_stops_gently_and_bars_are_drawn(
    kernel: Any, notebook: ModuleType, whole: monas.Run, tmp_path: Path
) -> None:
    assert in_notebook()
    before = signal.getsignal(signal.SIGINT)

    def press(event: events.Event) -> None:
        if isinstance(event, events.StepFinished) and (event.phase, event.done) == ("search", 2):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(monas.Interrupted, match=r"go on with: monas\.search\(resume="):
        notebook.searched(tmp_path / "run", observers=[press])
    assert signal.getsignal(signal.SIGINT) is before
    shown = [output.data["text/html"] for output in kernel.outputs]
    assert "<progress" in shown[-1]
    assert "stopping after this step" in shown[-1]
    assert "interrupted" in shown[-1]
    run = notebook.searched(tmp_path / "run", resume=True)
    assert run.front("desk").to_json() == whole.front("desk").to_json()
    assert "done: 100%" in kernel.outputs[-1].data["text/html"]
    assert not kernel.stdout, "bars in place of lines"


def test_fronts_and_members_show_themselves(whole: monas.Run) -> None:
    front = whole.front("desk")
    member = front.members[0]
    table = front._repr_html_()
    assert table.count("<tr>") == 1 + len(front.members)
    assert "<th>pause [ms]</th>" in table
    assert f"{member.values['pause']:.4g}" in table
    assert member.key in table
    picked = whole.pick()._repr_html_()
    assert f"width={whole.pick().choices['width']}" in picked
    odd = attrs.evolve(front, space=NASTY, members=(attrs.evolve(member, key=NASTY),))
    for html in (odd._repr_html_(), odd.members[0]._repr_html_()):
        assert "<script" not in html
        assert "&lt;script&gt;" in html


def test_showing_a_front_needs_no_torch(whole: monas.Run) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from monas_core.record.front_store import read_front\n"
        f"html = read_front(Path({str(whole.path / 'front' / 'desk.json')!r}))._repr_html_()\n"
        "assert '<table>' in html and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_fronts_in_the_library_a_person_has(whole: monas.Run, kind: str) -> None:
    if importlib.util.find_spec(kind) is None:
        with pytest.raises(monas.MonasError, match=f"pip install '{kind}'"):
            whole.fronts(kind=kind)
        return
    found, rows = whole.fronts(kind=kind), whole.fronts(kind="rows")
    assert type(found).__module__.startswith(kind)
    assert list(found.columns) == list(rows[0])
    assert list(found["pause"]) == [row["pause"] for row in rows]
    assert type(whole.fronts()).__module__.partition(".")[0] in ("pandas", "polars")
