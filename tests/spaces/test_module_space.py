"""Networks of a person's own as spaces: the whole unchanged, smaller forms physically smaller."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from monas_core.errors import UsageError
from monas_core.values import population

pytest.importorskip("torch_pruning", reason="needs monas[modules]")
sys.path.insert(0, str(Path(__file__).parent))
networks = importlib.import_module("networks_owned")

from monas_modules.space import ModuleSpace  # noqa: E402

MAKERS: dict[str, Callable[[], nn.Module]] = {
    "resnet": networks.ResNet,
    "mobilenet": networks.mobilenet,
    "own": networks.Own,
    "patches": networks.Patches,
}


def pictures(count: int = 2) -> torch.Tensor:
    return torch.randn(count, 3, 32, 32, generator=torch.Generator().manual_seed(0))


class Pictures:
    """Enough of a task for statistics of norms."""

    def batch(self, part: Any, size: int, generator: Any) -> Any:
        class Batch:
            inputs = pictures(8)

        return Batch


def trained_look(network: nn.Module) -> nn.Module:
    """Weights and statistics that are all generic."""
    with torch.no_grad():
        for tensor in (*network.parameters(), *network.buffers()):
            if tensor.is_floating_point():
                tensor.add_(0.1 * torch.rand(tensor.shape))
    return network


@pytest.fixture(scope="module", params=MAKERS)
def owned(request: pytest.FixtureRequest) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = trained_look(MAKERS[request.param]()).eval()
    space = ModuleSpace(made=lambda: (network, pictures()))
    return request.param, network, space, space.supernet(Pictures()).eval()  # pyright: ignore


@torch.no_grad()
def test_the_whole_is_the_network(owned: Any) -> None:
    _, network, space, supernet = owned
    largest = space.ends().largest
    assert float((supernet(pictures(), largest) - network(pictures())).abs().max()) < 1e-5
    alone = supernet.extract(largest).eval()
    assert float((alone(pictures()) - network(pictures())).abs().max()) < 1e-5


@torch.no_grad()
def test_forms_are_smaller_and_agree(owned: Any) -> None:
    _, network, space, supernet = owned
    whole = sum(p.numel() for p in network.parameters())
    rows = population.sample(space.choices, 5, torch.Generator().manual_seed(1))
    for architecture in [space.ends().smallest, *population.decode(space.choices, rows)]:
        alone = supernet.extract(architecture).eval()
        gap = (alone(pictures()) - supernet(pictures(), architecture)).abs().max()
        assert float(gap) < 1e-5
        count = sum(p.numel() for p in alone.parameters())
        assert count < whole
        with torch.device("meta"):
            built = space.build(architecture, None)
        assert sum(p.numel() for p in built.parameters()) == count
        exported = torch.export.export(alone, (pictures(),)).module()
        assert torch.allclose(exported(pictures()), alone(pictures()), atol=1e-5)


def test_blocks_and_groups_are_found(owned: Any) -> None:
    name, _, space, _ = owned
    blocks = {
        "resnet": {"layer1.0", "layer1.1", "layer2.1", "layer3.1", "layer4.1"},
        "mobilenet": {"4", "6"},
        "own": set(),
        "patches": {"blocks.0", "blocks.1"},
    }
    assert set(space.elastic.blocks) == blocks[name]
    assert len(space.elastic.groups) >= 2
    last = {"resnet": "fc", "mobilenet": "9", "own": "out", "patches": "head"}[name]
    assert "outputs" in space.elastic.fixed[last]


def test_what_stays_fixed_is_told_with_the_reason() -> None:
    space = ModuleSpace(made=lambda: (networks.Own(), pictures()))
    fixed = space.elastic.fixed
    assert "does not run without" in fixed["rigid"]
    assert "grouped" in fixed["both"]
    (told,) = space.notes
    assert all(name in told and reason in told for name, reason in fixed.items())
    attention = ModuleSpace(made=lambda: (networks.Patches(), pictures())).elastic.fixed
    assert any("MultiheadAttention" in reason for reason in attention.values())


@torch.no_grad()
def test_channels_that_matter_stay() -> None:
    """Half of a layer's channels are zero: without them the network answers the same."""
    network = networks.ResNet().eval()
    block = network.layer1[0]
    for tensor in (block.conv1.weight, block.bn1.weight, block.bn1.bias):
        tensor[::2] = 0.0
    block.conv2.weight[:, ::2] = 0.0
    space = ModuleSpace("width", made=lambda: (network, pictures()))
    answers = {**space.ends().largest.choices, "width_layer1.0.conv1": 4}
    supernet = space.supernet(Pictures()).eval()  # pyright: ignore
    form = space.form(space.choices.architecture(answers))
    kept = form.places["layer1.0.conv1.weight"][0].tolist()
    assert kept == [1, 3, 5, 7]
    parts = supernet._parts(form)
    found = torch.func.functional_call(form.network.eval(), parts, (pictures(),))
    assert float((found - network(pictures())).abs().max()) < 1e-5


FILE = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(6, 16), nn.Linear(16, 3)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


def network():
    return Net(), torch.zeros(2, 6)


def alone():
    return Net()


def clumsy():
    return Net(), torch.zeros(2, 5)


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(6, 16), nn.Linear(16, 3)

    def forward(self, x):
        if torch.is_grad_enabled():
            x = x.detach().numpy()
            x = self.first(x)
        return self.second(self.first(x))


def branching():
    return Branching(), torch.zeros(2, 6)


def rigid():
    return nn.Sequential(nn.Linear(6, 3)), torch.zeros(2, 6)


def faulty():
    return 1 / 0


def task():
    import functools
    import torch.nn.functional as F
    from monas_core.own_task import OwnTask

    torch.manual_seed(0)
    parts = {}
    for part in ("train", "search", "test"):
        x = torch.randn(64, 6)
        parts[part] = (x, x[:, :3].argmax(1))
    loss = functools.partial(F.cross_entropy, reduction="none")
    return OwnTask("three", **parts, loss=loss, n_outputs=3)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (":alone", r"must return the network and example inputs.*got a Net"),
        (":clumsy", r"does not run on its example inputs, at line 12 of mine\.py"),
        (":branching", r"cannot be followed by torch-pruning, at line 34 of mine\.py"),
        (":rigid", "Nothing of .* can be made smaller"),
        (":faulty", r"line \d+.*ZeroDivisionError"),
        (":missing", "defines no function"),
        ("", "needs a file and a function"),
    ],
)
def test_what_cannot_be_used_is_refused(file: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ModuleSpace(argument=f"{file}{name}")


def test_one_file_holds_network_and_task(file: Path, tmp_path: Path) -> None:
    from monas_core.cli.main import main

    words = [
        "run", "--space", f"module:{file}:network", "--task", f"module:{file}:task",
        "--objectives", "acc,params", "--optimizer", "random", "--budget", "2steps",
        "--preferences", "3", "warm_up.steps=3", "--out-dir", str(tmp_path / "out"), "--json",
    ]  # fmt: skip
    with pytest.raises(SystemExit) as end:
        main(words)
    assert not end.value.code
    front = json.loads((tmp_path / "out/front/any.json").read_text(encoding="utf-8"))
    assert front["members"]
