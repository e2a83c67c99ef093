"""Feed every parser with inputs near those it accepts, and count.

    python tests/fuzz/run.py [--inputs 200000] [--only TEXT] [--seed 0] [--seconds 3]

Every parser is tried in a child of its own: an input that takes longer than ``--seconds``, or
memory beyond 512 MB, is a finding, as is anything raised but a refusal. Findings are written to
``tests/fuzz/corpus``, from where ``test_fuzz.py`` tries them again for ever. 1 where there are any.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import signal
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MOST_MB = 512


class TooLong(BaseException):
    """No parser may take this long; none can catch it."""


def _over(*_: object) -> None:
    raise TooLong


def try_all(target: Any, inputs: int, seed: int, seconds: float) -> dict[str, Any]:
    """Counts, and the first finding of each kind with its input."""
    import mutate

    generator = random.Random(f"{target.name} {seed}")
    seeds = [*target.seeds]
    counts = {"accepted": 0, "refused": 0}
    findings: dict[str, tuple[bytes, str]] = {}
    signal.signal(signal.SIGALRM, _over)
    begin, slowest = time.perf_counter(), 0.0
    for _ in range(inputs):
        data = mutate.mutated(generator.choice(seeds), generator)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        started = time.perf_counter()
        try:
            accepted = target(data)
            counts["accepted" if accepted else "refused"] += 1
            if accepted and len(seeds) < 200 and generator.random() < 0.01:
                seeds.append(data)
        except (Exception, TooLong) as error:  # noqa: BLE001 - which is what is looked for
            frames = traceback.extract_tb(error.__traceback__)
            kind = f"{type(error).__name__} {Path(frames[-1].filename).name}:{frames[-1].lineno}"
            findings.setdefault(kind, (data, traceback.format_exc()))
            counts[kind] = counts.get(kind, 0) + 1
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            slowest = max(slowest, time.perf_counter() - started)
    return {
        "counts": counts,
        "seconds": time.perf_counter() - begin,
        "slowest": slowest,
        "findings": {k: [d.hex(), text] for k, (d, text) in findings.items()},
    }


def main() -> int:
    """Print a row for each parser; 1 where there is a finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--verbose", action="store_true")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    sys.path.append(str(HERE.parents[1] / "benchmarks"))
    import forked
    import targets as kit

    bad = 0
    print(f"{'parser':18}{'inputs':>9}{'accepted':>10}{'refused':>9}{'findings':>9}", end="")
    print(f"{'seconds':>9}{'slowest s':>11}{'grown MB':>9}")
    with kit.scratch() as folder:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        for name, target in kit.targets(Path(folder)).items():
            if asked.only not in name:
                continue
            place = Path(folder) / "child"
            place.mkdir(exist_ok=True)

            def work(target: Any = target) -> None:
                found = try_all(target, asked.inputs, asked.seed, asked.seconds)
                sys.stdout.write(json.dumps(found))

            end = forked.run(work, place, cpu_s=1800, wall_s=3600)
            bad += told(name, end, before, verbose=asked.verbose)
    return int(bool(bad))


def told(name: str, end: Any, before: float, *, verbose: bool) -> int:
    """Print the row of a parser and keep what was found; the number of findings."""
    if end.code:
        print(f"{name:18} the child ended with {end.code}: {end.err[-300:]}")
        return 1
    found = json.loads(end.out)
    counts = found["counts"]
    kinds = {k: n for k, n in counts.items() if k not in ("accepted", "refused")}
    grown = max(0.0, end.megabytes - before)
    row = f"{name:18}{sum(counts.values()):9,}{counts['accepted']:10,}{counts['refused']:9,}"
    row += f"{sum(kinds.values()):9,}{found['seconds']:9.0f}{found['slowest']:11.3f}{grown:9.0f}"
    print(row, flush=True)
    for kind, (data, text) in found["findings"].items():
        print(f"    {kind} × {kinds[kind]}: {bytes.fromhex(data)[:100]!r}", flush=True)
        if verbose:
            print(text)
        digest = hashlib.sha256(bytes.fromhex(data)).hexdigest()[:12]
        file = HERE / "corpus" / f"{name.replace(' ', '_')}.{digest}"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(bytes.fromhex(data))
    return len(kinds) + (grown > MOST_MB)


if __name__ == "__main__":
    sys.exit(main())
