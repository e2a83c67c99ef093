"""Look-up tables as devices: monas's own form and that of once-for-all."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from monas_core.catalog.lookup import Catalog
from monas_core.errors import Unavailable, UsageError
from monas_core.parts.context import Context
from monas_core.parts.device import identity
from monas_core.testing.fakes import ToySpace, ToyTask
from monas_core.values.choices import ChoiceSet
from monas_core.values.population import decode, sample_distinct
from monas_devices.shapes import layer_keys
from monas_devices.table import Table
from monas_mobilenetv3.space import MobileNetV3Space


@pytest.fixture(scope="module")
def context(catalog: Catalog) -> Context:
    return Context(MobileNetV3Space("small"), catalog.create("task", "digits", argument=None))


def drawn(choices: ChoiceSet, count: int) -> list[Any]:
    import torch

    return decode(choices, sample_distinct(choices, count, torch.Generator().manual_seed(1)))


def document(choices: ChoiceSet) -> dict[str, Any]:
    """A table of the small space whose sums can be worked out by hand."""
    options = {choice.name: choice.options for choice in choices.choices}
    blocks: list[dict[str, Any]] = [{"name": "head", "rows": [[0.25]]}]
    for name in options:
        if name.startswith("kernel"):
            names = [name, name.replace("kernel", "expand"), "resolution"]
            rows = [
                [*answers, answers[0] * answers[1] * answers[2] / 1000]
                for answers in itertools.product(*(options[n] for n in names))
            ]
            blocks.append({"name": name[7:], "choices": names, "rows": rows})
    return {
        "format": "monas-table-1",
        "name": "phone",
        "space": choices.space,
        "metric": "latency_ms",
        "blocks": blocks,
    }


def written(tmp_path: Path, content: Any, name: str = "t.yaml") -> Path:
    path = tmp_path / name
    path.write_text(json.dumps(content) if path.suffix == ".json" else yaml.safe_dump(content))
    return path


def test_blocks_add_up_and_inactive_ones_cost_nothing(context: Context, tmp_path: Path) -> None:
    choices = context.space.choices
    for name in ("t.yaml", "t.json"):
        device = Table(str(written(tmp_path, document(choices), name)))
        assert (device.name, device.metrics) == ("phone", {"latency_ms"})
        for architecture in drawn(choices, 20):
            a = architecture.choices
            expected = 0.25
            for stage in range(2):
                for block in range(a[f"depth_{stage}"]):  # pyright: ignore
                    kernel, expand = a[f"kernel_{stage}_{block}"], a[f"expand_{stage}_{block}"]
                    expected += kernel * expand * a["resolution"] / 1000  # pyright: ignore
            (value,) = device.cost("latency_ms", [architecture], context)
            assert value.value == pytest.approx(expected)
            assert (value.unit, value.origin) == ("ms", "tabulated")


def test_a_table_is_made_again_from_what_it_kept(context: Context, tmp_path: Path) -> None:
    device = Table(str(written(tmp_path, document(context.space.choices))))
    twin = Table(document=json.loads(json.dumps(device.document)))
    asked = drawn(context.space.choices, 5)
    found = [d.cost("latency_ms", asked, context) for d in (device, twin)]
    assert found[0] == found[1]
    assert identity(device) == identity(twin)


def put(made: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    *parents, last = path
    place: Any = made
    for key in parents:
        place = place[key]
    place[last] = value


ROWS = ("blocks", 1, "rows")


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ((*ROWS, slice(26, 27)), [], r"1 of 27 combinations have no row, kernel_0_0=7"),
        ((*ROWS, slice(27, 28)), [[3, 2, 8, 1.0]], "two rows for kernel_0_0=3"),
        ((*ROWS, 0, 0), 99, "1 of 27 combinations have no row"),
        (("blocks", 1, "choices", 0), "kernal", 'no choice "kernal"'),
        ((*ROWS, 0, 3), float("nan"), "finite number of at least 0, got nan"),
        ((*ROWS, 0, 3), -1.0, "at least 0, got -1.0"),
        ((*ROWS, 0), [3, 2, 8], "a row has 3 answers and a cost"),
        (("space",), "gpt", 'is of space "gpt", not of "mobilenetv3"'),
        (("format",), "monas-table-9", "must have format: monas-table-1"),
        (("bloks",), [], 'unknown key "bloks"'),
        (("metric",), None, "must name its metric"),
        (("precision",), "int3", "precision must be one of"),
    ],
)
def test_tables_that_cannot_be_are_told(
    context: Context, tmp_path: Path, path: tuple[Any, ...], value: Any, told: str
) -> None:
    made = document(context.space.choices)
    put(made, path, value)
    with pytest.raises(UsageError, match=told):
        Table(str(written(tmp_path, made))).cost(
            "latency_ms", drawn(context.space.choices, 1), context
        )


def lut(context: Context, asked: list[Any]) -> dict[str, dict[str, float]]:
    """Rows as once-for-all writes them, for some architectures; cost = length of the key."""
    keys = {key for architecture in asked for key in layer_keys(architecture, context)}
    return {key: {"count": 1, "mean": float(len(key))} for key in keys}


def test_shapes_of_layers_find_rows_of_once_for_all(context: Context, tmp_path: Path) -> None:
    asked = drawn(context.space.choices, 6)
    rows = lut(context, asked)
    device = Table(str(written(tmp_path, rows, "note10.yaml")))
    assert device.name == "note10"
    for architecture, value in zip(asked, device.cost("latency_ms", asked, context), strict=True):
        assert value.value == sum(len(key) for key in layer_keys(architecture, context))
    halves = sorted(rows)
    folder = tmp_path / "phone"
    folder.mkdir()
    for name, part in (("160", halves[::2]), ("176", halves[1::2])):
        written(folder, {key: rows[key] for key in part}, f"{name}_lookup_table.yaml")
    both = Table(str(folder))
    nested = Table(str(written(tmp_path, {16: rows}, "nested.yaml")))
    for other in (both, nested):
        assert other.cost("latency_ms", asked, context) == device.cost("latency_ms", asked, context)


def test_keys_are_those_of_the_published_tables() -> None:
    """The largest network of once-for-all at 224 pixels, by the shapes its paper gives."""

    class Photos(ToyTask):
        n_outputs = 10

        def example(self, batch: int) -> Any:
            import torch

            return torch.zeros(batch, 3, 224, 224)

    context = Context(MobileNetV3Space("ofa"), Photos())
    ends = {"resolution": 224, "depth": 4, "kernel": 7, "expand": 6}
    choices = context.space.choices
    answers = {c.name: ends[c.name.partition("_")[0]] for c in choices.choices}
    keys = layer_keys(choices.architecture(answers), context)
    assert keys[0] == "Conv-input:224x224x3-output:112x112x16"
    assert keys[1] == (
        "expanded_conv-input:112x112x16-output:112x112x16-expand:16-kernel:3-stride:1-idskip:1-se:0-hs:0"
    )
    assert keys[2] == (
        "expanded_conv-input:112x112x16-output:56x56x24-expand:96-kernel:7-stride:2-idskip:0-se:0-hs:0"
    )
    assert keys[7] == (
        "expanded_conv-input:28x28x40-output:28x28x40-expand:240-kernel:7-stride:1-idskip:1-se:1-hs:0"
    )
    assert keys[-5] == (
        "expanded_conv-input:7x7x160-output:7x7x160-expand:960-kernel:7-stride:1-idskip:1-se:1-hs:1"
    )
    assert keys[-4:] == [
        "Conv_1-input:7x7x160-output:7x7x960",
        "AvgPool2D-input:7x7x960-output:1x1x960",
        "Conv_2-input:1x1x960-output:1x1x1280",
        "Logits-input:1x1x1280-output:10",
    ]
    assert len(keys) == 1 + 1 + 20 + 4


def test_a_layer_without_a_row_is_told(context: Context, tmp_path: Path) -> None:
    asked = drawn(context.space.choices, 8)
    device = Table(str(written(tmp_path, lut(context, asked[:1]))))
    with pytest.raises(Unavailable, match=r"no row .*-input:.* for .*; the nearest is"):
        device.cost("latency_ms", asked, context)


def test_other_networks_are_told(tmp_path: Path, context: Context) -> None:
    device = Table(str(written(tmp_path, lut(context, drawn(context.space.choices, 1)))))
    toy = Context(ToySpace(), ToyTask())
    with pytest.raises(UsageError, match="Use a table keyed by choices"):
        device.cost("latency_ms", toy.space.references()[:1], toy)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- 1\n", "must hold a mapping"),
        ("{", "neither YAML nor JSON"),
        ("a: 1\n", "neither format"),
        ("Conv-input:1x1x1-output:1x1x1: {count: 3}\n", "must be a finite number"),
    ],
)
def test_files_that_are_no_tables_are_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=told):
        Table(str(path))
    with pytest.raises(UsageError, match="Cannot read table"):
        Table(str(tmp_path / "absent.yaml"))
