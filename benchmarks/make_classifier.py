"""Train a small ResNet of timm on scanned digits, with plain torch, not monas.

Its folder is what a person has who owns a classifier: network.py, whose function ``network`` gives
the module, and its weights. Images are those of the training part of the task ``digits``.

    python benchmarks/make_classifier.py FOLDER --steps 600
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from monas_vision.digits import load

FILE = '''"""A ResNet of timm, trained on digits by make_classifier.py."""

from pathlib import Path

import torch
from safetensors.torch import load_file


def define_missing_operators():
    """A torchvision that was built for another torch lacks two that timm does not call."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


KEPT = define_missing_operators()

from timm.models.resnet import BasicBlock, ResNet  # noqa: E402


def blank():
    """Eight blocks, as ResNet-18, a quarter as wide."""
    return ResNet(
        BasicBlock, (2, 2, 2, 2), channels=(16, 32, 64, 128), in_chans=1, num_classes=10,
        stem_width=16, stem_type="", zero_init_last=False,
    )


def network():
    """The network with its weights, and example inputs."""
    net = blank()
    net.load_state_dict(load_file(Path(__file__).with_name("network.safetensors")))
    return net, torch.zeros(2, 1, 16, 16)
'''


def make(folder: Path, *, steps: int, seed: int) -> None:
    """Write a trained classifier."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "network.py").write_text(FILE, encoding="utf-8")
    names: dict[str, object] = {}
    exec(compile(FILE, "network.py", "exec"), names)
    torch.manual_seed(seed)
    network = names["blank"]().train()  # pyright: ignore[reportCallIssue]
    generator = torch.Generator().manual_seed(seed)
    task = load()
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    begin = time.perf_counter()
    for _ in range(steps):
        batch = task.batch("train", 64, generator)
        loss = F.cross_entropy(network(batch.inputs), batch.targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    spent = time.perf_counter() - begin
    network.eval()
    save_file(network.state_dict(), folder / "network.safetensors")
    score = task.evaluate(network, "test")[task.score.name]
    count = sum(weight.numel() for weight in network.parameters())
    print(
        f"{folder}: {count} weights, {steps} steps in {spent:.0f} s, {task.score.name} {score:.4f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    words = parser.parse_args()
    make(words.folder, steps=words.steps, seed=words.seed)
