"""Wheels built and installed beside the environment, never into it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).resolve().parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


@attrs.frozen
class Shell:
    """Runs Python far from the checkout, with some folders in front of the environment's."""

    cwd: Path
    folders: tuple[Path, ...] = ()
    options: tuple[str, ...] = ("-P",)

    def python(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run and check the exit code."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("MONAS", "PY"))}
        environment.setdefault("OMP_NUM_THREADS", "1")  # a second thread mostly waits here
        environment["PYTHONPATH"] = os.pathsep.join(map(str, self.folders))
        done = subprocess.run(
            [sys.executable, *self.options, *arguments],
            cwd=self.cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def monas(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the command line."""
        return self.python("-m", "monas_core.cli.main", *arguments, code=code)


def build(source: Path, wheels: Path) -> Path:
    """The one wheel of a source tree, built without a network."""
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", str(wheels)]
    subprocess.run([*PIP, "wheel", *options, str(source)], check=True, cwd=wheels.parent)
    (wheel,) = wheels.glob("*.whl")
    return wheel


def install(wheel: Path, target: Path) -> Path:
    """Unpack a wheel as pip does, into a folder of its own."""
    options = ["--no-deps", "--no-index", "--target", str(target)]
    subprocess.run([*PIP, "install", *options, str(wheel)], check=True, cwd=wheel.parent)
    return target


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """monas itself, as it would be published."""
    return build(ROOT, tmp_path_factory.mktemp("monas") / "wheels")


@pytest.fixture(scope="session")
def outside(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell with the wheel and its dependencies, but neither checkout nor ``.pth`` files."""
    target = install(wheel, tmp_path_factory.mktemp("installed") / "monas")
    dependencies = Path(sysconfig.get_path("purelib"))
    return Shell(tmp_path_factory.mktemp("elsewhere"), (target, dependencies), ("-P", "-S"))


def stranger(name: str, folders: pytest.TempPathFactory) -> Shell:
    """A shell with a stranger's plugin, built from a copy: the checkout stays clean."""
    folder = folders.mktemp(name)
    copy = shutil.copytree(Path(__file__).parent / f"{name}_plugin", folder / "source")
    wheel = build(copy, folder / "wheels")
    return Shell(folders.mktemp("elsewhere"), (install(wheel, folder / "installed"),))


@pytest.fixture(scope="session")
def toy_shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell with a plugin of every kind installed."""
    return stranger("toy", tmp_path_factory)


@pytest.fixture(scope="session")
def plain_shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell with a space that is choices and build installed."""
    return stranger("plain", tmp_path_factory)


@pytest.fixture(scope="session")
def kinds_shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell with a plugin of every kind but a space installed."""
    return stranger("kinds", tmp_path_factory)


@pytest.fixture(scope="session")
def shell_at() -> Callable[..., Shell]:
    """A function that gives a shell in a folder, with further folders to import from."""
    return Shell


@pytest.fixture(scope="session")
def installed() -> Callable[[Path, Path], Path]:
    """A function that builds a source tree and unpacks its wheel in a folder beside others."""

    def make(source: Path, folder: Path) -> Path:
        return install(build(source, folder / "wheels"), folder / "installed")

    return make


@pytest.fixture
def shell_with(tmp_path: Path) -> Callable[..., Shell]:
    """A function that writes plugins by hand: ``shell_with(name=module_text, ...)``."""

    def make(**modules: str) -> Shell:
        site = tmp_path / "site"
        for name, text in modules.items():
            record = site / f"monas_{name}-0.9.dist-info"
            record.mkdir(parents=True)
            (site / f"stranger_{name}.py").write_text(text)
            (record / "METADATA").write_text(
                f"Metadata-Version: 2.1\nName: monas-{name}\nVersion: 0.9\n"
            )
            (record / "entry_points.txt").write_text(f"[monas]\n{name} = stranger_{name}\n")
        return Shell(tmp_path, (site,))

    return make
