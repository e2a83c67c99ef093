"""``monas new``: packages of every kind that install, pass the kit and run."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from monas_core.errors import UsageError
from monas_core.scaffold.kinds import AFTERWARDS, FIRST_RUN
from monas_core.scaffold.project import create, update

pytest.importorskip("copier")


def name_of(kind: str) -> str:
    return f"my-{kind}"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One new package of every kind."""
    folder = tmp_path_factory.mktemp("new")
    for kind in FIRST_RUN:
        create(kind, name_of(kind), folder / kind)
    return folder


@pytest.fixture(scope="module")
def with_all(packages: Path, shell_at: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A shell with all of them, as an editable installation would find them."""
    site = tmp_path_factory.mktemp("site")
    for kind in FIRST_RUN:
        module = f"monas_my_{kind}"
        (site / module).symlink_to(packages / kind / module)
        record = site / f"{module}-0.1.0.dist-info"
        record.mkdir()
        (record / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: monas-my-{kind}\nVersion: 0.1.0\n"
        )
        (record / "entry_points.txt").write_text(f"[monas]\nmy-{kind} = {module}.plugin\n")
    return shell_at(tmp_path_factory.mktemp("elsewhere"), (site,))


def test_a_package_is_clean_python(packages: Path) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E,F,I,UP,B"]
    options = ["--line-length", "100", "--config", 'lint.isort.known-first-party=["monas_core"]']
    done = subprocess.run(
        [*command, *options, str(packages)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    for kind in FIRST_RUN:
        assert (
            len((packages / kind / f"monas_my_{kind}" / f"{kind}.py").read_text().splitlines())
            < 121
        )


def test_all_of_them_make_a_run(with_all: Any) -> None:
    parts = "--space my-space --task my-task --optimizer my-optimizer --trainer my-trainer"
    sizes = "--budget 12evals warm_up.steps=10 preferences=4 --torch-device cpu --json"
    done = with_all.monas(
        *("run", *parts.split(), *sizes.split(), "--objectives", "acc,lat,my-objective"),
        *("--devices", "my-device", "--held-out", "t4", "embedding=my-embedding"),
        *("--out-dir", "run"),
    )
    assert set(json.loads(done.stdout)["devices"]) == {"my-device", "t4"}
    assert "my-observer: fronts moved" in done.stderr
    exported = with_all.monas("export", "run", "--format", "my-format", "--out", "out", "--json")
    assert json.loads(exported.stdout)
    assert (with_all.cwd / "out").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("kind", FIRST_RUN)
def test_from_new_to_a_run_in_five_commands(
    kind: str, shell_at: Any, installed: Any, tmp_path: Path
) -> None:
    there = shell_at(tmp_path)
    printed = json.loads(there.monas("new", kind, name_of(kind), "--json").stdout)
    commands = [shlex.split(line) for line in printed["next"]]
    assert len(commands) <= 4, "with monas new itself five"
    source = tmp_path / f"monas-my-{kind}"
    there = shell_at(tmp_path, (installed(source, tmp_path),))
    assert commands[0] == ["pip", "install", "-e", source.name]
    for command in commands[1:]:
        assert command[0] == "monas"
        there.monas(*command[1:])
    checked = json.loads(there.monas("check", name_of(kind), "--json").stdout)
    assert not checked["failed"]
    if kind in AFTERWARDS:
        assert (tmp_path / "exported").exists()


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("spice", "cumin", 'No kind "spice"'),
        ("space", "My Space", "cannot be the name of a plugin"),
        ("space", "../up", "cannot be the name of a plugin"),
        ("space", "class", "cannot be the name of a plugin"),
        ("space", "x" * 41, "cannot be the name of a plugin"),
    ],
)
def test_what_cannot_be_made_is_told(kind: str, name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        create(kind, name, tmp_path / "made")
    assert not list(tmp_path.iterdir())


def test_what_is_in_the_way_stays(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(UsageError, match="already exists"):
        create("space", "mine", tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "kept"


def test_renewing_keeps_what_an_author_wrote(packages: Path, tmp_path: Path) -> None:
    made = create("loss", "mine", tmp_path / "mine")
    with pytest.raises(UsageError, match="commit it first"):
        update(made)
    git: Any = lambda *words: subprocess.run(  # noqa: E731
        ["git", "-C", str(made), "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True
    )
    (made / "monas_mine" / "loss.py").write_text("# mine\n")
    (made / "pyproject.toml").write_text("# old\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "mine")
    update(made)
    assert (made / "monas_mine" / "loss.py").read_text() == "# mine\n"
    assert 'name = "monas-mine"' in (made / "pyproject.toml").read_text()
    with pytest.raises(UsageError, match="not made by monas new"):
        update(packages)
