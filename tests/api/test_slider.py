"""The wish slider: its answers are those of the front and of ``pick``, its page draws them."""

from __future__ import annotations

import base64
import html
import json
import re
from pathlib import Path
from typing import Any

import attrs
import pytest

import monas_core as monas
from monas_core.answers import judging
from monas_core.errors import MissingPackage, UsageError

WIDGET = Path(judging.__file__).with_name("slider.js")
NASTY = "<img src=x onerror=alert(1)>"
PAGE = "<!doctype html>\n<html><body><div id='place'></div>\n</body>\n</html>"
DRIVE = """
const model = {
  state: STATE, heard: {}, saved: 0,
  get(name) { return this.state[name]; },
  set(name, value) { this.state[name] = value; this.tell(name); },
  tell(name) { (this.heard[`change:${name}`] ?? []).forEach((call) => call()); },
  on(name, call) { (this.heard[name] ??= []).push(call); },
  save_changes() { this.saved += 1; },
};
const el = document.getElementById("place");
const seen = () => ({
  shares: [...el.querySelectorAll("label")].map((row) => row.lastChild.textContent),
  line: el.querySelector(".answer").textContent,
  chosen: el.querySelector(".chosen")?.getAttribute("visibility"),
  at: Number(el.querySelector(".chosen")?.getAttribute("cx")),
  circles: el.querySelectorAll("circle").length,
  button: [el.querySelector("button").textContent, el.querySelector("button").disabled],
});
const widget = (await import("data:text/javascript;base64,CODE")).default;
widget.render({ model, el });
const found = { first: seen(), images: el.querySelectorAll("img").length };
const slider = el.querySelectorAll("[type=range]")[1];
slider.value = 0;
slider.dispatchEvent(new Event("input"));
found.moved = { ...seen(), weights: model.state.weights, saved: model.saved };
model.set("answer", { key: "bbb", words: "3 ms", source: "front", point: [1, 0] });
found.answered = seen();
el.querySelector("button").click();
model.set("busy", true);
found.asking = { ...seen(), asked: model.state.asked };
model.set("busy", false); model.set("answer", {}); model.set("fault", "nothing meets it");
found.fault = seen();
answer = found;
"""


@pytest.fixture(scope="module")
def slider(whole: monas.Run) -> Any:
    pytest.importorskip("anywidget")
    return monas.wish_slider(whole)


def test_every_move_is_answered_from_the_front(slider: Any, whole: monas.Run) -> None:
    members = whole.front("desk").members
    slider.weights = [100.0, 0.0]
    assert slider.wish == {"hits": 1.0, "pause": 0.0}
    assert slider.member.key == max(members, key=lambda m: m.values["hits"]).key
    assert slider.answer["source"] == "front"
    assert slider.answer["point"][1] == 0.0
    slider.weights = [0.0, 30.0]
    assert slider.member.key == min(members, key=lambda m: m.values["pause"]).key
    assert slider.answer["key"] == slider.member.key
    assert slider.member.preference == {"hits": 0.0, "pause": 1.0}
    slider.weights = [0.0, 0.0]
    assert slider.wish == {"hits": 0.5, "pause": 0.5}
    assert whole.load(slider.member) is not None


def test_a_click_asks_the_optimizer(slider: Any, whole: monas.Run) -> None:
    slider.weights = [20.0, 80.0]
    slider.asked += 1
    assert slider.answer["source"] == "optimizer"
    picked = whole.pick("desk", {"hits": 0.2, "pause": 0.8})
    assert slider.member.to_json() == picked.to_json()
    assert not slider.busy


def test_a_fault_is_told_in_the_widget(slider: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Any) -> Any:
        raise UsageError("nothing meets it")

    monkeypatch.setattr(slider, "_optimizer", refuse)
    slider.asked += 1
    assert (slider.fault, slider.member, slider.answer) == ("nothing meets it", None, {})
    slider.weights = [60.0, 40.0]
    assert slider.fault == ""


def test_what_is_wrong_is_said(whole: monas.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match='no front for device "dsek"'):
        monas.wish_slider(whole, "dsek")
    empty = attrs.evolve(whole.front("desk"), members=())
    monkeypatch.setattr(whole, "front", lambda _: empty)
    with pytest.raises(UsageError, match="Nothing is on the front"):
        monas.wish_slider(whole)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingPackage, match=r"pip install 'monas\[notebook\]'"):
        monas.wish_slider(whole)


def test_the_page_draws_and_asks(browse: Any, tmp_path: Path) -> None:
    state = {
        "title": f"space {NASTY}", "objectives": [f"acc {NASTY}", "lat [ms]"],
        "points": [[0, 1], [1, 0]], "weights": [50, 50], "asked": 0, "busy": False, "fault": "",
        "answer": {"key": "aaa", "words": NASTY, "source": "front", "point": [0, 1]},
    }  # fmt: skip
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    code = base64.b64encode(WIDGET.read_bytes()).decode()
    script = DRIVE.replace("STATE", json.dumps(state)).replace("CODE", code)
    document, messages = browse(page, script)
    told = re.search(r'<pre id="answer">(.*?)</pre>', document, re.DOTALL)
    assert told, messages
    found = json.loads(html.unescape(told[1]))
    assert found["images"] == 0, "text is no HTML"
    assert found["first"]["shares"] == ["50 %", "50 %"]
    assert found["first"]["line"] == f"aaa (front): {NASTY}"
    assert found["first"]["circles"] == 3
    assert found["moved"]["weights"] == [50, 0]
    assert found["moved"]["shares"] == ["100 %", "0 %"]
    assert found["moved"]["saved"] == 1
    assert found["answered"]["line"] == "bbb (front): 3 ms"
    assert found["answered"]["at"] > found["first"]["at"]
    assert (found["asking"]["asked"], found["asking"]["button"]) == (1, ["asking …", True])
    assert found["fault"]["line"] == "nothing meets it"
    assert (found["fault"]["chosen"], found["fault"]["button"][1]) == ("hidden", False)
