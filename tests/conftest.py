"""What all tests share."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings

pytest_plugins = ["monas_core.testing.pytest_plugin"]

# the networks of the tests are so small that a second thread mostly waits for the first
torch.set_num_threads(1)

# how long an example takes says more about the machine than about the code
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _same_randomness() -> None:
    """Every test starts from one global state, whatever ran before it."""
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _no_plugin_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own setting must not change what is tested."""
    monkeypatch.delenv("MONAS_PLUGINS", raising=False)


@pytest.fixture(autouse=True, scope="session")
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests cut into tokens is no business of the person's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MONAS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of published tables."""
    folder = os.environ.get("MONAS_DATA")
    if not folder:
        pytest.skip("MONAS_DATA does not name the folder of published tables")
    path = Path(folder)
    if not path.is_dir():
        pytest.skip(f"MONAS_DATA names {path}, which is no folder")
    return path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB, so that a disk can really be full."""
    place = tmp_path / "small disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"this process may mount no file system ({done.stderr.strip():.80})")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
