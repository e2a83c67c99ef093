"""Large checkpoints: planned without being read, read without being held twice."""

from __future__ import annotations

import importlib
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers", reason="needs monas[hf]")
sys.path.insert(0, str(Path(__file__).parent))
checkpoints = importlib.import_module("checkpoints")

BILLION: dict[str, Any] = {
    "model_type": "llama", "vocab_size": 128_256, "hidden_size": 2048, "intermediate_size": 8192,
    "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64,
    "max_position_embeddings": 4096, "tie_word_embeddings": True, "rms_norm_eps": 1e-5,
}  # fmt: skip
"""Sizes of Llama 3.2 with one billion parameters."""
MEASURE = """
import sys, torch
from monas_hf.space import HFSpace
from monas_hf.options import HFOptions
from monas_core.parts.task import Task
space = HFSpace("all", argument=sys.argv[1], options=HFOptions(calibration=0))
def peak():  # of this program; getrusage would tell of the one that started it
    lines = open("/proc/self/status").read().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
class Unused(Task):
    name, n_outputs, modality = "unused", 1, "language-model"
    def describe(self): ...
    def batch(self, part, size, generator): ...
    def loss(self, outputs, targets): ...
    def evaluate(self, model, part): ...
    def example(self, batch): return torch.zeros(1, 2, dtype=torch.int64)
before = peak()
supernet = space.supernet(Unused())
size = sum(4 * p.numel() for p in supernet.parameters())
print(size, peak() - before)
"""


def sparse_checkpoint(folder: Path, config: dict[str, Any]) -> Path:
    """A checkpoint whose file is as large as it must be and takes no room on the disk."""
    from monas_hf.space import HFSpace

    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    network = HFSpace(miniature=config)._blank()
    header, place = {}, 0
    for name, weight in network.named_parameters():
        size = 2 * math.prod(weight.shape)
        header[name] = {
            "dtype": "BF16", "shape": list(weight.shape), "data_offsets": [place, place + size],
        }  # fmt: skip
        place += size
    text = json.dumps(header).encode()
    with (folder / "model.safetensors").open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        stream.truncate(8 + len(text) + place)
    return folder


@pytest.mark.slow
def test_a_billion_weights_are_planned_without_being_read(tmp_path: Path) -> None:
    folder = sparse_checkpoint(tmp_path, BILLION)
    words = [
        "run", "--space", f"hf:{folder}", "--trainer", "none", "--objectives", "acc,lat,params",
        "--devices", "h100-sxm", "--dry-run", "--json",
    ]  # fmt: skip
    script = (
        "import resource, sys\nfrom monas_core.cli.main import main\ntry:\n    main(sys.argv[1:])\n"
        "finally:\n    used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "    print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seconds, peak_kb = map(float, done.stderr.split()[-2:])
    assert seconds < 60
    assert peak_kb < 4_000_000
    assert json.loads(done.stdout)["architectures"] > 1e9


@pytest.mark.slow
def test_weights_are_never_in_memory_twice(tmp_path: Path) -> None:
    """Some 400 MB in shards: the peak is the weights and one tensor of them."""
    model = checkpoints.model_of(
        "llama", hidden_size=1024, intermediate_size=4096, num_hidden_layers=6, head_dim=64,
        num_attention_heads=16, num_key_value_heads=8,
    )  # fmt: skip
    checkpoints.save(model, tmp_path, max_shard_size="100MB")
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path)], capture_output=True, text=True, check=True
    )
    size, rise = map(int, done.stdout.split())
    assert size > 300e6
    assert 0.9 * size < rise < 1.3 * size
