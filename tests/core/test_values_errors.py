"""Values round-trip; faults carry exit codes."""

from __future__ import annotations

import json

import pytest

from monas_core import errors
from monas_core.values.value import Value


@pytest.mark.parametrize(
    "value",
    [
        Value(1.5, "ms", "measured", spread=0.1, extra={"runs": 20.0}),
        Value(1.5, "ms", "modelled"),
        Value(0.0, "MB", "predicted", spread=0.0),
    ],
)
def test_values_round_trip_through_json(value: Value) -> None:
    found = Value.from_json(json.loads(json.dumps(value.to_json())))
    assert found == value
    assert found.extra == value.extra


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (errors.MonasError, 1),
        (errors.UsageError, 2),
        (errors.PluginError, 3),
        (errors.Interrupted, 130),
        (errors.Unavailable, 1),
    ],
)
def test_exit_codes(fault: type[errors.MonasError], code: int) -> None:
    assert fault("reason").exit_code == code
    assert issubclass(fault, errors.MonasError)
