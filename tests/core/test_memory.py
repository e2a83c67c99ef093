"""How much memory there is, read from files that differ between machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from monas_core.running.memory import available_bytes

FREE = "MemTotal: 9000 kB\nMemAvailable: 4000 kB\n"
STAT = "anon 5\ninactive_file 1024\nactive_file 7\n"


def machine(root: Path, free: str, stat: str, limit: str = "2048000") -> Path:
    (root / "proc").mkdir()
    (root / "proc/meminfo").write_text(free)
    group = root / "sys/fs/cgroup"
    group.mkdir(parents=True)
    for name, text in {"max": limit, "current": "1024000", "stat": stat}.items():
        (group / f"memory.{name}").write_text(text)
    return root


@pytest.mark.parametrize(
    ("free", "stat", "limit", "expected"),
    [
        (FREE, STAT, "2048000", 1024000 + 1024),
        (FREE, "anon 5\n", "2048000", 1024000),
        (FREE, "", "2048000", 1024000),
        (FREE, "inactive_file \n", "2048000", 4000 * 1024),
        (FREE, STAT, "max", 4000 * 1024),
        ("MemTotal: 9000 kB\n", STAT, "2048000", 1024000 + 1024),
        ("MemAvailable:\n", STAT, "2048000", 1024000 + 1024),
    ],
    ids=["all", "no file cache", "empty", "cut off", "no limit", "no free memory", "cut short"],
)
def test_the_least_of_what_is_known(
    tmp_path: Path, free: str, stat: str, limit: str, expected: int
) -> None:
    assert available_bytes(machine(tmp_path, free, stat, limit)) == expected


def test_nothing_is_known_elsewhere(tmp_path: Path) -> None:
    assert available_bytes(tmp_path) >= 2**40
