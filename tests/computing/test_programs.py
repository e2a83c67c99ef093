"""Programs of torch.export that would do more than compute are refused before torch reads them."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from monas_core.computing.programs import check_program, load_program

pytestmark = pytest.mark.filterwarnings("ignore")


class Net(nn.Module):
    """Reshapes by a size that is not known, so that there are expressions of sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x.reshape(-1, 4)).softmax(-1) + x.shape[0]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("program") / "net.pt2"
    batch = torch.export.Dim("batch", min=2)
    exported = torch.export.export(Net(), (torch.zeros(2, 2, 2),), dynamic_shapes=({0: batch},))
    torch.export.save(exported, path, extra_files={"about": "{}"})
    return path


def forged(program: Path, to: Path, change: Callable[[str, bytes], bytes], **more: bytes) -> Path:
    with zipfile.ZipFile(program) as old, zipfile.ZipFile(to, "w") as new:
        root = old.namelist()[0].split("/")[0]
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, data in more.items():
            new.writestr(f"{root}/data/constants/{name}", data)
    return to


def test_an_honest_program_is_read(program: Path) -> None:
    about = {"about": ""}
    module = load_program(program, about).module()
    assert module(torch.zeros(3, 2, 2)).shape == (3, 4)
    assert about["about"] == "{}"


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_objects_are_not_unpickled(program: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    evil = pickle.dumps(Touch(canary))

    def inputs(name: str, data: bytes) -> bytes:
        return evil if name.endswith("sample_inputs/model.pt") else data

    for path in (
        forged(program, tmp_path / "a.pt2", lambda _, data: data, opaque_obj_0=evil),
        forged(program, tmp_path / "b.pt2", lambda _, data: data, custom_obj_0=evil),
    ):
        with pytest.raises(ValueError, match="object to unpickle"):
            load_program(path)
    with pytest.raises(Exception, match=r"(?i)weights.only"):
        load_program(forged(program, tmp_path / "c.pt2", inputs))
    assert not canary.exists()


EVIL = (
    ("target", "torch.serialization.os.system"),
    ("target", "torch.hub.load"),
    ("target", "torch.ops.load_library"),
    ("target", "torch.ops.aten.from_file.default"),
    ("target", "_operator.methodcaller"),
    ("expr_str", "__import__('os').system('true')"),
    ("expr_str", "exec(chr(49))"),
    ("expr_str", "Symbol('s0').func.__class__"),
    ("expr_str", "(lambda: 1)()"),
    ("expr_str", "Mod(\"print('run')\", Integer(2))"),
    ("guards_code", "[open('x') for _ in (1,)]"),
    ("name", "x=print('run')"),
)


@pytest.mark.parametrize(("key", "text"), EVIL)
def test_what_is_no_computation_is_refused(
    program: Path, tmp_path: Path, key: str, text: str
) -> None:
    done = 0

    def put(value: Any) -> Any:
        nonlocal done
        if isinstance(value, dict):
            return {name: _first(name, part) for name, part in value.items()}
        return [put(part) for part in value] if isinstance(value, list) else value

    def _first(name: str, part: Any) -> Any:
        nonlocal done
        if name == key and not done:
            done += 1
            return [text] if isinstance(part, list) else text
        return put(part)

    def change(name: str, data: bytes) -> bytes:
        return json.dumps(put(json.loads(data))).encode() if name.endswith("model.json") else data

    path = forged(program, tmp_path / "evil.pt2", change)
    assert done
    with pytest.raises(ValueError, match=r"is no|no computation"):
        check_program(path)


def test_no_archive_is_none(tmp_path: Path) -> None:
    (tmp_path / "text.pt2").write_text("words")
    with pytest.raises(ValueError, match="no archive"):
        load_program(tmp_path / "text.pt2")
