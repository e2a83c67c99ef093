"""What this package offers: tasks on recorded series; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_tasks() -> list[Spec]:
    return [
        Spec(
            name="series",
            summary="Name or measure windows of sensor recordings: series:PATH, CSV or Parquet.",
            factory="monas_series.series:load",
            options="monas_series.options:SeriesOptions",
            provides={
                "series-classification",
                "series-regression",
                "reads-path",
                "default-task:tcn",
            },
        )
    ]
