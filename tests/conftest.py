"""What all tests share."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import shutil
import socket
import subprocess
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import settings

pytest_plugins = ["monas_core.testing.pytest_plugin"]

# the networks of the tests are so small that a second thread mostly waits for the first,
# here and in every process a test starts
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")

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
def script() -> Callable[[Path], ModuleType]:
    """A function that loads a file of Python that is in no package."""

    def load(path: Path) -> ModuleType:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


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


@pytest.fixture(scope="session")
def browse(tmp_path_factory):
    """Load a page in a headless browser, run a script in it; the document and the messages."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium is installed")

    def load(page: Path, script: str = "", fragment: str = "") -> tuple[str, str]:
        """``script`` runs last; what it assigns to ``answer`` ends up in ``#answer``."""
        folder = tmp_path_factory.mktemp("browser")
        driver = (
            f"<script>(async () => {{ let answer = null; {script}\n"
            'const out = document.createElement("pre"); out.id = "answer";'
            "out.textContent = JSON.stringify(answer); document.body.append(out); })()</script>"
        )
        copy = folder / "page.html"
        text = page.read_text(encoding="utf-8")
        copy.write_text(text.replace("</body>\n</html>", f"{driver}</body>\n</html>"))
        done = subprocess.run(
            [
                found, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=3000",
                f"--user-data-dir={folder / 'profile'}", "--dump-dom",
                copy.as_uri() + fragment,
            ],
            capture_output=True, text=True, timeout=180, check=True,
        )  # fmt: skip
        return done.stdout, done.stderr

    return load


Work = Callable[[Any], Any]


def _carry_out(
    work: Callable[[Any], Any], number: int, count: int, port: int, answers: Any
) -> None:
    from monas_core.computing.joining import join
    from monas_core.computing.launch import Launch
    from monas_core.state import packed

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MASTER_ADDR", "127.0.0.1")
        patch.setenv("MASTER_PORT", str(port))
        try:
            answer = work(join(Launch(number, count, number), 60.0))
            answers.put((number, packed(answer), ""))
        except Exception:  # noqa: BLE001 - told to the test
            answers.put((number, None, traceback.format_exc()))


@pytest.fixture(scope="session")
def in_ranks() -> Callable[..., list[Any]]:
    """Several processes as a launcher would start them; what work returns in each, by rank."""

    from monas_core.state import unpacked

    def carry_out(work: Work, count: int = 2) -> list[Any]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        fork = multiprocessing.get_context("fork")
        answers = fork.Queue()
        processes = [
            fork.Process(target=_carry_out, args=(work, number, count, port, answers))
            for number in range(count)
        ]
        for process in processes:
            process.start()
        found: dict[int, Any] = {}
        for _ in processes:
            number, answer, fault = answers.get(timeout=300)
            assert not fault, fault
            found[number] = unpacked(answer)
        for process in processes:
            process.join(60)
        return [found[number] for number in range(count)]

    return carry_out
