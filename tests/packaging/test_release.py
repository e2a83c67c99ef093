"""The rehearsal of a release holds here, and stops at what must not be published."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def release(script: Callable[[Path], ModuleType]) -> ModuleType:
    return script(ROOT / "docs" / "release.py")


def archive(folder: Path, names: list[str], kind: str) -> Path:
    """A wheel or an sdist of small files."""
    if kind == "whl":
        path = folder / "p-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as made:
            for name in names:
                made.writestr(name, "x")
        return path
    path = folder / "p-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as made:
        for name in names:
            made.addfile(tarfile.TarInfo(f"p-1.0/{name}"), io.BytesIO())
    return path


HONEST = {
    "whl": ["box/__init__.py", "p-1.0.dist-info/METADATA", "p-1.0.dist-info/licenses/LICENSE"],
    "tar": ["plugins/box/__init__.py", "README.md", "LICENSE"],
}


@pytest.mark.parametrize("kind", ["whl", "tar"])
@pytest.mark.parametrize(
    ("more", "less", "told"),
    [
        ("tests/test_box.py", "", "holds tests/test_box.py .1 such."),
        ("benchmarks/bench.py", "", "holds benchmarks/bench.py"),
        ("box/table.csv", "", "holds box/table.csv"),
        ("", "__init__.py", "lacks the package plugins/box"),
        ("", "LICENSE", "lacks LICENSE"),
    ],
)
def test_what_does_not_belong_or_is_missing_is_told(
    release: ModuleType, tmp_path: Path, kind: str, more: str, less: str, told: str
) -> None:
    release.check_contents(archive(tmp_path, HONEST[kind], kind), ["plugins/box"])
    names = [name for name in [*HONEST[kind], more] if name and not (less and name.endswith(less))]
    with pytest.raises(release.Fault, match=told):
        release.check_contents(archive(tmp_path, names, kind), ["plugins/box"])


def test_versions_agree(release: ModuleType, tmp_path: Path) -> None:
    assert release.versions(ROOT)
    (tmp_path / "pyproject.toml").write_text("[project]\nversion = '1.2.3'\n")
    (tmp_path / "CITATION.cff").write_text("version: 1.2.2\n")
    with pytest.raises(release.Fault, match=r"says 1\.2\.3, CITATION\.cff 1\.2\.2"):
        release.versions(tmp_path)


def test_a_command_that_fails_is_quoted(release: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(release.Fault, match=r"(?s)ended with 3:.*no such thing"):
        release.told("sh", "-c", "echo no such thing; exit 3", cwd=tmp_path)


@pytest.mark.slow
def test_the_rehearsal_holds(release: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    for package in ("build", "twine"):
        pytest.importorskip(package)
    assert release.main(["--borrow"]) == 0, capsys.readouterr().err
    told = capsys.readouterr().out
    assert told.count("✓") == 6
    assert "monas --version, doctor, plugins, run and pick" in told
