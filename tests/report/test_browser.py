"""The page in a real browser: nothing fails, plots are there, a wish selects a member.

Starting a browser takes a second or two, so each page is loaded once and asked everything.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from types import SimpleNamespace

import attrs
import numpy as np
import pytest

from monas_core.problem.selection import choose, comparable
from monas_core.record.rundir import RunFolder
from monas_core.report.page import write_report
from monas_core.values.front import Scale

from .conftest import write_run

HELPERS = """
const all = (query) => [...document.querySelectorAll(query)];
const key = () => document.getElementById("selected-key").textContent;
const move = (m, value) => {
  const slider = document.getElementById(`weight-${m}`);
  slider.value = value;
  slider.dispatchEvent(new Event("input"));
};
const seen = () => ({
  key: key(),
  row: document.querySelector("#table tr.chosen button")?.textContent ?? null,
  blocks: all("#selected-drawing .block").length,
  points: all("#pairs path.point").length,
  device: document.getElementById("device").value,
  address: location.hash,
});
const plots = () => all(".js-plotly-plot").map((place) => place.id || place.parentElement.id);
"""

ASK = """
const found = {
  faults: window.monas.faults,
  plots: plots(),
  titles: all(".xtitle, .ytitle").map((title) => title.textContent),
  scales: all("#pairs > div").map((place) => place.layout.xaxis.type ?? "-"),
  outside: all("[src], link[href], image")
    .map((e) => e.getAttribute("src") ?? e.getAttribute("href"))
    .filter((address) => address && !address.startsWith("data:")),
  buttons: all(".modebar, .modebar-btn").length,
  named: all(".js-plotly-plot").every((e) =>
    e.getAttribute("role") === "img" && e.getAttribute("aria-label")),
  sliders: all("[type=range]").map((slider) => slider.value),
  even: seen(),
};
move(1, 0); move(2, 0);
found.best = seen();
move(0, 0); move(1, 100);
found.fastest = seen();
found.moved = all("[type=range]").map((slider) => slider.value);
move(0, 100);
const limit = (value) => {
  const field = document.getElementById("limit-1");
  field.value = value;
  field.dispatchEvent(new Event("input"));
  const command = document.getElementById("command").textContent;
  return { ...seen(), command, hidden: document.getElementById("selected").hidden,
    line: document.getElementById("wish-line").textContent };
};
found.limited = limit("0.05");
document.getElementById("next").click();
found.walked = key();
document.querySelector("[data-key=key0004]").click();
document.getElementById("everywhere").open = true;
await new Promise((resolve) => setTimeout(resolve, 50));
found.everywhere = all("#across-devices tbody tr").map((row) =>
  [...row.children].map((cell) => cell.textContent));
all("#legend button")[2].click();
found.pressed = all("#curve-legend button").map((button) => button.getAttribute("aria-pressed"));
found.byHand = seen();
location.hash = "#device=gamma&prefer=acc:1";
await new Promise((resolve) => addEventListener("hashchange", () => resolve()));
found.addressed = seen();

const column = () => all("#table tbody tr").map((row) => row.querySelector("button").textContent);
found.columns = [column()];
for (const _ of [1, 2]) {
  document.getElementById("by-lat").click();
  found.columns.push(column());
}
found.heading = document.querySelector("#table [aria-sort=descending]").textContent;
found.downloads = ["json", "csv"].map((kind) => document.getElementById(`download-${kind}`).href);
found.unmet = limit("0.001");
limit("");
found.chosen = Object.fromEntries(Object.entries(window.monas.content.fronts)
  .map(([name, front]) => [name, WISHES.map((wish) => window.monas.choose(front, wish))]));
answer = found;
"""


def answer(document: str):
    found = re.search(r'<pre id="answer">(.*?)</pre>', document, re.DOTALL)
    assert found, document[-2000:]
    return json.loads(html.unescape(found[1]))


def complaints(messages: str) -> list[str]:
    return [line for line in messages.splitlines() if "CONSOLE" in line]


@pytest.fixture(scope="module")
def asked(page, browse, wishes) -> tuple[dict, str]:
    script = HELPERS + ASK.replace("WISHES", json.dumps(wishes.tolist()))
    document, messages = browse(page, script)
    assert 'id="answer"' in document, complaints(messages)
    return answer(document), messages


@pytest.fixture
def found(asked) -> dict:
    return asked[0]


def test_nothing_fails(asked) -> None:
    found, messages = asked
    assert found["faults"] == []
    assert not complaints(messages)


def test_plots_are_drawn_with_units(found) -> None:
    # three pairs, all devices, hypervolume, three predictions
    assert found["plots"] == ["pairs"] * 3 + ["overview", "hypervolume"] + ["predicted"] * 3
    assert len(found["titles"]) == 16
    assert all(re.search(r"\[.+\]$", title) for title in found["titles"])
    assert found["scales"] == ["log", "log", "log"]
    assert found["even"]["points"] >= 3 * (9 + 9)  # members, and what the search evaluated
    assert found["named"]
    assert found["buttons"] == 0


def test_nothing_leads_outside(found) -> None:
    assert found["outside"] == []


def test_sliders_select_and_draw(found) -> None:
    even, best, fastest = found["even"], found["best"], found["fastest"]
    assert best["key"] == "key0008"
    assert fastest["key"] == "key0000"
    assert even["key"] not in (best["key"], fastest["key"])
    assert all(step["key"] == step["row"] for step in (even, best, fastest, found["byHand"]))
    # the inactive block of a shallow network is not drawn
    assert (best["blocks"], fastest["blocks"]) == (3, 2)
    assert best["address"] == "#device=alpha&prefer=acc:1,lat:0,energy:0"


def test_sliders_show_shares_that_sum_to_one(found) -> None:
    assert found["sliders"] == ["33", "33", "33"]
    assert found["moved"] == ["0", "100", "0"]


def test_limits_leave_those_that_meet_them(found) -> None:
    limited, unmet = found["limited"], found["unmet"]
    # latencies are 0.02 * 1.6^k: key0001 has 0.032 ms, key0002 0.0512 ms
    assert limited["key"] == "key0001"
    assert limited["line"] == "2 of 9 networks meet the limits."
    assert limited["command"].endswith("--max lat=0.05")
    assert limited["address"].endswith("&limits=lat:0.05")
    assert found["walked"] == "key0000"
    assert unmet["hidden"]
    assert "meets lat ≤ 0.001" in unmet["line"]


def test_a_network_and_a_wish_on_every_device(found) -> None:
    rows = found["everywhere"]
    assert [row[0] for row in rows] == ["alpha", "beta", "gamma (held out)"]
    assert [row[4] for row in rows] == ["yes", "yes", "yes"]
    assert rows[1][5] == "–"  # nothing on beta meets the limit
    assert found["pressed"] == ["true", "true", "false"]


def test_a_row_selects(found) -> None:
    assert found["byHand"]["key"] == "key0004"


def test_the_address_sets_device_and_wish(found) -> None:
    assert found["addressed"]["device"] == "gamma"
    assert found["addressed"]["key"] == "key0008"


def test_choices_are_those_of_pick(found, page, wishes) -> None:
    objectives = [
        SimpleNamespace(short=name, direction="min", query=name == "acc")
        for name in ("acc", "lat", "energy")
    ]
    assert len(found["chosen"]) == 3
    for device, chosen in found["chosen"].items():
        front = json.loads((page.parent / "run" / "front" / f"{device}.json").read_text())
        rows = [[m["values"][o.short] for o in objectives] for m in front["members"]]
        known = comparable(objectives, rows)  # pyright: ignore[reportArgumentType]
        ideal = comparable(objectives, [front["ideal_point"]])[0]  # pyright: ignore[reportArgumentType]
        scale = Scale(np.minimum(ideal, known.min(axis=0)).tolist(), known.max(axis=0).tolist())
        assert chosen == choose(scale.apply(known), wishes).tolist()
        assert len(set(chosen)) > 3


def test_the_table_sorts(found) -> None:
    stored, rising, falling = found["columns"]
    assert rising == sorted(rising) == falling[::-1] == stored[::-1]
    assert found["heading"].startswith("lat [ms]")


def test_downloads_are_data(found) -> None:
    as_json, as_csv = found["downloads"]
    assert as_json.startswith("data:application/json;charset=utf-8,%7B")
    assert as_csv.startswith("data:text/csv;charset=utf-8,key%2Cacc")


def test_axe_finds_nothing_serious(page, browse) -> None:
    axe = pytest.importorskip("axe_core_python", reason="axe-core-python is not installed")
    source = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    script = (
        source.replace("</", "<\\/")
        + """;
    for (const part of document.querySelectorAll("details")) part.open = true;
    const told = await window.axe.run(document, { resultTypes: ["violations"] });
    answer = told.violations.map((one) => [one.impact, one.id, one.nodes[0].html.slice(0, 200)]);
    """
    )
    document, _ = browse(page, script)
    serious = [fault for fault in answer(document) if fault[0] in ("serious", "critical")]
    assert serious == []


def test_other_runs_are_drawn_beside(page, tmp_path, facts, browse) -> None:
    other = write_run(tmp_path / "other")
    first = RunFolder(page.parent / "run")
    written = write_report(first, tmp_path / "both.html", facts, [RunFolder(other)])
    script = (
        HELPERS
        + """
    const place = document.getElementById("compared");
    answer = [window.monas.faults, place.data.map((trace) => trace.name),
      all("section[aria-labelledby=runs] tbody tr").length];
    """
    )
    faults, traces, rows = answer(browse(written, script)[0])
    assert (faults, traces) == ([], ["run", "other"])
    assert rows == 2 + 3 * 2


def rewrite(run, change) -> None:
    for path in (run / "front").iterdir():
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document))


def test_texts_stay_texts(run, facts, browse) -> None:
    """A run whose every text tries to become markup or code; with four objectives."""
    attack = "</script><script>window.hurt=1</script><img src=x onerror='window.hurt=1'>"

    def change(front: dict) -> None:
        front["space"] = attack
        front["objectives"].append({"name": attack, "unit": attack, "direction": "max"})
        front["ideal_point"].append(5.0)
        front["reference_point"].append(0.0)
        for index, member in enumerate(front["members"]):
            member["values"][attack] = float(index)
            member["origin"][attack] = attack
            member["extra"] = {attack: 1.0}
            member["architecture"]["choices"]["width"] = attack
        front["members"][0]["key"] = attack
        front["members"][1]["retrained"] = {"acc": 3.9}
        front["retrained"] = {
            "budget": attack, "hypervolume": 0.5, "inherited_hypervolume": 0.4,
            "rank_correlation": {attack: 0.5}, "members": front["members"][1:3],
        }  # fmt: skip

    rewrite(run, change)
    (run / "env.json").write_text(json.dumps({"python": attack, "packages": {attack: attack}}))
    with (run / "config.yaml").open("a") as stream:
        stream.write(f"# {attack}\n")
    with (run / "events.jsonl").open("a") as stream:
        stream.write(json.dumps({"event": "Warned", "time": 9.0, "message": attack}) + "\n")
    figures = {attack: {"value": 1.0, "unit": attack, "source": attack}}
    profiles = {"alpha": {"processor": attack, "figures": figures}}
    page = write_report(RunFolder(run), run / "out.html", attrs.evolve(facts, profiles=profiles))
    script = HELPERS + "move(1, 0); move(2, 0); move(3, 0); answer = [window.hurt ?? 0,"
    script += 'window.monas.faults, all("img").length, key(), plots().length]'
    document, messages = browse(page, script)
    hurt, faults, images, key, plots = answer(document)
    assert (hurt, faults, images) == (0, [], 0)
    assert key == attack
    assert plots == 6 + 2 + 3  # of what nothing was predicted, nothing is drawn
    assert not complaints(messages)


def test_one_objective_and_no_told_progress(run, facts, browse) -> None:
    def change(front: dict) -> None:
        front["objectives"] = front["objectives"][:1]
        front["ideal_point"] = front["ideal_point"][:1]
        front["reference_point"] = front["reference_point"][:1]
        front["members"] = front["members"][:1]

    rewrite(run, change)
    lines = (run / "events.jsonl").read_text().splitlines()
    (run / "events.jsonl").write_text("".join(f"{line}\n" for line in lines[:2]))
    page = write_report(RunFolder(run), run / "out.html", facts)
    script = HELPERS + "answer = [window.monas.faults, key(), plots().length]"
    document, messages = browse(page, script)
    assert answer(document) == [[], "key0008", 3]
    assert not complaints(messages)
