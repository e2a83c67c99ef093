"""Rehearses a release: builds wheel and sdist, looks into them, and uses the wheel as strangers do.

python docs/release.py             # a fresh environment, dependencies from the package index
python docs/release.py --borrow    # a fresh environment that borrows this one's dependencies

Nothing is uploaded and the checkout stays as it is. Needs the packages build and twine.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOREIGN = ("tests/", "benchmarks/", "docs/", "runs/", ".github/")
"""Folders that have no place in what is published."""
DATA = (".csv", ".parquet", ".npz", ".npy", ".pt", ".pt2", ".pkl", ".safetensors", ".gz", ".zip")
LARGEST_MB = 10
RUN = (
    "run", "--space", "gpt", "--preset", "tiny", "--objectives", "params,lat", "--devices", "t4",
    "--held-out", "", "--optimizer", "random", "--budget", "2steps", "--preferences", "3",
    "--out-dir", "rehearsal", "--plain", "warm_up.steps=2", "warm_up.batch_size=2",
)  # fmt: skip
"""The smallest run there is."""


class Fault(Exception):  # noqa: N818 - a word for a person
    """What stands in the way of a release, in one sentence."""


def told(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Standard output of a command. Raises Fault, with the end of what it said, where it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-1500:]
        raise Fault(f"{' '.join(words[:6])} ... ended with {done.returncode}:\n{said}")
    return done.stdout


def settings(root: Path) -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def versions(root: Path) -> str:
    """The version of pyproject.toml, which CITATION.cff has too. Raises Fault."""
    version = settings(root)["project"]["version"]
    cited = re.search(r"^version: (\S+)$", (root / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    if cited is None or cited[1] != version:
        other = cited[1] if cited else "nothing"
        raise Fault(f"pyproject.toml says {version}, CITATION.cff {other}.")
    return version


def build(root: Path, folder: Path) -> tuple[Path, Path]:
    """Wheel and sdist; the wheel is made from the sdist, so that nothing is forgotten in it."""
    told(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, root, cwd=folder)
    found = [*folder.glob("*.whl"), *folder.glob("*.tar.gz")]
    if [path.suffix for path in found] != [".whl", ".gz"]:
        raise Fault(f"built {', '.join(path.name for path in found)}; wanted one wheel, one sdist.")
    told(sys.executable, "-m", "twine", "check", "--strict", *found, cwd=folder)
    return found[0], found[1]


def contents(archive: Path) -> list[str]:
    """Names of files, of an sdist below its one folder."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as opened:
            return opened.namelist()
    with tarfile.open(archive) as opened:
        names = [member.name for member in opened.getmembers() if member.isfile()]
    return [name.partition("/")[2] for name in names]


def check_contents(archive: Path, packages: Iterable[str]) -> None:
    """Raise Fault for what does not belong in a wheel or sdist, or is missing."""
    names = contents(archive)
    foreign = [name for name in names if name.startswith(FOREIGN) or name.endswith(DATA)]
    if foreign:
        raise Fault(f"{archive.name} holds {foreign[0]} ({len(foreign)} such); leave it out.")
    for package in packages:
        inside = package if archive.suffix != ".whl" else package.rpartition("/")[2]
        if f"{inside}/__init__.py" not in names:
            raise Fault(f"{archive.name} lacks the package {package}.")
    wanted = ["METADATA", "LICENSE"] if archive.suffix == ".whl" else ["README.md", "LICENSE"]
    for ending in wanted:
        if not any(name.endswith(ending) for name in names):
            raise Fault(f"{archive.name} lacks {ending}.")
    size = archive.stat().st_size / 1e6
    if size > LARGEST_MB:
        raise Fault(f"{archive.name} has {size:.1f} MB; more than {LARGEST_MB} needs a reason.")


def environment(folder: Path, wheel: Path, *, borrow: bool) -> Path:
    """Commands of a fresh environment with the wheel in it."""
    venv.create(folder, with_pip=True, symlinks=True)
    commands = folder / ("Scripts" if os.name == "nt" else "bin")
    python = commands / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if borrow:
        told(*install, "--no-deps", "--no-index", wheel, cwd=folder)
        asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
        place = told(python, "-c", asked, cwd=folder).strip()
        # after the environment's own folder, so that the wheel goes before the checkout
        (Path(place) / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    else:
        told(*install, "-c", ROOT / "constraints.txt", wheel, cwd=folder)
    return commands


def use(commands: Path, folder: Path, version: str) -> None:
    """Do what a person does first, far from the checkout. Raises Fault."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MONAS", "PYTHON", "VIRTUAL"))}
    monas = commands / "monas"
    asked = "import monas_core; print(monas_core.__file__)"
    where = told(commands / "python", "-c", asked, cwd=folder, env=env)
    if not Path(where.strip()).is_relative_to(commands.parent.resolve()):
        raise Fault(f"the environment imports {where.strip()}, which is not the wheel's.")
    if (said := told(monas, "--version", cwd=folder, env=env).strip()) != f"monas {version}":
        raise Fault(f"monas --version says {said!r}, not 'monas {version}'.")
    for words in (("doctor",), ("plugins",), RUN, ("pick", "rehearsal", "--prefer", "params=1")):
        told(monas, *words, cwd=folder, env=env)


def rehearse(root: Path, *, borrow: bool) -> None:
    """All of it; a line for each step that holds. Raises Fault at the first that does not."""

    def held(what: str) -> None:
        sys.stdout.write(f"✓ {what}\n")
        sys.stdout.flush()

    version = versions(root)
    held(f"version {version} in pyproject.toml and CITATION.cff")
    told(sys.executable, root / "docs" / "changelog.py", "--check", cwd=root)
    held("fragments of the changelog are well formed")
    packages = settings(root)["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        dist = folder / "dist"
        dist.mkdir()
        for archive in build(root, dist):
            check_contents(archive, packages)
            size = archive.stat().st_size / 1e6
            held(f"{archive.name}: {len(contents(archive))} files, {size:.1f} MB")
        commands = environment(folder / "fresh", next(dist.glob("*.whl")), borrow=borrow)
        held("installed in a fresh environment" + (", dependencies borrowed" if borrow else ""))
        (folder / "elsewhere").mkdir()
        use(commands, folder / "elsewhere", version)
        held("monas --version, doctor, plugins, run and pick")
    waiting = len(list((root / "docs" / "changes").glob("*.md")))
    if waiting:
        then = "python docs/changelog.py --release VERSION"
        sys.stdout.write(f"  {waiting} fragments wait: {then}\n")


def main(arguments: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Rehearse a release.")
    parser.add_argument("--borrow", action="store_true", help="dependencies of this environment")
    asked = parser.parse_args(arguments)
    try:
        rehearse(ROOT, borrow=asked.borrow)
    except Fault as fault:
        sys.stderr.write(f"✗ {fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
