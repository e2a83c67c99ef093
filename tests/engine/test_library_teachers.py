"""Networks of timm and torchvision as teachers; skipped where the extra does not work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_model

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.record.config import load_config
from monas_core.running import teacher_sources as sources
from monas_core.running.resolving import resolve

TAPS = {
    "timm:resnet10t": ["layer1", "layer2"],
    "torchvision:mobilenet_v3_small": ["features.3", "features.8"],
}


@pytest.fixture(params=TAPS)
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A name, and weights of that network as they are published: for colours, 1,000 classes."""
    library, _, name = request.param.partition(":")
    pytest.importorskip("timm" if library == "timm" else "torchvision", exc_type=ImportError)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = sources.library_network(library, name, {})
    except UsageError as error:  # torchvision of another torch
        pytest.skip(str(error))
    save_model(network, str(tmp_path / "weights.safetensors"))
    return request.param, tmp_path / "weights.safetensors"


def _teacher(name: str, file: Path, **more: Any) -> Any:
    config = load_config(
        None,
        {
            "space": "mobilenetv3",
            "objectives": ["rating", "params"],
            "trainer": "blockwise",
            "optimizer": "block-traversal",
            "teacher": {"source": f"{name}={file}", "taps": TAPS[name], **more},
            "torch_device": "cpu",
        },
    )
    return resolve(config, Catalog.installed())


def test_published_weights_teach_grey_pictures(stored: tuple[str, Path], tmp_path: Path) -> None:
    plan = _teacher(*stored)
    assert plan.teacher is not None
    plan.rehearse()
    plan.teacher.keep(tmp_path / "run")
    stored[1].unlink()  # what a run needs it has kept
    teacher = plan.teacher.teacher(tmp_path / "run")
    grey = torch.rand(3, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    colours = teacher.network(grey.expand(-1, 3, -1, -1))
    assert colours.shape == (3, 1000)
    assert torch.equal(teacher.network(grey), colours)
    assert [f.shape[0] for f in teacher.features(grey)] == [3, 3]


def test_weights_of_another_network_are_refused(stored: tuple[str, Path]) -> None:
    name, file = stored
    weights = load_file(file)
    del weights[next(name for name in weights if name.endswith("weight"))]
    with pytest.raises(UsageError, match="cannot be made with these weights"):
        sources.of_library(name, weights, _teacher(name, file).task)
    with pytest.raises(UsageError, match="cannot be made with these weights"):
        sources.of_library(f"{name}x", {}, _teacher(name, file).task)
