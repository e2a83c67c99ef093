"""Exported networks as the hub of Hugging Face has them: loaded from there, sent there.

What lies in such a repository is what ``monas export`` wrote; formats whose network is a torch
module can be loaded again.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import nn

from monas_core.errors import UsageError
from monas_core.export import companion
from monas_core.extras import quiet_transformers, require_packages
from monas_core.files import read_json

_HUB = {"huggingface_hub": "huggingface_hub"}


def from_pretrained(
    source: Path | str, *, revision: str | None = None, trust_remote_code: bool = False
) -> nn.Module:
    """A network that ``monas export`` wrote as ``safetensors`` or ``hf``, ready for inference.

    Args:
        source: Its folder, or a repository of the hub, ``OWNER/NAME``.
        revision: Of the repository: a branch, a tag or a commit.
        trust_remote_code: Of a repository of the format ``safetensors`` also run ``model.py``,
            which says how it computes.

    Raises:
        UsageError: No such folder or repository, a package is missing, or another format.
    """
    folder = Path(source).expanduser()
    if folder.is_dir():
        return _loaded(folder)
    if str(source).count("/") != 1 or str(source).startswith((".", "~", "/")):
        raise UsageError(
            f'There is no folder "{source}"; give what monas export wrote, or a repository of the '
            "hub as OWNER/NAME."
        )
    require_packages("A repository of the hub", _HUB)
    from huggingface_hub import snapshot_download

    fetched = Path(
        _asked(f'Repository "{source}"', snapshot_download, str(source), revision=revision)
    )
    if (fetched / "model.py").is_file() and not trust_remote_code:
        raise UsageError(
            f'Repository "{source}" holds code, model.py, that would be run; read it, and give '
            "trust_remote_code=True."
        )
    return _loaded(fetched)


def push_to_hub(model: Path | str, repository: str, *, private: bool = True) -> str:
    """Send an exported network to the hub; the token is that of ``hf auth login``.

    Args:
        model: File or folder that ``monas export`` wrote.
        repository: ``OWNER/NAME``; made where there is none.
        private: Whether a new one is seen by its owner alone.

    Returns:
        Where it is found.

    Raises:
        UsageError: No exported network, a package is missing, or the hub cannot be reached or
            does not take it.
    """
    path = companion.model_of(Path(model).expanduser())
    beside = companion.place(path)
    if not (beside / companion.FACTS).is_file():
        raise UsageError(f'"{model}" is nothing that monas export wrote; give its file or folder.')
    if repository.count("/") != 1:
        raise UsageError(f'A repository of the hub is called OWNER/NAME, got "{repository}".')
    require_packages("Sending to the hub", _HUB)
    from huggingface_hub import HfApi

    api, what = HfApi(), f'Repository "{repository}"'
    found = _asked(what, api.create_repo, repository, private=private, exist_ok=True)
    how: dict[str, Any] = {"repo_id": repository, "commit_message": f"{path.name}, by monas"}
    if beside == path:
        _asked(what, api.upload_folder, folder_path=path, **how)
    else:
        wanted = [path.name, f"{beside.name}/*"]
        _asked(what, api.upload_folder, folder_path=path.parent, allow_patterns=wanted, **how)
    return str(found)


def _asked(what: str, ask: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """What the hub answers. Raises UsageError, in one sentence, where it does not."""
    from huggingface_hub import errors

    try:
        return ask(*given, **named)
    except (errors.OfflineModeIsEnabled, errors.LocalEntryNotFoundError) as error:
        raise UsageError(
            f"{what}: the hub is out of reach (no network, or HF_HUB_OFFLINE is set); connect, or "
            "use the folder itself."
        ) from error
    except Exception as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{what}: the hub refused or cannot be reached: {reason:.200}") from error


def _loaded(folder: Path) -> nn.Module:
    path = folder / companion.FACTS
    if not path.is_file():
        raise UsageError(f'"{folder}" is nothing that monas export wrote: it has no {path.name}.')
    document = read_json(path, "description", "export the network again")
    form = document.get("network", {}).get("format") if isinstance(document, dict) else None
    if form == "hf":
        require_packages(f'"{folder}"', {"transformers": "monas[hf]"})
        with quiet_transformers():
            from transformers import AutoModelForCausalLM

            return AutoModelForCausalLM.from_pretrained(folder, local_files_only=True).eval()
    if form != "safetensors":
        raise UsageError(
            f'"{folder}" is of format "{form}", and a torch module comes from safetensors or hf; '
            "ask it with monas predict, or export it again."
        )
    spec = importlib.util.spec_from_file_location("exported_model", folder / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load(folder)
