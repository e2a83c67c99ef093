"""Following and replaying a run from its log."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sys
import threading
import time

import pexpect
import pyte
import pytest

from monas_core import events
from monas_core.cli.watch import _tell_silence, tail
from monas_core.running.signals import graceful
from monas_core.ui.view import ViewState, fold, fold_all

MONAS = [sys.executable, "-m", "monas_core.cli.main"]


def drain(stream) -> list[events.Event]:
    found = []
    for event in stream:
        if event is None:
            return found
        found.append(event)
    return found


def test_a_finished_run_is_told_to_its_end(cli, logged_run):
    outcome = cli("watch", logged_run)
    assert outcome.code == 0
    assert "run done" in outcome.out
    assert f"monas run --resume {logged_run}" in outcome.out, "there is no result file"


def test_replay_tells_the_same(cli, logged_run):
    outcome = cli("watch", "--replay", "--speed", "100000")
    assert "search ends: 60/60 steps" in outcome.out
    assert "run done" in outcome.out


def test_following_gives_the_live_state(nowhere, log):
    path = nowhere / "events.jsonl"
    live, followed = ViewState(), ViewState()
    stream = tail(path)
    assert drain(stream) == []
    with path.open("a") as file:
        for start in range(0, len(log), 500):
            for event in log[start : start + 500]:
                live = fold(live, event)
                file.write(json.dumps(events.to_json(event)) + "\n")
            file.write('{"event": "Warn')  # half a line, as a reader may find it
            file.flush()
            followed = fold_all(drain(stream), followed)
            assert followed == live
            file.truncate(file.tell() - 15)


def test_a_log_cut_back_by_a_resumed_run_is_followed_on(nowhere, log):
    path = nowhere / "events.jsonl"
    lines = [json.dumps(events.to_json(event)) + "\n" for event in log[:40]]
    path.write_text("".join(lines))
    stream = tail(path)
    assert len(drain(stream)) == 40
    path.write_text("".join(lines[:30]))
    assert drain(stream) == []
    with path.open("a") as file:
        file.write(lines[35])
    assert drain(stream) == [events.from_json(json.loads(lines[35]))]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 45)])
def test_the_screen_in_a_terminal(logged_run, width, height):
    """The real thing: escape sequences interpreted by a terminal emulator."""
    environment = {**os.environ, "TERM": "xterm-256color"}
    child = pexpect.spawn(
        MONAS[0], [*MONAS[1:], "watch", str(logged_run), "--replay", "--speed", "40"],
        dimensions=(height, width), env=environment, encoding="utf-8", timeout=60,
    )  # fmt: skip
    terminal = pyte.Screen(width, height)
    stream = pyte.Stream(terminal)
    shots: list[list[str]] = []
    while True:
        try:
            text, given_back, _ = child.read_nonblocking(65536, timeout=30).partition("\x1b[?1049l")
        except pexpect.EOF:
            break
        if not given_back and (not shots or shots[-1]):
            stream.feed(text)
            shots.append(list(terminal.display))
            if "end of the replay" in "\n".join(shots[-1]):
                child.send("q")
        else:  # the emulator knows no second screen: what follows belongs to the first
            shots.append([])
    child.close()
    assert child.exitstatus == 0
    wanted = ("monas", "gpt tiny", "warm-up", "search", "best acc", "on the front", "╰")
    # what is read at once may end in the middle of a frame, and a busy machine draws few
    missing = [[word for word in wanted if word not in "\n".join(shot)] for shot in shots if shot]
    assert [] in missing, missing[-1:]
    whole = [shot for shot in shots if all(word in "\n".join(shot) for word in wanted)]
    heads = "\n".join(whole[-1][:2])
    assert "monas" in heads, "the first lines are there: nothing scrolled away"


def opened(run, *words, width=80, height=24, **environment) -> pexpect.spawn:
    """``monas watch`` in a terminal of its own."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
    return pexpect.spawn(
        MONAS[0], [*MONAS[1:], "watch", str(run), *words],
        dimensions=(height, width), env={**inherited, "TERM": "xterm-256color", **environment},
        encoding="utf-8", codec_errors="replace", timeout=60,
    )  # fmt: skip


def rest_of(child: pexpect.spawn) -> str:
    """What it writes until its end, in good order."""
    child.expect(pexpect.EOF)
    echoing = child.getecho()
    child.close()
    assert child.exitstatus == 0
    assert echoing, "the terminal is as it was"
    return str(child.before)


def test_keys_are_read_and_leave_nothing_behind(logged_run):
    """No typed letter tears the screen; arrows choose the device; q leaves; echo comes back."""
    child = opened(logged_run, "--replay", "--speed", "1")
    child.expect("keys and words")
    assert not child.getecho()
    child.send("zw\x1b[C 3")
    child.expect("space goes on")
    child.send("?")
    child.expect("another device")
    child.send("qq")
    assert "zw" not in rest_of(child)


def type_at_random(run, seconds: float, width: int, height: int, **environment) -> None:
    """Press keys as a cat would, and find every frame whole."""
    rng = random.Random(width)
    child = opened(run, "--replay", "--speed", "30", width=width, height=height, **environment)
    terminal = pyte.Screen(width, height)
    stream = pyte.Stream(terminal)
    child.expect("warm-up")
    keys = [
        *"hijklmxyz?0123456789 ,.+-/\t\n",
        "\x1b[C",
        "\x1b[A",
        "\x1b[H",
        "\x1b",
        "\x1b[15~",
        "é",
    ]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        child.send(rng.choice(keys))
        with contextlib.suppress(pexpect.TIMEOUT):
            stream.feed(child.read_nonblocking(65536, timeout=0.1))
    child.send(" ")
    time.sleep(0.6)
    frames, last = "", time.monotonic() + 5
    with contextlib.suppress(pexpect.TIMEOUT):  # until it draws nothing more: frames are whole
        while time.monotonic() < last:
            frames += child.read_nonblocking(65536, timeout=0.5)
    stream.feed(frames)
    child.send("\x1b")
    time.sleep(0.5)
    child.send("qq")
    rest = rest_of(child)
    assert "\x1b[?1049l" in rest
    assert "Traceback" not in rest
    assert "screen: " not in frames
    if environment.get("NO_COLOR"):
        assert "38;5;" not in frames
    assert "monas" in terminal.display[0], terminal.display
    assert len(terminal.display[-1].strip()) > 10, "\n".join(terminal.display)


def test_keys_pressed_at_random_tear_nothing(logged_run):
    type_at_random(logged_run, 1.5, 100, 30, NO_COLOR="1")


@pytest.mark.slow
@pytest.mark.parametrize("width", [80, 100, 120, 160, 220])
def test_keys_pressed_at_random_for_long(logged_run, width):
    type_at_random(logged_run, 30.0, width, 24 if width < 100 else 50)


def test_a_terminal_is_given_back_when_the_process_is_ended(logged_run):
    child = opened(logged_run, "--replay", "--speed", "1")
    child.expect("keys and words")
    child.kill(signal.SIGTERM)
    assert "\x1b[?1049l" in rest_of(child)


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"PYTHONIOENCODING": "cp1252"}], ids=str)
def test_a_terminal_that_cannot_draw_gets_lines(logged_run, environment):
    child = opened(logged_run, "--replay", "--speed", "1e6", **environment)
    shown = rest_of(child)
    assert "warm-up ends: 200/200 steps" in shown
    assert "run done" in shown
    assert "\x1b[?1049h" not in shown


def test_a_device_of_another_run_is_refused(cli, logged_run):
    outcome = cli("watch", logged_run, "--device", "rpi")
    assert outcome.code == 2
    assert 'The run has no device "rpi".' in outcome.err
    assert "h100-sxm" in outcome.err


def test_a_silent_run_is_pointed_out(nowhere):
    class Screen:
        notice = ""
        ago = 0.0

        def heard_ago(self, seconds):
            self.ago = seconds

    screen = Screen()
    _tell_silence(nowhere, 5.0, screen)
    assert (screen.notice, screen.ago) == ("", 5.0)
    _tell_silence(nowhere, 130.0, screen)
    assert screen.notice.startswith("no news for 2:10")
    _tell_silence(nowhere, 130.0, object())


class Control:
    stopping = False

    def stop(self) -> None:
        self.stopping = True


def test_the_first_signal_asks_the_second_ends(capfd):
    control = Control()
    before = signal.getsignal(signal.SIGINT)
    with graceful(control, screen=None):
        os.kill(os.getpid(), signal.SIGTERM)
        assert control.stopping
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    assert "stopping after this step" in capfd.readouterr().err


def test_signals_are_left_alone_outside_the_main_thread():
    done = []

    def work():
        with graceful(Control(), screen=None):
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done
