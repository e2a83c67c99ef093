"""Logs whose beginning can be proven, and events believed only when they are events."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monas_core import events
from monas_core.errors import MonasError, UsageError
from monas_core.record.eventlog import event_from, event_in, read_events
from monas_core.record.logs import LineLog, Mark, read_lines


def written(path: Path, count: int = 5) -> tuple[LineLog, list[Mark]]:
    log = LineLog(path)
    marks = []
    for number in range(count):
        log.append({"n": number})
        marks.append(log.mark())
    return log, marks


def test_a_log_is_cut_back_to_any_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for kept in range(5):
        path.unlink(missing_ok=True)
        log, marks = written(path)
        assert marks[kept].missing_in(path) == ""
        log.cut(marks[kept])
        assert [line["n"] for line in read_lines(path)] == list(range(kept + 1))
        log.append({"n": "new"})
        assert log.mark().missing_in(path) == ""
        log.close()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda p: p.unlink(), "is missing"),
        (lambda p: p.write_bytes(b""), "holds 0 of 125 bytes"),
        (lambda p: p.write_bytes(p.read_bytes()[:20]), "holds 20 of 125 bytes"),
        (lambda p: p.write_bytes(b"\0" * 125), "was changed"),
        (lambda p: p.write_bytes(p.read_bytes().replace(b'"n":3', b'"n":4')), "was changed"),
    ],
    ids=["removed", "emptied", "halved", "zeroed", "one digit"],
)
def test_what_is_missing_is_said(tmp_path: Path, damage: Any, told: str) -> None:
    path = tmp_path / "a.jsonl"
    log, marks = written(path)
    log.close()
    damage(path)
    assert told in marks[-1].missing_in(path)
    assert Mark().missing_in(path) == ""


@pytest.mark.parametrize(("old", "new"), [(b'"n":3', b'"n":4'), (b"crc", b"crd")])
def test_a_changed_line_is_noticed_or_says_the_same(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = tmp_path / "a.jsonl"
    written(path)[0].close()
    path.write_bytes(path.read_bytes().replace(old, new))
    if old == b"crc":  # lines without a sum, as earlier versions wrote them
        assert [line["n"] for line in read_lines(path)] == list(range(5))
        return
    with pytest.raises(UsageError, match=r"damaged at line 4: it is not what was written"):
        list(read_lines(path))


def test_lines_of_another_run_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    log = LineLog(path, "this run")
    log.append({"n": 0})
    log.close()
    assert [line["n"] for line in read_lines(path, "this run")] == [0]
    with pytest.raises(UsageError, match="not what was written"):
        list(read_lines(path, "that run"))


@pytest.mark.parametrize(
    "document", [None, [], {}, {"bytes": -1}, {"bytes": 1.5}, {"bytes": True}, {"bytes": "9"}]
)
def test_a_mark_is_a_size(document: Any) -> None:
    with pytest.raises(UsageError, match="damaged"):
        Mark.from_json(document)


def test_cutting_never_lengthens(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    log, _ = written(path)
    log.cut(Mark(50_000_000_000))
    assert path.stat().st_size == 125


def test_a_log_removed_or_replaced_meanwhile_is_noticed(tmp_path: Path) -> None:
    for change in (Path.unlink, lambda p: p.write_text("x"), lambda p: os.truncate(p, 3)):
        path = tmp_path / "a.jsonl"
        log, _ = written(path)
        change(path)
        with pytest.raises(MonasError, match="removed or changed by someone else"):
            log.mark()
        log.close()
        path.unlink(missing_ok=True)


def test_a_log_that_nobody_writes_is_not_made(tmp_path: Path) -> None:
    log = LineLog(tmp_path / "a.jsonl")
    log.cut(Mark())
    assert log.mark() == Mark()
    assert not list(tmp_path.iterdir())


def test_a_log_removed_before_it_is_written_on_is_noticed(tmp_path: Path) -> None:
    log, marks = written(tmp_path / "a.jsonl")
    log.cut(marks[2])
    log.path.unlink()
    with pytest.raises(MonasError, match="removed or changed by someone else"):
        log.mark()
    log.close()


def test_a_backup_of_hard_links_keeps_its_content(tmp_path: Path) -> None:
    path, backup = tmp_path / "a.jsonl", tmp_path / "backup"
    log, marks = written(path)
    backup.hardlink_to(path)
    log.cut(marks[0])
    log.append({"n": "new"})
    log.close()
    assert len(backup.read_text().splitlines()) == 5


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "a.jsonl").symlink_to(tmp_path / "victim")
    with pytest.raises(MonasError):
        LineLog(tmp_path / "a.jsonl").append({})
    assert (tmp_path / "victim").read_text() == "precious"


def test_a_full_disk_ends_a_log_in_a_sentence(small_disk: Path) -> None:
    log = LineLog(small_disk / "a.jsonl")

    def fill() -> None:
        for _ in range(100):
            log.append({"text": "x" * 50_000})

    with pytest.raises(MonasError, match="No space left on device"):
        fill()
    log.close()
    assert all(len(line["text"]) == 50_000 for line in read_lines(small_disk / "a.jsonl"))


def test_a_line_cut_off_by_a_kill_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    written(path, 2)[0].close()
    path.write_bytes(path.read_bytes()[:-4])
    assert [line["n"] for line in read_lines(path)] == [0]


@pytest.mark.parametrize("line", ["{]", "[1]", "null", "NaN", '{"a": NaN}', "[" * 10**5, "\0\0"])
def test_another_damaged_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"a": 1}\n' + line + "\n")
    with pytest.raises(UsageError, match="damaged at line 2"):
        list(read_lines(path))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
MEMBER = {"key": "k", "architecture": {"choices": {}}, "values": {"a": 1}}
GOOD: list[dict[str, Any]] = [
    events.to_json(event)
    for event in (
        events.RunStarted(
            0.0, "r", "s", "o", "t", [{"name": "a", "unit": "", "direction": "min"}], ["d"], [],
            {"conditions": {"x": ["y", [1]]}},
        ),
        events.PhaseStarted(1.0, "search", 5, "steps"),
        events.StepFinished(1.5, "search", 1, 1, {"loss": 2.0}, {"steps/s": 1.0}),
        events.EvaluationAdded(2.0, "d", {"choices": {}}, "k", {"a": 1.0}, "search"),
        events.FrontChanged(2.0, "d", 0.5, [MEMBER], "final"),
        events.CheckpointSaved(3.0, "p"),
        events.Warned(3.0, "m"),
        events.RunFinished(4.0, "done", {"search": 2.0}),
    )
]  # fmt: skip


@pytest.mark.parametrize("document", GOOD, ids=lambda d: d["event"])
def test_events_come_back(document: dict[str, Any]) -> None:
    assert events.to_json(event_from(json.loads(json.dumps(document)))) == document


@given(st.sampled_from(GOOD), st.data())
def test_a_part_of_another_kind_is_no_event(document: dict[str, Any], data: st.DataObject) -> None:
    """Whatever a log holds, it is an event of which every part is of its kind, or it is refused."""
    from monas_core.ui.view import fold_all

    name = data.draw(st.sampled_from([*document, "unknown"]))
    changed = {**document, name: data.draw(plain)}
    found = event_in(json.dumps(changed).encode())
    if found is not None:
        fold_all([found])


def test_losses_that_json_has_no_word_for(tmp_path: Path) -> None:
    log = LineLog(tmp_path / "e.jsonl")
    log.append(events.to_json(events.StepFinished(0.0, "search", 1, 1, {"loss": float("nan")})))
    log.close()
    json.loads((tmp_path / "e.jsonl").read_text(), parse_constant=pytest.fail)
    (event,) = read_events(tmp_path / "e.jsonl")
    assert isinstance(event, events.StepFinished)
    assert event.losses["loss"] != event.losses["loss"]
