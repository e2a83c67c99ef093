"""A clock that leaves out what a process was stopped for, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from monas_core.record.workclock import WorkClock

STOPPED = """
import os, sys, time
from monas_core.record import workclock
workclock._LONGEST_S = 0.8
clock = workclock.WorkClock()
with clock.ticking():
    begin = clock()
    print("ready", flush=True)
    while clock() - begin < 1.0:
        time.sleep(0.01)
print(clock.stood)
"""


def fake(*looks: tuple[float, float]) -> WorkClock:
    times, used = zip(*looks, strict=True)
    return WorkClock(iter(times).__next__, iter(used).__next__)


def test_a_process_that_stood_still_spent_nothing() -> None:
    clock = fake((0, 0), (1, 1), (61, 1.1), (62, 2.0))
    clock._ticking = True
    assert [clock() for _ in range(4)] == [0, 1, 1.5, 2.5]
    assert clock.stood == 59.5


def test_a_long_computation_counts() -> None:
    clock = fake((0, 0), (60, 58))
    clock._ticking = True
    assert [clock(), clock()] == [0, 60]


def test_without_ticks_nothing_is_left_out() -> None:
    clock = fake((0, 0), (60, 0))
    assert [clock(), clock()] == [0, 60]


def test_a_stopped_process() -> None:
    """SIGSTOP for 1.5 s while it counts to one second of work: it still counts to one."""
    child = subprocess.Popen([sys.executable, "-c", STOPPED], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(0.2)
    os.kill(child.pid, signal.SIGSTOP)
    time.sleep(1.5)
    os.kill(child.pid, signal.SIGCONT)
    told, _ = child.communicate(timeout=60)
    assert float(told) > 0.8
