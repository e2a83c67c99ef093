"""File systems without locks, systems without fcntl, folders of someone else."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from monas_core.errors import UsageError
from monas_core.record.lock import locked

ABSENT = """
import sys
sys.modules["fcntl"] = sys.modules["resource"] = None  # any import of them now fails
import monas_core, monas_core.cli.main, monas_core.running.engine, monas_core.bench.store
from pathlib import Path
from monas_core.record.lock import locked
from monas_core.record.peak import peak_mb
from monas_core.running.memory import available_bytes
assert available_bytes() > 0 and peak_mb() == 0.0
with locked(Path(sys.argv[1]), "busy") as caution:
    print(caution)
"""

WITHOUT = """
import errno, fcntl, sys
def flock(*_):
    raise OSError(getattr(errno, sys.argv[2]), "no locks here")
fcntl.flock = flock
from pathlib import Path
from monas_core.record.lock import locked
for _ in range(2):  # the file of an earlier run must not count as a lock
    with locked(Path(sys.argv[1]), "busy") as caution:
        print(caution)
"""

HOLDING = """
import sys, time
from pathlib import Path
from monas_core.record import holder
holder.sign(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""
REFUSED = (
    WITHOUT.partition("for _")[0]
    + """
from monas_core.errors import UsageError
try:
    with locked(Path(sys.argv[1]), "busy") as caution:
        print(caution)
except UsageError as error:
    print(error)
"""
)


def done(script: str, *arguments: object) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_systems_without_fcntl_and_resource(tmp_path: Path) -> None:
    done(ABSENT, tmp_path)


@pytest.mark.parametrize("fault", ["ENOSYS", "ENOLCK", "EOPNOTSUPP", "EINVAL", "EIO"])
def test_file_systems_without_locks_are_told_and_used(tmp_path: Path, fault: str) -> None:
    told = done(WITHOUT, tmp_path, fault)
    assert told.count("has no locks") == 2


def test_without_locks_who_still_runs_keeps_a_folder(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", HOLDING, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    told = done(REFUSED, tmp_path, "ENOLCK")
    assert f"busy It is process {child.pid} on " in told
    child.kill()
    child.wait()
    assert "no locks" in done(REFUSED, tmp_path, "ENOLCK")  # its number is given out no more


def test_without_locks_a_process_elsewhere_is_named(tmp_path: Path) -> None:
    told = {"pid": 7, "host": "elsewhere", "began": "yesterday", "birth": ""}
    (tmp_path / ".holder").write_text(json.dumps(told))
    said = done(REFUSED, tmp_path, "ENOLCK")
    assert "Make sure that process 7 on elsewhere since yesterday has ended" in said
    (tmp_path / ".holder").write_text('{"pid": "7"}')
    assert "Make sure" not in done(REFUSED, tmp_path, "ENOLCK")


def test_a_real_lock_is_one_and_ends(tmp_path: Path) -> None:
    with locked(tmp_path, "busy") as caution:
        assert caution == ""
        with (
            pytest.raises(UsageError, match=rf"^busy It is process {os.getpid()} on .* since 2"),
            locked(tmp_path, "busy"),
        ):
            pass
    with locked(tmp_path, "busy"):
        pass


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs another user")
def test_a_folder_of_someone_else(tmp_path: Path) -> None:
    """As user 65534, who may look but not write."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    for path in (tmp_path, *tmp_path.parents[:-1]):
        path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o055)
    script = (
        "import os, sys; from pathlib import Path; from monas_core.record.lock import locked\n"
        "from monas_core.errors import UsageError\n"
        "import filelock\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try:\n    locked(Path(sys.argv[1]), 'busy').__enter__()\n"
        "except UsageError as error: print(error)\n"
    )
    assert "cannot be written: Permission denied" in done(script, folder)
