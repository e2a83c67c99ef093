"""A checkpoint's weights in 32, 8 and 4 bits: size, quality and files, nothing trained.

Of the whole network and of a sub-network of half the MLP and heads of its layers. Quality on unseen
text is that of the rounded weights. Where llama-cpp-python is installed, llama.cpp answers too.

    python benchmarks/make_checkpoint.py runs/llama --family llama
    python benchmarks/bench_precision.py runs/llama [--formats safetensors,pt2,onnx,gguf]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from bench_owned import uniform

from monas_core.catalog.lookup import Catalog
from monas_core.export import formats
from monas_core.export.subject import subject
from monas_core.record.config import load_config
from monas_core.running.resolving import resolve
from monas_core.running.session import Session

WORDS = ("float32", "int8", "int4")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--formats", default="safetensors,pt2,onnx,gguf")
    words = parser.parse_args()
    catalog = Catalog.installed()
    config: dict[str, Any] = {
        "space": f"hf:{words.folder}", "objectives": ["acc", "size"], "trainer": "none",
        "devices": ["t4"], "options": {"space": {"precision": "int8,int4"}},
    }  # fmt: skip
    session = Session(resolve(load_config(None, config), catalog))
    context, space = session.context, session.plan.space
    task = context.require_task()
    wanted = words.formats.split(",")
    print(
        "network", "weights", "MB stored", task.score.unit, *(f"{w}, MB" for w in wanted), sep=" | "
    )
    for name, share in (("whole", 1.0), ("half", 0.5)):
        base = dict(uniform(space.choices, ("groups", "mlp"), share).choices)
        for word in WORDS:
            answers = {k: word if k.startswith("precision") else v for k, v in base.items()}
            architecture = space.choices.architecture(answers)
            network = context.network(architecture).eval()
            score = task.evaluate(network, "test")[task.score.name]
            size = context.workload(architecture).weight_bytes(4) / 1e6
            item = subject(session, architecture, network, capabilities=frozenset({"ggml"}))
            files: list[str] = []
            for form in wanted:
                with tempfile.TemporaryDirectory() as folder:
                    out = Path(folder) / "model"
                    report = formats.export(item, formats.find(catalog, form), out)
                    file = out / "model.safetensors" if out.is_dir() else out
                    files.append(f"{file.stat().st_size / 1e6:.2f}")
                if "runtime" in report:
                    files[-1] += f" ({report['runtime']})"
            print(
                f"{name} {word}", item.parameters, f"{size:.2f}", f"{score:.4f}", *files, sep=" | "
            )


if __name__ == "__main__":
    main()
