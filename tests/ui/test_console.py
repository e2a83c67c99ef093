"""Names steer no terminal and break no table."""

from __future__ import annotations

import io
import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from monas_core.ui.console import SafeConsole
from monas_core.ui.fronttable import front_table, print_member
from monas_core.ui.summary import print_summary
from monas_core.ui.text import printable
from monas_core.values.member import Front, Member, ObjectiveView

ATTACKS = [
    "\x1b[2Jgone", "\x9b2J", "\x07", "a\rb", "\x1b]0;title\x07", "lap[/bold]", "[red]x", "[/]",
    "[link=http://x]y[/link]", "a\u202eb", ":smile:", "x; rm -rf ~", "$(id)", "`id`", "a b",
    "ü[v1]",
]  # fmt: skip
STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


def shown(draw, width: int = 200) -> str:
    console = SafeConsole(file=io.StringIO(), width=width, highlight=False, emoji=False)
    draw(console)
    return console.file.getvalue()  # pyright: ignore


@given(st.text())
def test_printable_text_steers_nothing(text: str) -> None:
    safe = printable(text)
    assert all(c.isprintable() or c == "\n" for c in safe)
    assert printable(safe) == safe
    if text.isprintable():
        assert safe == text


@pytest.mark.parametrize("attack", ATTACKS, ids=ascii)
def test_whatever_is_printed_steers_nothing(attack: str) -> None:
    table = Table()
    table.add_column(Text(attack))
    table.add_row(Text(attack))
    for thing in (attack, Text(attack), table):
        assert not STEERING.search(shown(lambda console, t=thing: console.print(t)))


@pytest.mark.parametrize("attack", ATTACKS, ids=ascii)
def test_pages_show_names_as_they_are(attack: str, tmp_path) -> None:
    objective = ObjectiveView(attack, attack, "min")
    member = Member(
        attack, {"choices": {attack: attack}}, {attack: 1.0}, {attack: "measured"},
        extra={attack: 2.0}, device=attack, preference={attack: 1.0},
    )  # fmt: skip
    front = Front("s", attack, True, (objective,), (2.0,), (0.0,), 0.5, (member,))
    result = {"run": str(tmp_path / attack), "devices": {}, "seconds": {attack: 1.0}}
    pages = [
        shown(lambda console: console.print(front_table(front, {}, 200))),
        shown(lambda console: print_member(member, [objective], {}, console)),
        shown(lambda console: print_summary(result, console)),
    ]
    for page in pages:
        assert not STEERING.search(page)
    visible = printable(attack)
    if not set(attack) & set("\a\r"):  # these the library takes out itself
        assert visible in pages[0]
        assert visible in pages[1]


def test_next_commands_can_be_pasted(tmp_path) -> None:
    import json

    run, device = tmp_path / "my run; $(id)", "o'brien's"
    (run / "front").mkdir(parents=True)
    member = Member("k", {"choices": {"a": 1}}, {"x": 1.0}, {"x": "measured"})
    front = Front(
        "s", device, False, (ObjectiveView("x", "", "min"),), (2.0,), (0.0,), 0.5, (member,)
    )
    path = run / "front" / "f.json"
    path.write_text(json.dumps(front.to_json()))
    result = {"run": str(run), "devices": {device: {"front": str(path)}}, "seconds": {}}
    page = shown(lambda console: print_summary(result, console), 300)
    commands = [line.split("$ ", 1)[1] for line in page.splitlines() if line.startswith("  $ ")]
    assert len(commands) == 3
    for line in commands:
        words = shlex.split(line)
        assert words[0] == "monas"
        assert words[2] == str(run)
        if "--device" in words:
            assert words[words.index("--device") + 1] == device
