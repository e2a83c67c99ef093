from __future__ import annotations

import json

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monas_core import events
from monas_core.ui.parts import CLOUD_POINTS
from monas_core.ui.series import Series
from monas_core.ui.view import ViewState, fold, fold_all


def through_log(log):
    return [events.from_json(json.loads(json.dumps(events.to_json(event)))) for event in log]


def test_replay_of_the_log_equals_the_live_state(log):
    live, replayed = ViewState(), ViewState()
    for event, line in zip(log, through_log(log), strict=True):
        live, replayed = fold(live, event), fold(replayed, line)
        assert live == replayed
    assert live.status == "done"


names = st.sampled_from(["a", "b", "warm-up", "search", "finish"])
numbers = st.floats(-1e9, 1e9)
maps = st.dictionaries(names, numbers, max_size=3)
times = st.floats(0, 1e6)
some_events = st.one_of(
    st.builds(
        events.RunStarted,
        times,
        names,
        names,
        names,
        names,
        st.just([{"name": "a", "unit": "ms", "direction": "min"}]),
        st.lists(names, max_size=3).map(tuple),
        st.lists(names, max_size=2),
        st.dictionaries(names, st.one_of(st.integers(), st.tuples(names, names))),
        st.booleans(),
    ),
    st.builds(events.PhaseStarted, times, names, st.floats(0, 100), names, maps),
    st.builds(
        events.StepFinished,
        times,
        names,
        st.floats(0, 100),
        st.integers(0, 99),
        maps,
        maps,
        names,
        st.floats(0, 1e5),
    ),
    st.builds(events.EvaluationAdded, times, names, st.just({"choices": {}}), names, maps, names),
    st.builds(
        events.FrontChanged,
        times,
        names,
        st.floats(0, 1),
        st.lists(st.fixed_dictionaries({"key": names, "values": maps}), max_size=4),
        names,
    ),
    st.builds(events.CheckpointSaved, times, names),
    st.builds(events.Warned, times, names),
    st.builds(events.RunFinished, times, st.sampled_from(["done", "failed", "interrupted"]), maps),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(some_events, max_size=30))
def test_any_events_in_any_order_fold_alike_live_and_replayed(drawn):
    assert fold_all(drawn) == fold_all(through_log(drawn))


def test_fold_leaves_the_state_it_was_given_alone(log):
    state = fold_all(log[: len(log) // 2])
    before = attrs.asdict(state)
    fold_all(log[len(log) // 2 :], state)
    assert attrs.asdict(state) == before


def test_a_resumed_run_goes_on_where_it_was(log):
    cut = next(i for i, e in enumerate(log) if isinstance(e, events.PhaseStarted)) + 50
    start = log[0]
    stopped = [*log[:cut], events.RunFinished(log[cut].time, "interrupted", {}, "stopped")]
    state = fold_all(stopped)
    assert state.over
    warm = events.PhaseStarted(log[cut].time, "warm-up", 200, "steps")
    state = fold_all([attrs.evolve(start, resumed=True), warm], state)
    assert state.status == "running"
    assert state.message == ""
    assert [phase.name for phase in state.phases] == ["warm-up"]
    assert state.phase is not None
    assert state.phase.done > 0, "progress does not fall back to nothing"


def test_memory_of_the_state_is_bounded():
    state = ViewState()
    for i in range(5000):
        state = fold(state, events.EvaluationAdded(i, "d", {}, str(i), {"a": i}, "search"))
        state = fold(state, events.StepFinished(i, "p", i, i, {"l": i}))
        state = fold(state, events.Warned(i, f"warning {i}"))
    cloud = state.clouds["search/d"]
    assert cloud.seen == 5000
    assert CLOUD_POINTS / 4 < len(cloud.points) < CLOUD_POINTS
    assert len(state.warnings) == 50
    assert state.n_warnings == 5000


def test_hypervolume_is_noted_once_per_round_of_fronts():
    devices = ["a", "b"]
    state = fold(ViewState(), events.RunStarted(0, "r", "s", "o", "t", [], devices, [], {}))
    state = fold(state, events.PhaseStarted(0, "search", 10, "steps"))
    for step in (1, 2, 3):
        for device in devices:
            state = fold(state, events.FrontChanged(step, device, step / 10, [], "search"))
        state = fold(state, events.StepFinished(step, "search", step, step))
    assert state.hypervolume.shown == pytest.approx((0.1, 0.2, 0.3))
    assert state.hypervolume_times.shown == (1, 2, 3)


def test_members_that_were_overtaken_stay_as_dots_where_evaluations_are_not_told():
    old, kept, new = ({"key": key, "values": {"a": i}} for i, key in enumerate("okn"))
    fronts = [
        events.FrontChanged(1, "d", 0.1, [old, kept], "search"),
        events.FrontChanged(2, "d", 0.2, [kept, new], "search"),
    ]
    assert fold_all(fronts).clouds["search/d"].points == ({"a": 0},)
    told = events.EvaluationAdded(0, "e", {}, "k", {"a": 7}, "search")
    assert set(fold_all([told, *fronts]).clouds) == {"search/e"}


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=2000))
def test_series_spans_its_whole_history_in_bounded_space(values):
    series = Series()
    for value in values:
        series = series.add(value)
    assert len(series.shown) <= Series.LIMIT
    assert min(values) - 1e-6 <= min(series.shown)
    assert max(series.shown) <= max(values) + 1e-6
    if len(values) < Series.LIMIT:
        assert series.shown == tuple(values)
        assert series.latest == values[-1]


def test_series_leaves_out_what_is_not_finite():
    assert Series().add(float("nan")).add(1.0).add(float("inf")).shown == (1.0,)
