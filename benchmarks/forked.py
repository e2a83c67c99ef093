"""A piece of work in a forked child: cheap, since everything is imported already, and contained.

Where it ends by an exception, kills itself or never ends, the parent only hears of it.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import attrs

ESCAPED = 70
"""Exit status of a child whose work raised something that nobody caught."""


@attrs.frozen
class End:
    """How a child ended.

    Attributes:
        code: Exit status, or minus the signal that ended it.
        out, err: What it wrote.
        seconds: Of its processor time.
        megabytes: Largest resident memory.
    """

    code: int
    out: str
    err: str
    seconds: float
    megabytes: float

    @property
    def hung(self) -> bool:
        """Whether it was ended for taking too long."""
        return self.code in (-signal.SIGXCPU, -signal.SIGALRM, -signal.SIGKILL)


def start(work: Callable[[], object], scratch: Path, cpu_s: int = 120, wall_s: int = 600) -> int:
    """Begin it in a child; the process id. Its output goes to two files in ``scratch``."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    code = ESCAPED
    try:
        for number, name in ((1, "out"), (2, "err")):
            handle = os.open(scratch / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(handle, number)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", closefd=False)
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGHUP):
            signal.signal(name, signal.SIG_DFL)
        used = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (used + cpu_s, hard))
        signal.alarm(wall_s)
        work()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - whatever it is, the parent is to hear of it
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
            (scratch / "modules").write_text("\n".join(sys.modules))
        os._exit(code)


def learn(scratch: Path) -> None:
    """Import what the last child in ``scratch`` that ended by itself had imported.

    Later children then need not; more than that, gradients for one, no parent may compute.
    """
    for name in _said(scratch / "modules").splitlines():
        if name not in sys.modules and name.partition(".")[0] not in ("__main__", "__mp_main__"):
            with contextlib.suppress(BaseException):
                importlib.import_module(name)


def wait(child: int, scratch: Path) -> End:
    """How a child that was begun in ``scratch`` ended."""
    _, status, used = os.wait4(child, 0)
    out, err = (_said(scratch / name) for name in ("out", "err"))
    seconds = used.ru_utime + used.ru_stime
    return End(os.waitstatus_to_exitcode(status), out, err, seconds, used.ru_maxrss / 1024)


def _said(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def run(work: Callable[[], object], scratch: Path, cpu_s: int = 120, wall_s: int = 600) -> End:
    """Carry it out in a child."""
    return wait(start(work, scratch, cpu_s, wall_s), scratch)


def killed_after(work: Callable[[], object], scratch: Path, seconds: float) -> End:
    """Carry it out in a child that gets SIGKILL after some seconds, if it is still there."""
    child = start(work, scratch)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            break
        time.sleep(0.002)
    else:
        os.kill(child, signal.SIGKILL)
    return wait(child, scratch)
