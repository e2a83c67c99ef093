"""A laptop run over learned tokens beside the run over bytes, on the same text and parts.

The text is the standard library's sources, written down as compressed records, a document each.
Both runs take as many steps on as many tokens; bits per byte are those of the best member of the
front on unseen documents, with the standard error over windows.

    python benchmarks/bench_tokens.py [--steps 1000] [--budget 30s] [--tokenizer bpe:2048]
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import monas_core as monas
from monas_tasks.pystdlib import stdlib_documents
from monas_tasks.scores import BITS, ERROR

DEVICE = "raspberry-pi-5"


def written(folder: Path) -> Path:
    """The text as a file of records."""
    path = folder / "stdlib.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        for document in stdlib_documents():
            text = bytes(document.text).decode("utf-8", "replace")
            stream.write(json.dumps({"text": text}) + "\n")
    return path


def searched(text: Path, folder: Path, name: str, batch: int, arguments: Any) -> None:
    """One run from nothing to its front, and what it found."""
    tokens = {"tokenizer": name, "context": 64 if name == "bytes" else arguments.context}
    begin = time.perf_counter()
    run = monas.search(
        "gpt",
        task=f"text:{text}",
        objectives=["acc", "lat"],
        devices=[DEVICE],
        held_out=["jetson-tx2"],
        budget=arguments.budget,
        seed=arguments.seed,
        warm_up={"steps": arguments.steps, "batch_size": batch},
        options={"task": {**tokens, "cache": str(folder / "cache")}},
        out_dir=folder / name.replace(":", ""),
        progress=False,
    )
    seconds = time.perf_counter() - begin
    members = run.front(DEVICE).members
    best = min(members, key=lambda member: member.values["acc"])
    per_step = batch * tokens["context"]
    warm_up = json.loads((run.path / "result.json").read_text())["seconds"]["warm-up"]
    print(
        f"{name:10s} context {tokens['context']:4d}  {len(members):3d} members  best {BITS} "
        f"{best.values['acc']:.4f} ± {best.extra[ERROR]:.4f} ({best.values['lat']:.2f} ms)  "
        f"{arguments.steps * per_step / warm_up:,.0f} tokens/s in the warm-up ({warm_up:.0f} s)  "
        f"whole run {seconds:.0f} s",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--budget", default="30s")
    parser.add_argument("--tokenizer", default="bpe:2048")
    parser.add_argument("--context", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        text = written(folder)
        searched(text, folder, "bytes", 16, arguments)
        searched(text, folder, arguments.tokenizer, 16 * 64 // arguments.context, arguments)


if __name__ == "__main__":
    main()
