"""Discovery and lookup: strangers harm nobody, names are found or explained."""

from __future__ import annotations

import sys
import types
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from typing import Any

import attrs
import pytest

from monas_core.catalog.discovery import Discovery, discover
from monas_core.catalog.hookspecs import HOOKS, hookimpl
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry, Spec
from monas_core.errors import PluginError, UsageError


class FakeDistribution(Distribution):
    """A distribution that exists only by name and version."""

    def __init__(self, name: str, version: str) -> None:
        self._text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"

    def read_text(self, filename: str) -> str | None:
        return self._text if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Path:
        return Path(path)


class Workshop:
    """Makes plugin modules and entry points that lead to them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch

    def point(
        self, name: str, provider: str, version: str = "1.0", **hooks: list[Spec]
    ) -> EntryPoint:
        """An entry point whose module answers ``monas_<kind>s`` with these specs."""
        module = types.ModuleType(f"fake_{provider.replace('-', '_')}_{name}")
        for kind, specs in hooks.items():
            setattr(module, HOOKS[kind], _hook(HOOKS[kind], specs))
        self.monkeypatch.setitem(sys.modules, module.__name__, module)
        return _point(name, module.__name__, provider, version)


def _hook(name: str, answer: Any) -> Any:
    def hook() -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    hook.__name__ = name
    return hookimpl(hook)


def _point(name: str, module: str, provider: str, version: str = "1.0") -> EntryPoint:
    point = EntryPoint(name, module, "monas")
    vars(point)["dist"] = FakeDistribution(provider, version)
    return point


@pytest.fixture
def workshop(monkeypatch: pytest.MonkeyPatch) -> Workshop:
    return Workshop(monkeypatch)


def spec(name: str, **fields: Any) -> Spec:
    return Spec(name, f"The {name}.", f"{__name__}:nothing", **fields)


def names(found: Discovery) -> list[tuple[str, str, str]]:
    return [(entry.kind, entry.name, entry.provider) for entry in found.entries]


def test_entries_are_stamped_with_their_provider(workshop: Workshop) -> None:
    point = workshop.point("a", "acme", "2.5", space=[spec("box")], device=[spec("toaster")])
    found = discover([point])
    assert names(found) == [("space", "box", "acme"), ("device", "toaster", "acme")]
    assert found.entries[0].origin == "acme 2.5"
    assert found.faults == ()


def test_plugin_that_fails_on_import_harms_only_itself(workshop: Workshop) -> None:
    good = workshop.point("good", "acme", space=[spec("box")])
    found = discover([_point("bad", "no_such_module_anywhere", "oops", "0.1"), good])
    assert names(found) == [("space", "box", "acme")]
    (fault,) = found.faults
    assert (fault.plugin, fault.provider, fault.version) == ("bad", "oops", "0.1")
    assert fault.state == "broken"
    assert "ModuleNotFoundError" in fault.reason


def test_failing_hook_takes_the_whole_plugin_out(workshop: Workshop) -> None:
    """Half of a plugin is worse than none: its parts may need each other."""
    point = workshop.point(
        "bad",
        "oops",
        space=[spec("box")],
        device=ValueError("no answer"),  # pyright: ignore
    )
    found = discover([point])
    assert found.entries == ()
    assert "no answer" in found.faults[0].reason


def test_plugin_can_neither_end_the_process_nor_write_to_the_document(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    point = workshop.point("loud", "oops")

    def monas_spaces() -> list[Spec]:
        sys.stdout.write("hello")
        raise SystemExit(0)

    monkeypatch.setattr(sys.modules[point.value], "monas_spaces", hookimpl(monas_spaces), False)
    assert discover([point]).faults[0].state == "broken"
    assert capsys.readouterr().out == ""


def test_wrong_answers_are_broken(workshop: Workshop) -> None:
    found = discover([workshop.point("bad", "oops", space=["box"])])  # pyright: ignore
    assert found.faults[0].state == "broken"
    assert "expected Spec" in found.faults[0].reason


def test_misspelt_hook_is_reported(workshop: Workshop) -> None:
    point = workshop.point("bad", "oops")
    sys.modules[point.value].monas_spaecs = _hook("monas_spaecs", [])  # pyright: ignore
    found = discover([point])
    assert found.faults[0].state == "broken"
    assert "monas_spaecs" in found.faults[0].reason


def test_a_stranger_cannot_take_a_name_of_the_owner(workshop: Workshop) -> None:
    thief = workshop.point("a", "thief", space=[spec("gpt"), spec("own")])
    owner = workshop.point("z", "monas", space=[spec("gpt")])
    found = discover([thief, owner])
    assert names(found) == [("space", "gpt", "monas"), ("space", "own", "thief")]
    (fault,) = found.faults
    assert (fault.plugin, fault.state, fault.kind) == ("gpt", "refused", "space")
    assert "monas 1.0" in fault.reason
    assert "thief 1.0" in fault.reason


def test_two_strangers_with_one_name_both_stay_out(workshop: Workshop) -> None:
    points = [workshop.point("a", p, device=[spec("toaster")]) for p in ("acme", "oops")]
    found = discover(points)
    assert found.entries == ()
    assert {fault.provider for fault in found.faults} == {"acme", "oops"}
    for fault in found.faults:
        assert "acme 1.0" in fault.reason
        assert "oops 1.0" in fault.reason


def test_aliases_are_names_too(workshop: Workshop) -> None:
    owner = workshop.point("a", "monas", objective=[spec("latency", aliases=("lat",))])
    thief = workshop.point("a", "thief", objective=[spec("lat")])
    found = discover([owner, thief])
    assert names(found) == [("objective", "latency", "monas")]


def test_a_name_repeated_among_its_own_aliases_is_no_conflict(workshop: Workshop) -> None:
    spec = Spec(name="foo", summary="s", factory="m:f", aliases=("foo", "bar"))
    found = discover([workshop.point("one", "dist-a", task=[spec])])
    assert [entry.name for entry in found.entries] == ["foo"]
    assert not found.faults


def test_a_string_in_place_of_several_names_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="several names"):
        Spec(name="foo", summary="s", factory="m:f", aliases="bar")  # type: ignore[arg-type]


def test_kinds_have_names_of_their_own(workshop: Workshop) -> None:
    point = workshop.point("a", "acme", space=[spec("toy")], device=[spec("toy")])
    assert len(discover([point]).entries) == 2


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        (None, {"monas", "acme", "oops"}),
        ("", {"monas"}),
        ("acme", {"monas", "acme"}),
        ("acme, oops", {"monas", "acme", "oops"}),
        ("-oops", {"monas", "acme"}),
        ("acme,-oops", {"monas", "acme"}),
        ("-monas", {"monas", "acme", "oops"}),
    ],
)
def test_environment_limits_strangers(
    workshop: Workshop,
    monkeypatch: pytest.MonkeyPatch,
    setting: str | None,
    allowed: set[str],
) -> None:
    if setting is not None:
        monkeypatch.setenv("MONAS_PLUGINS", setting)
    points = [
        workshop.point("a", provider, space=[spec(f"space-{provider}")])
        for provider in ("monas", "acme", "oops")
    ]
    found = discover(points)
    assert {entry.provider for entry in found.entries} == allowed
    assert {fault.provider for fault in found.faults} == {"monas", "acme", "oops"} - allowed
    assert all(fault.state == "disabled" for fault in found.faults)


def test_disabled_plugins_are_not_imported(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONAS_PLUGINS", "")
    found = discover([_point("bad", "no_such_module_anywhere", "oops")])
    assert found.faults[0].state == "disabled"


def test_order_does_not_depend_on_installation(workshop: Workshop) -> None:
    points = [
        workshop.point(name, provider, space=[spec(f"{provider}-{name}")])
        for provider in ("zeta", "monas", "acme")
        for name in ("b", "a")
    ]
    assert discover(points) == discover(points[::-1])
    assert discover(points).entries[0].provider == "monas"


# -- lookup -------------------------------------------------------------------------------


def nothing(**arguments: Any) -> dict[str, Any]:
    return arguments


@attrs.frozen
class Options:
    speed: int = 1


def fails(**arguments: Any) -> None:
    raise KeyError("inside")


def explains(**arguments: Any) -> None:
    raise UsageError("no such file")


@pytest.fixture
def shop(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    here = types.ModuleType("fake_parts")
    for part in (nothing, Options, fails, explains):
        setattr(here, part.__name__, part)
    monkeypatch.setitem(sys.modules, "fake_parts", here)
    made = {
        "latency": Spec("latency", "L", "fake_parts:nothing", aliases=("lat",)),
        "energy": Spec("energy", "E", "fake_parts:nothing", settings={"a": 1, "b": 2}),
        "tuned": Spec("tuned", "T", "fake_parts:nothing", options="fake_parts:Options"),
        "fails": Spec("fails", "F", "fake_parts:fails"),
        "explains": Spec("explains", "X", "fake_parts:explains"),
        "absent": Spec("absent", "A", "no_such_module:nothing"),
        "extra": Spec("extra", "E", "fake_parts:nothing", extras={"no_such_pkg": "monas[x]"}),
    }
    point = workshop.point("parts", "acme", preset=list(made.values()))
    broken = _point("wreck", "no_such_module_anywhere", "oops", "0.3")
    return Catalog(discover([point, broken]))


def test_found_by_name_and_alias(shop: Catalog) -> None:
    assert shop.find("preset", "latency") is shop.find("preset", "lat")


@pytest.mark.parametrize("typo", ["latencyy", "lta", "Latency"])
def test_typo_gets_a_suggestion(shop: Catalog, typo: str) -> None:
    with pytest.raises(UsageError) as caught:
        shop.find("preset", typo)
    assert f'No preset "{typo}"' in str(caught.value)
    assert "Did you mean" in str(caught.value)
    assert "(acme 1.0)" in str(caught.value)
    assert "monas plugins" in str(caught.value)


def test_unknown_name_lists_what_there_is(shop: Catalog) -> None:
    with pytest.raises(UsageError, match="Known: latency, energy, tuned"):
        shop.find("preset", "zzzz")
    with pytest.raises(UsageError, match=r'No search space "gpt".*Known: none'):
        shop.find("space", "gpt")


def test_kind_matters(shop: Catalog) -> None:
    with pytest.raises(UsageError):
        shop.find("device", "latency")


def test_broken_plugin_is_explained_when_named(shop: Catalog) -> None:
    with pytest.raises(PluginError, match=r"oops 0\.3 is broken"):
        shop.find("space", "wreck")


def test_settings_and_arguments_reach_the_factory(shop: Catalog) -> None:
    assert shop.create("preset", "energy", b=3, task=None) == {"a": 1, "b": 3, "task": None}


def test_options_are_checked(shop: Catalog) -> None:
    assert shop.create("preset", "tuned") == {"options": Options()}
    assert shop.create("preset", "tuned", {"speed": 5}) == {"options": Options(5)}
    with pytest.raises(UsageError, match=r"options\.preset\.sped"):
        shop.create("preset", "tuned", {"sped": 5})
    with pytest.raises(UsageError, match=r"options\.preset\.speed"):
        shop.create("preset", "tuned", {"speed": "fast"})
    with pytest.raises(UsageError, match="takes no options"):
        shop.create("preset", "latency", {"speed": 5})


def test_faults_of_a_factory_name_the_provider(shop: Catalog) -> None:
    with pytest.raises(PluginError, match=r"\"fails\" \(acme 1\.0\).*KeyError") as caught:
        shop.create("preset", "fails")
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(UsageError, match="no such file"):
        shop.create("preset", "explains")
    with pytest.raises(PluginError, match=r"\"absent\" \(acme 1\.0\) cannot be imported"):
        shop.create("preset", "absent")


def test_missing_extra_names_its_install_line(shop: Catalog) -> None:
    with pytest.raises(UsageError, match=r"pip install 'monas\[x\]'"):
        shop.create("preset", "extra")


def test_entries_are_values() -> None:
    first, second = (Entry("space", spec("a"), "acme", "1.0") for _ in range(2))
    assert first == second
