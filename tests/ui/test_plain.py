from __future__ import annotations

import io

from monas_core import events
from monas_core.ui.plain import PlainLines


def lines_of(log, seconds_per_event=0.05):
    now = [0.0]
    stream = io.StringIO()
    screen = PlainLines(stream, timer=lambda: now[0])
    for event in log:
        screen(event)
        now[0] += seconds_per_event
    return stream.getvalue().splitlines()


def test_a_run_reads_as_a_log(log):
    lines = lines_of(log)
    shown = "\n".join(lines)
    for wanted in (
        "run starts: gpt on pystdlib with modnas",
        "objectives: acc: quality, bits/byte (less is better); lat: latency, ms (less is better)",
        "One network contains all 3,690,987,520: training it for about 50 s, then searching for",
        "devices: host, pixel-6",
        "held out: iphone-13, rtx-4090",
        "warm-up starts: 200 steps",
        "warm-up ends: 200/200 steps in 0:50",
        "search starts: 60 steps",
        "warning: energy of host is modelled",
        "hypervolume 0.",
        "tokens/s",
        "% of the run",
        "run done",
    ):
        assert wanted in shown, wanted
    assert all(line.startswith("[") and "\x1b" not in line for line in lines)


def test_progress_is_rate_limited(log):
    steps = [e for e in log if isinstance(e, events.StepFinished)]
    progress = [line for line in lines_of([*log[:2], *steps[:200]]) if "% of the run" in line]
    assert 2 <= len(progress) <= 200 * 0.05 / 3 + 2


def test_a_warning_is_told_once_and_on_one_line():
    warning = events.Warned(1, "first\nsecond \x1b[31m")
    lines = lines_of([warning] * 20)
    assert lines == ["[0:01] warning: first second  [31m"]


def test_a_phase_whose_length_comes_later_is_announced_once():
    lines = lines_of(
        [
            events.PhaseStarted(1, "finish", 0, "architectures"),
            events.PhaseStarted(2, "finish", 12, "architectures"),
        ]
    )
    assert lines == ["[0:01] finish starts", "[0:02] finish: 12 architectures"]


def test_an_interrupted_run_says_how_to_go_on():
    message = "stopped during search; go on with: monas run --resume runs/x"
    lines = lines_of([events.RunFinished(3, "interrupted", {}, message)])
    assert lines == [f"[0:03] run interrupted: {message}"]
