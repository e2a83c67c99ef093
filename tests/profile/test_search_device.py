"""Devices named by a file: in the plan, in the run folder, and without the file afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from monas_core.api import carry_out as search
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.device import identity
from monas_core.profiling.profile import Profile
from monas_core.record.config import RunConfig
from monas_core.record.rundir import RunFolder, unfinished_run
from monas_core.record.training import WarmUpConfig
from monas_core.run import Run
from monas_core.running.devices import look_up, profile_of
from monas_core.running.resolving import resolve
from monas_core.values.budget import Budget
from monas_devices.profiles import to_json
from monas_devices.roofline import modelled

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def datasheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Figures of a board that is not in the catalogue."""
    document = to_json(modelled("raspberry-pi-4").profile)
    document["name"] = "my pi"
    document["figures"]["peak"]["value"] *= 2
    for key in ("date", "kind", "batch", "origin", "runtime"):
        del document[key]
    path = tmp_path_factory.mktemp("sheet") / "my-pi.json"
    path.write_text(json.dumps(document))
    return path


@pytest.fixture(scope="module")
def small(board: Path, datasheet: Path) -> RunConfig:
    return RunConfig(
        space="gpt",
        objectives=("acc", "lat"),
        devices=("raspberry-pi-4", str(datasheet)),
        held_out=(str(board),),
        optimizer="random",
        budget=Budget.parse("4evals"),
        warm_up=WarmUpConfig(steps=1, batch_size=2),
        preferences=3,
    )


@pytest.fixture(scope="module")
def finished(small: RunConfig, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on a file of figures and a file of measurements, both gone afterwards."""
    folder = tmp_path_factory.mktemp("files")
    names: dict[str, list[str]] = {"devices": [], "held_out": []}
    for field, texts in names.items():
        for text in getattr(small, field):
            if text.endswith(".json"):
                copy = folder / Path(text).name
                copy.write_bytes(Path(text).read_bytes())
                text = str(copy)
            texts.append(text)
    config = attrs.evolve(small, **names, out_dir=str(folder / "run"))
    search(config, catalog)
    for path in folder.glob("*.json"):
        path.unlink()
    return Run.open(folder / "run", catalog)


def test_a_plan_knows_devices_by_the_names_in_their_files(
    small: RunConfig, catalog: Catalog
) -> None:
    plan = resolve(small, catalog)
    assert plan.config.devices == ("raspberry-pi-4", "my pi")
    assert plan.config.held_out == ("board",)
    assert set(plan.config.own_devices) == {"my pi", "board"}
    again = resolve(plan.config, catalog)
    assert again.config == plan.config
    assert [identity(d) for d in again.all_devices] == [identity(d) for d in plan.all_devices]


def test_nothing_outside_the_folder_is_needed_afterwards(finished: Run, catalog: Catalog) -> None:
    assert finished.devices == ["raspberry-pi-4", "my pi", "board"]
    assert all(m.origin["lat"] == "modelled" for m in finished.front("my pi").members)
    origins = {m.origin["lat"] for m in finished.front("board").members}
    assert "predicted" in origins
    assert origins <= {"predicted", "modelled"}  # the profile says where its own values are from
    assert finished.pick("board", {"lat": 1.0}).device == "board"
    figures = profile_of("my pi", finished.config, catalog).figures
    assert figures["peak"].value == 2 * modelled("raspberry-pi-4").profile.figures["peak"].value
    assert "devices.json" in {path.name for path in finished.path.iterdir()}


def test_a_file_of_the_run_is_recognised_by_its_content(
    finished: Run, board: Path, profile: Profile, tmp_path: Path
) -> None:
    assert finished.pick(board, {"lat": 1.0}).device == "board"
    other = {
        metric: attrs.evolve(costs, median=[9 * value for value in costs.median])
        for metric, costs in profile.metrics.items()
    }
    attrs.evolve(profile, metrics=other).write(tmp_path / "other.json")
    assert finished.pick(tmp_path / "other.json", {"lat": 1.0}).device == "board (profile)"


def test_resuming_compares_what_files_say_and_not_where_they_lie(
    small: RunConfig, board: Path, profile: Profile, catalog: Catalog, tmp_path: Path
) -> None:
    planned = resolve(small, catalog).config
    RunFolder.create(tmp_path / "run", planned)
    copy = tmp_path / "copy.json"
    copy.write_bytes(board.read_bytes())
    same = resolve(attrs.evolve(small, held_out=(str(copy),)), catalog).config
    assert unfinished_run(same, tmp_path / "run") is not None
    attrs.evolve(profile, processor="Board 2").write(copy)
    changed = resolve(attrs.evolve(small, held_out=(str(copy),)), catalog).config
    with pytest.raises(UsageError, match="another configuration"):
        unfinished_run(changed, tmp_path / "run")


def test_the_identity_of_a_device_is_its_content(
    profile: Profile, board: Path, run: Run, catalog: Catalog, tmp_path: Path
) -> None:
    context = run.session.context
    known = identity(look_up(board, catalog).make(context))
    attrs.evolve(profile, name="other", date="2030-01-01").write(tmp_path / "a.json")
    attrs.evolve(profile, runtime="another").write(tmp_path / "b.json")
    assert identity(look_up(tmp_path / "a.json", catalog).make(context)) == known
    assert identity(look_up(tmp_path / "b.json", catalog).make(context)) != known
    assert identity(modelled("t4")) == identity(modelled("t4")) != identity(modelled("l4"))


@pytest.mark.parametrize(
    ("devices", "told"),
    [
        (["t4:x"], 'Device "t4" takes no argument, got "x"; write t4'),
        (["datasheet"], 'Device "datasheet" needs an argument; write datasheet:ARGUMENT'),
        (["absent.json"], "Cannot read device profile absent.json"),
        (["datasheet:absent.json"], "Cannot read device profile absent.json"),
        (["BOARD", "t4", "BOARD"], "is named twice"),
        (["BOARD", "COPY"], 'are both the device "board"'),
        (["SLASH"], 'calls itself "a/b", which cannot be the name of a file'),
        (["MEASURED"], "from datasheet figures are \"modelled\", not 'measured'"),
        (["NEITHER"], "has schema None"),
    ],
)
def test_what_cannot_be_a_device_is_told(
    small: RunConfig,
    board: Path,
    datasheet: Path,
    catalog: Catalog,
    tmp_path: Path,
    devices: list[str],
    told: str,
) -> None:
    sheet: dict[str, Any] = json.loads(datasheet.read_text())
    written = {
        "COPY": board.read_text(),
        "SLASH": json.dumps({**sheet, "name": "a/b"}),
        "MEASURED": json.dumps({**sheet, "origin": "measured"}),
        "NEITHER": "{}",
    }
    places = {"BOARD": str(board)}
    for name, text in written.items():
        places[name] = str(tmp_path / f"{name}.json")
        Path(places[name]).write_text(text)
    asked = tuple(places.get(name, name) for name in devices)
    with pytest.raises(UsageError, match=told):
        resolve(attrs.evolve(small, devices=asked, held_out=()), catalog)


def test_options_are_for_devices_of_the_run(small: RunConfig, catalog: Catalog) -> None:
    for options, told in (
        ({"device": {"l4": {"x": 1}}}, r"options\.device\.l4: this run has no such device"),
        (
            {"device": {"raspberry-pi-4": {"x": 1}}},
            "raspberry-pi-4.x: unknown key",
        ),
    ):
        with pytest.raises(UsageError, match=told):
            resolve(attrs.evolve(small, options=options), catalog)


def test_info_tells_how_a_device_with_an_argument_is_written(
    monas: Command, datasheet: Path
) -> None:
    code, out, _ = monas("info", "datasheet")
    assert code == 0
    assert "datasheet:ARGUMENT" in out
    code, out, _ = monas("info", f"datasheet:{datasheet}", "--json")
    assert json.loads(out)["profile"]["name"] == "my pi"
