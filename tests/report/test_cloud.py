"""What lies behind the front: points of the search, moved; a network on all devices."""

from __future__ import annotations

import json

import pytest

from monas_core.record.rundir import RunFolder
from monas_core.report import outcome, sections
from monas_core.report.cloud import across, clouds, shifts
from monas_core.report.content import objectives
from monas_core.report.records import read_record


@pytest.fixture
def record(run):
    return read_record(RunFolder(run))


def test_points_of_the_search_are_moved_onto_unseen_data(record):
    moved = shifts(record, objectives(record))
    assert moved == {"acc": pytest.approx(0.25)}  # the others are no measured values
    found = clouds(record, moved)
    assert set(found) == {"alpha", "beta"}
    front = record.fronts["alpha"]
    assert sorted(found["alpha"]["acc"]) == pytest.approx(
        sorted(member.values["acc"] for member in front.members)
    )
    assert "+0.25" in outcome.shift(record)


def test_a_network_is_known_where_it_is_on_a_front_or_in_the_archive(run, record):
    known = across(record)["key0003"]
    assert set(known) == {"alpha", "beta", "gamma"}
    path = run / "front" / "gamma.json"
    document = json.loads(path.read_text())
    gone = next(m for m in document["members"] if m["key"] == "key0003")
    document["members"].remove(gone)
    path.write_text(json.dumps(document))
    line = {"objective": "latency", "device": "gamma", "split": "final", "value": 7.5,
            "architecture": gone["architecture"]}  # fmt: skip
    (run / "archive.jsonl").write_text(json.dumps(line) + "\n")
    assert across(read_record(RunFolder(run)))["key0003"]["gamma"] == {"lat": 7.5}


def test_a_share_above_one_is_explained_and_only_then(run, record):
    assert sections.beyond_the_box(record) == ""
    path = run / "front" / "beta.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"hypervolume": 1.22}))
    assert "above 1" in sections.beyond_the_box(read_record(RunFolder(run)))


def test_when_a_front_last_became_better_is_told(record):
    assert "5.0 s" in outcome.improved(record)
    assert "at its last look" in outcome.improved(record)


def test_devices_that_were_not_measured_are_not_called_so(record):
    shown = sections.accuracy_table(record)
    assert "measured" in shown
    assert "modelled" in shown
