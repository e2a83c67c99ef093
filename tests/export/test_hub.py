"""Exported networks loaded again and sent to the hub, which no test reaches."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

import monas_core as monas
from monas_core.errors import UsageError
from monas_core.run import Run

hub = pytest.importorskip("huggingface_hub", reason="comes with monas[hf]")


@pytest.fixture(scope="module")
def exported(run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A folder of the format safetensors, and the network it was made of."""
    folder = tmp_path_factory.mktemp("hub") / "net"
    architecture = run.session.plan.space.ends().smallest
    run.export(architecture, "safetensors", folder)
    return folder, run.load(architecture)


@torch.no_grad()
def test_a_folder_becomes_the_network_again(exported: tuple[Path, Any], tmp_path: Path) -> None:
    folder, wanted = exported
    tokens = torch.randint(256, (2, 9), generator=torch.Generator().manual_seed(0))
    network: Any = monas.from_pretrained(folder)
    assert torch.allclose(network(tokens), wanted(tokens), atol=1e-5)
    next(network.parameters()).mul_(2.0)
    network.save_pretrained(tmp_path / "again")
    again: Any = monas.from_pretrained(tmp_path / "again")
    assert torch.equal(again(tokens), network(tokens))
    with pytest.raises(FileExistsError):
        network.save_pretrained(tmp_path / "again")


def test_a_repository_is_run_only_if_trusted(
    exported: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "snapshot_download", lambda *_, **__: str(exported[0]))
    with pytest.raises(UsageError, match=r"holds code, model\.py.*trust_remote_code=True"):
        monas.from_pretrained("me/net")
    assert monas.from_pretrained("me/net", trust_remote_code=True).state_dict()


@pytest.mark.parametrize("form", ["folder", "file"])
def test_what_is_sent(
    form: str, exported: tuple[Path, Any], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: dict[str, Any] = {}

    def made(_: Any, repository: str, **how: Any) -> str:
        sent.update(how, repository=repository)
        return f"https://hub/{repository}"

    monkeypatch.setattr(hub.HfApi, "create_repo", made)
    monkeypatch.setattr(hub.HfApi, "upload_folder", lambda _, **how: sent.update(how))
    if form == "folder":
        model = exported[0]
    else:
        model = tmp_path / "small.pt2"
        model.write_bytes(b"")
        shutil.copytree(exported[0], tmp_path / "small.pt2.use")
    assert monas.push_to_hub(model, "me/net") == "https://hub/me/net"
    assert sent["private"]
    assert sent["exist_ok"]
    if form == "folder":
        assert sent["folder_path"] == model
    else:
        assert sent["allow_patterns"] == ["small.pt2", "small.pt2.use/*"]


def test_faults_take_one_sentence(
    exported: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: Any, **__: Any) -> None:
        raise hub.errors.OfflineModeIsEnabled("offline")

    monkeypatch.setattr(hub.HfApi, "create_repo", offline)
    monkeypatch.setattr(hub, "snapshot_download", offline)
    with pytest.raises(UsageError, match="out of reach"):
        monas.push_to_hub(exported[0], "me/net")
    with pytest.raises(UsageError, match="out of reach"):
        monas.from_pretrained("me/net")
    with pytest.raises(UsageError, match="OWNER/NAME"):
        monas.push_to_hub(exported[0], "net")
    with pytest.raises(UsageError, match="nothing that monas export wrote"):
        monas.push_to_hub(tmp_path, "me/net")
    with pytest.raises(UsageError, match="nothing that monas export wrote"):
        monas.from_pretrained(tmp_path)
    with pytest.raises(UsageError, match="no folder"):
        monas.from_pretrained(tmp_path / "nowhere")
