"""One training step of the supernets of published size, in a process of its own for its memory."""

import subprocess
import sys

import pytest

STEP = """
import resource
from types import SimpleNamespace
import torch
from monas_core.values import population
from monas_core.values.relaxation import Relaxation
from monas_core.computing.rules import weight_optimizers
{build}
rows = population.corners(space.choices)
largest = population.decode(space.choices, rows)[1]
mixture = Relaxation.from_population(space.choices, rows)
for architectures, count in ((largest, len(targets)), (mixture, {mixed})):
    logits = supernet({inputs}, architectures)
    torch.nn.functional.cross_entropy(logits.flatten(0, -2), targets[:count].flatten()).backward()
for optimizer in weight_optimizers(supernet, 1e-3):
    optimizer.step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""

OFA = """
from monas_mobilenetv3.space import MobileNetV3Space
space = MobileNetV3Space("ofa")
task = SimpleNamespace(n_outputs=1000, example=lambda batch: torch.zeros(batch, 3, 224, 224))
supernet = space.supernet(task).train()
images, targets = torch.randn(64, 3, 224, 224), torch.randint(1000, (64,))
"""

HAT = """
from monas_hat.space import HATSpace
space = HATSpace("wmt14.en-de")
supernet = space.supernet(SimpleNamespace(n_outputs=32768))
targets = torch.randint(1, 32768, (4, 32))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "inputs", "mixed"),
    [
        (OFA, "images[:count]", 8),  # the recommended batch; about 5.8 GB
        (HAT, "{name: targets[:count] for name in ('source', 'target')}", 4),
    ],
    ids=["ofa", "hat"],
)
def test_a_step_fits_into_eight_gigabytes(build: str, inputs: str, mixed: int) -> None:
    code = STEP.replace("{build}", build).replace("{inputs}", inputs)
    done = subprocess.run(
        [sys.executable, "-c", code.replace("{mixed}", str(mixed))],
        check=True,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert float(done.stdout) < 8
