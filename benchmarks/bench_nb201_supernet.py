"""How the supernet of a NAS-Bench-201 run ranks cells, beside their published accuracies.

Takes random cells that the published table holds, evaluates them with the weights they inherit
from the run's supernet on its own task, and prints Spearman's rank correlation with the CIFAR-10
accuracy after 200 epochs. The networks, the images and the training differ, so this is a figure
to report and not one to tune for.

    monas run --space nasbench201 --objectives acc,lat,params --out-dir RUN
    python benchmarks/bench_nb201_supernet.py RUN --data-dir DIR [--cells 200]
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pyarrow.parquet as parquet
import torch
from ranks import kendall, spearman

from monas_cells.nasbench201.strings import from_string
from monas_core.catalog.lookup import Catalog
from monas_core.errors import MonasError, UsageError
from monas_core.run import Run
from monas_core.seeding import derived_generator

TABLE = "nb201_accuracy.parquet"
COLUMNS = {"c10_test_acc": "CIFAR-10 test", "flops_m_c10": "FLOPs", "params_m_c10": "parameters"}


def published(folder: Path | None, count: int, seed: int) -> list[dict[str, float | str]]:
    """Random rows of the published table."""
    if folder is None or not (folder / TABLE).is_file():
        raise UsageError(f"No {TABLE} in {folder}; name its folder with --data-dir or MONAS_DATA.")
    table = parquet.read_table(folder / TABLE, columns=["arch_str", *COLUMNS])
    order = torch.randperm(table.num_rows, generator=derived_generator(seed, "published cells"))
    return table.take(order[:count].tolist()).to_pylist()


def report(run: Run, rows: list[dict[str, float | str]]) -> None:
    """Evaluate and print."""
    session = run.session
    quality = next(o for o in session.plan.objectives if o.query)
    cells = [from_string(session.plan.space.choices, str(row["arch_str"])) for row in rows]
    found = [v.value for v in session.evaluator.values(quality, cells, None, "final")]
    spread = f"{min(found):.1f} to {max(found):.1f} {quality.unit}"
    print(f"{len(rows)} cells; inherited {quality.short} on {run.config.task}: {spread}")
    for column, meaning in COLUMNS.items():
        values = [float(row[column]) for row in rows]
        rho, tau = spearman(found, values), kendall(found, values)
        print(f"against {meaning:14s} Spearman {rho:6.3f}  Kendall {tau:6.3f}")


def main() -> None:
    """Compare a run with the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    named = os.environ.get("MONAS_DATA")
    parser.add_argument("--data-dir", type=Path, default=Path(named) if named else None)
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    try:
        rows = published(arguments.data_dir, arguments.cells, arguments.seed)
        report(Run.open(arguments.run, Catalog.installed()), rows)
    except MonasError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
