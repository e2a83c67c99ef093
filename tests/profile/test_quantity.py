"""Numbers with units, as people write them."""

from __future__ import annotations

import pytest

from monas_core.errors import UsageError
from monas_core.values.quantity import in_unit, metric_unit, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5ms", (5.0, "ms")),
        (" .5 J ", (0.5, "J")),
        ("1e-3s", (1e-3, "s")),
        ("40%", (40.0, "%")),
        ("-2", (-2.0, "")),
        ("3.µs", (3.0, "µs")),
    ],
)
def test_numbers_with_units_are_read(text: str, expected: tuple[float, str]) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["", "ms", "nan", "inf", "1.2.3", "five", "1 2"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse(text)


@pytest.mark.parametrize(
    ("value", "given", "wanted", "expected"),
    [
        (5.0, "", "ms", 5.0),
        (500.0, "us", "ms", 0.5),
        (2.0, "s", "ms", 2000.0),
        (1.0, "Wh", "mJ", 3.6e6),
        (1.0, "MiB", "MB", 1.048576),
        (40.0, "%", "fraction", 0.4),
        (5.0, "M", "params", 5e6),
        (2.0, "GFLOP", "FLOP", 2e9),
    ],
)
def test_units_of_one_quantity_are_converted(
    value: float, given: str, wanted: str, expected: float
) -> None:
    assert in_unit(value, given, wanted, "it") == pytest.approx(expected)


@pytest.mark.parametrize("given", ["mJ", "parsec", "MB"])
def test_units_of_another_quantity_are_refused(given: str) -> None:
    with pytest.raises(UsageError, match=rf'it is given in "{given}", but .* measured in ms; .*us'):
        in_unit(1.0, given, "ms", "it")


def test_a_metric_carries_its_unit() -> None:
    names = ("latency_ms", "energy_mj", "memory_mb", "noise_dB")
    assert [metric_unit(name) for name in names] == ["ms", "mJ", "MB", "dB"]
