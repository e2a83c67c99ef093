from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from monas_core.ui.blocks import bar, between, boxed, fit, sparkline
from monas_core.ui.canvas import Canvas
from monas_core.ui.highlights import balanced, highlights, staircase
from monas_core.ui.plot import Axis, Plot, tick_labels
from monas_core.ui.text import (
    amount,
    architecture,
    clock,
    count,
    fitting,
    gathered,
    number,
    plain_fact,
)
from monas_core.values.choices import active_choices
from monas_core.values.member import Member, ObjectiveView

finite = st.floats(-1e12, 1e12)


def test_dots_land_where_they_should():
    canvas = Canvas(2, 2)
    canvas.dot(0, 0, "")
    canvas.dot(3, 7, "")
    canvas.dot(99, -1, "")
    assert [line.plain for line in canvas.lines()] == [" ⠈", "⡀ "]


def test_a_line_connects_its_ends():
    canvas = Canvas(4, 1)
    canvas.line((0, 0), (7, 0), "red")
    assert canvas.lines()[0].plain == "⣀⣀⣀⣀"


@given(st.lists(finite, max_size=20), st.booleans())
def test_axes_contain_their_values(values, may_log):
    axis = Axis.around(values, may_log=may_log)
    assert all(-1e-9 <= axis.share(value) <= 1 + 1e-9 for value in values)


@given(st.lists(finite, min_size=1, max_size=8), st.integers(2, 9), st.booleans())
def test_ticks_are_few_lie_inside_and_have_distinct_labels(values, most, may_log):
    axis = Axis.around(values, may_log=may_log)
    ticks = axis.ticks(most)
    assert len(ticks) <= most + 1
    slack = 1e-9 * max(abs(axis.low), abs(axis.high))
    assert all(axis.low - slack <= tick <= axis.high + slack for tick in ticks)
    labels = tick_labels(ticks)
    if max(values) - min(values) > 1e-3 * max(abs(v) for v in values):
        assert len(set(labels)) == len(ticks)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, ["0", "2", "4", "6", "8", "10"]),
        (2.2, 3.8, ["2.5", "3.0", "3.5"]),
        (0.1, 0.9, ["0.2", "0.4", "0.6", "0.8"]),
    ],
)
def test_ticks_are_round(low, high, expected):
    ticks = Axis(low, high).ticks(6 if high == 10 else 4)
    assert tick_labels(ticks) == expected


def test_decades_get_a_logarithmic_axis():
    axis = Axis.around([0.01, 1.0, 100.0], may_log=True)
    assert axis.log
    assert axis.ticks(9) == [0.01, 0.1, 1.0, 10.0, 100.0]
    assert not Axis.around([1.0, 2.0], may_log=True).log
    assert not Axis.around([0.0, 200.0], may_log=True).log


@given(st.lists(st.tuples(finite, finite), max_size=10), st.integers(1, 90), st.integers(1, 30))
def test_plots_have_exactly_the_size_asked_for(points, width, height):
    plot = Plot(
        width,
        height,
        Axis.around(x for x, _ in points),
        Axis.around(y for _, y in points),
        "lat ms",
        "acc",
    )
    plot.curve(points, "red")
    lines = plot.lines()
    assert len(lines) == height if height > 2 else len(lines) <= 3
    assert {line.cell_len for line in lines} == {width}


@given(st.text(max_size=30), st.integers(0, 40), st.integers(0, 9))
def test_blocks_fit(text, width, height):
    block = fit([Text(text)] * 3, width, height)
    assert len(block) == height
    assert {line.cell_len for line in block} <= {width}


@given(st.text(max_size=60), st.integers(8, 60), st.integers(2, 9))
def test_frames_have_the_size_asked_for(title, width, height):
    block = boxed(title.replace("\n", " "), [Text("x" * 99)], width, height)
    assert len(block) == height
    assert {line.cell_len for line in block} == {width}


def test_between_keeps_the_right_end():
    assert between(Text("a long left side"), Text(" end"), 10).plain == "a lon… end"


@pytest.mark.parametrize(
    ("share", "drawn"), [(0, "────"), (0.5, "━━──"), (0.625, "━━╸─"), (2, "━━━━")]
)
def test_bars(share, drawn):
    assert bar(share, 4).plain == drawn


def test_sparklines_span_the_range():
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8).plain == "▁▂▃▄▅▆▇█"
    assert sparkline([1, 1], 4).plain.strip()
    assert sparkline([], 3).plain == "   "
    assert sparkline(range(1000), 10).cell_len == 10


ACC = ObjectiveView("acc", "bit/byte", "min")
GAIN = ObjectiveView("gain", "", "max")


def member(acc, gain):
    return Member("", {}, {"acc": acc, "gain": gain})


def test_highlights_name_the_extremes_once():
    members = [member(1, 1), member(2, 2.2), member(3, 3)]
    found = highlights(members, [ACC, GAIN])
    assert [(h.label, h.member.values["acc"]) for h in found] == [
        ("best acc", 1),
        ("best gain", 3),
        ("balanced", 2),
    ]
    assert len({h.sign for h in found}) == 3, "told apart where there are no colours"
    alone = highlights(members[:1], [ACC, GAIN])
    assert [h.label for h in alone] == ["best acc, gain, balanced"]
    assert highlights([Member("", {}, {})], [ACC]) == []
    assert balanced([], [ACC]) is None


def test_staircase_goes_round_the_dominated_corner():
    points = [(1.0, 5.0), (3.0, 1.0), (2.0, 3.0), (2.5, 4.0)]
    corners = staircase(points, x_min=True, y_min=True)
    assert corners == [(1, 5), (2, 5), (2, 3), (3, 3), (3, 1)]
    mirrored = staircase([(-x, y) for x, y in points], x_min=False, y_min=True)
    assert mirrored == [(-x, y) for x, y in corners]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (2.3104, "2.310"),
        (319.72, "319.7"),
        (12345.6, "12346"),
        (1.5e7, "1.50e7"),
        (2e-5, "2.00e-5"),
        (float("nan"), "–"),
        (None, "–"),
        (-0.5, "-0.5000"),
    ],
)
def test_numbers(value, shown):
    assert number(value) == shown


def test_durations_counts_and_amounts():
    assert [clock(s) for s in (0, 61, 3723, -1)] == ["0:00", "1:01", "1:02:03", "–:––"]
    assert [count(n) for n in (12, 1500, 999_999, 2_500_000, 3.7e21)] == [
        "12",
        "1.5k",
        "1M",
        "2.5M",
        "3.7e21",
    ]
    assert amount(3, 10, "steps") == "3/10 steps"
    assert amount(3.4, 60, "seconds") == "3/60 s"
    assert amount(0, 0, "steps") == "preparing"


def test_architectures_gather_numbered_choices():
    choices = {"embed_dim": 64, "n_head_0": 1, "n_head_1": 4, "layer3.mlp": 2, "bias": True}
    assert architecture(choices) == "embed_dim 64 · n_head 1 4 · mlp 2 · bias yes"
    assert architecture({f"k_{i}": 3 for i in range(9)}) == "k 9×3"
    assert architecture({"h_0": 1, "h_1": 4}, compact=True) == "h 1·4"


def test_inactive_choices_of_inactive_parents_are_left_out():
    conditions = {"b": ["a", [2]], "c": ["b", [1]]}
    assert active_choices({"a": 1, "b": 1, "c": 5}, conditions) == {"a": 1}
    assert active_choices({"a": 2, "b": 1, "c": 5}, conditions) == {"a": 2, "b": 1, "c": 5}


def test_facts_names_and_parts():
    assert plain_fact({"a": [1, True], "b": 0.5}) == "a 1, yes, b 0.5"
    assert plain_fact([]) == "none"
    assert gathered(["h_0", "h_1", "h_2", "bias"]) == "h_0…2, bias"
    assert gathered(["h_0", "h_2"]) == "h_0, h_2"
    assert fitting(["ab", "cd", "ef"], " ", 5) == "ab cd"
