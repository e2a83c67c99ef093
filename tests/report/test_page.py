"""The file itself: self-contained, complete, written whole or not at all."""

from __future__ import annotations

import json
import math
import re

import pytest

from monas_core.errors import MonasError, UsageError
from monas_core.record.rundir import RunFolder
from monas_core.report import page as page_module
from monas_core.report.facts import Facts
from monas_core.report.page import write_report


@pytest.fixture(scope="module")
def text(page) -> str:
    """The page without the drawing library."""
    return page.read_text(encoding="utf-8").replace(page_module.plotly_library(), "")


def test_refers_to_nothing_outside(text) -> None:
    text = text.replace("http://www.w3.org/2000/svg", "")  # a name, nothing is fetched
    assert not re.search(r"https?:|url\(|@import|<iframe|\bsrc=", text)
    assert {h for h in re.findall(r'href="([^"]*)"', text) if not h.startswith("#")} == {"data:,"}
    assert "default-src 'none'" in text


def test_holds_the_fronts_as_stored(text, page) -> None:
    found = re.search(r'<script type="application/json" id="content">(.*?)</script>', text)
    assert found
    content = json.loads(found[1])
    assert list(content["fronts"]) == ["alpha", "beta", "gamma"]
    for name, front in content["fronts"].items():
        stored = page.parent / "run" / "front" / f"{name}.json"
        assert front == json.loads(stored.read_text())
    # without the first front, which is that of the references
    assert content["curves"]["alpha"]["seconds"] == [2.0, 3.0, 4.0, 5.0]
    assert content["curves"]["alpha"]["gaps"] == pytest.approx([0.3, 0.2, 0.1, 0.0])
    assert "gamma" not in content["curves"]
    assert content["summaries"]["key0000"] == "width 32 · depth 1 · heads 1"


def test_tells_versions_configuration_and_warnings(text) -> None:
    assert "objectives: [quality, latency, energy]" in text
    assert "little &lt;data&gt;" in text
    assert "0.1.0" in text
    assert "10.0 %" in text  # latencies are predicted 10 % too high
    assert "its profile is not installed here" in text


def test_without_the_space_options_are_those_seen(run) -> None:
    written = write_report(RunFolder(run), run / "out.html", Facts())
    assert '"title":"block 1"' in written.read_text(encoding="utf-8")


def broken_front(run, change) -> None:
    path = run / "front" / "beta.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


FAULTS = {
    "no run": (lambda run: (run / "config.yaml").unlink(), "not a run folder"),
    "unfinished": (lambda run: (run / "result.json").unlink(), "is not finished"),
    "result cut off": (lambda run: (run / "result.json").write_text('{"dev'), "result.json"),
    "result of another kind": (lambda run: (run / "result.json").write_text("[]"), "result.json"),
    "no front": (lambda run: (run / "front" / "beta.json").unlink(), "beta.json"),
    "front cut off": (lambda run: (run / "front" / "beta.json").write_text("{"), "is damaged"),
    "front of no schema": (lambda run: broken_front(run, lambda d: d.pop("schema")), "schema 1"),
    "front without members": (lambda run: broken_front(run, lambda d: d.pop("members")), "members"),
    "member without a value": (
        lambda run: broken_front(run, lambda d: d["members"][3]["values"].pop("lat")),
        "'lat' is missing",
    ),
    "member of words": (
        lambda run: broken_front(run, lambda d: d["members"].insert(0, "x")), "is damaged",
    ),
    "numbers that json lacks": (
        lambda run: broken_front(run, lambda d: d["members"][0].update(extra={"x": math.nan})),
        "NaN is no number of JSON",
    ),
    "no log": (lambda run: (run / "events.jsonl").unlink(), "events.jsonl"),
    "log damaged": (
        lambda run: (run / "events.jsonl").write_text("{]\n" + (run / "events.jsonl").read_text()),
        "damaged at line 1",
    ),
    "log of strange events": (
        lambda run: (run / "events.jsonl").write_text('{"event": "Odd"}\n{"a": 1}\n'),
        "events.jsonl",
    ),
    "no versions": (lambda run: (run / "env.json").unlink(), "env.json"),
    "versions cut off": (lambda run: (run / "env.json").write_text("{"), "env.json"),
    "configuration damaged": (lambda run: (run / "config.yaml").write_text("a: ["), "config.yaml"),
    "durations of words": (
        lambda run: (run / "result.json").write_text('{"devices": {}, "seconds": {"total": "x"}}'),
        "names no durations",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_damaged_runs_are_refused_in_one_sentence(run, cli, fault) -> None:
    damage, told = FAULTS[fault]
    damage(run)
    code, out, err = cli("report", run, "--out", run / "out.html")
    assert (code, out) == (2, "")
    assert told in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert not (run / "out.html").exists()


def test_command_writes_into_the_run_folder(run, cli) -> None:
    code, out, _ = cli("report", run, "--json")
    assert code == 0
    assert json.loads(out) == {"report": str(run / "report.html")}
    assert (run / "report.html").stat().st_size < 2e6


def test_command_opens_the_browser(run, cli, monkeypatch) -> None:
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    code, out, err = cli("report", run, "--open")
    assert code == 0
    assert opened == [(run / "report.html").as_uri()]
    assert str(run / "report.html") in out
    assert "open" in err  # none was found


@pytest.mark.parametrize(("out", "told"), [(".", "is a folder"), ("no/x.html", "does not exist")])
def test_bad_places_are_refused(run, cli, out, told) -> None:
    code, _, err = cli("report", run, "--out", run / out)
    assert code == 2
    assert told in err


def test_a_failed_write_leaves_the_old_page(run, facts, monkeypatch) -> None:
    monkeypatch.setattr(page_module, "plotly_library", lambda: "")
    path = write_report(RunFolder(run), run / "report.html", facts)
    before = path.read_text(encoding="utf-8")

    def full(_) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(MonasError, match="No space left"):
        write_report(RunFolder(run), path, facts)
    assert path.read_text(encoding="utf-8") == before
    assert [entry.name for entry in run.iterdir() if entry.name.startswith(".")] == []


def test_unfinished_runs_are_refused_from_python(run) -> None:
    (run / "result.json").unlink()
    with pytest.raises(UsageError, match="not finished"):
        write_report(RunFolder(run), run / "out.html")
