"""The site in a real browser: no page is wider than a phone, every picture and link is there."""

from __future__ import annotations

import functools
import html
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from .blocks import ROOT

PHONE, DESK = 400, 1400
HARNESS = """<!doctype html><body><pre id="found"></pre><script>
const pages = PAGES, found = {};
const look = (page, width) => new Promise((done) => {
  const frame = document.createElement("iframe");
  frame.style.cssText = `width:${width}px;height:900px;border:0`;
  frame.onload = () => setTimeout(() => {
    const inside = frame.contentDocument;
    const wide = [...inside.querySelectorAll("article *")].filter((e) =>
      !e.closest(".md-typeset__scrollwrap, pre, code, .highlight, .arithmatex") &&
      e.getBoundingClientRect().right > width + 1);
    found[`${page} ${width}`] = {
      width: inside.documentElement.scrollWidth,
      wide: wide.map((e) => e.tagName + ": " + e.textContent.slice(0, 60)),
      title: inside.querySelector("h1")?.textContent ?? "",
      pictures: [...inside.images].filter((i) => i.naturalWidth === 0).map((i) => i.src),
      links: [...inside.querySelectorAll("article a[href]")].map((a) => a.href),
    };
    frame.remove();
    done();
  }, 50);
  frame.src = "/" + page;
  document.body.append(frame);
});
(async () => {
  for (const page of pages) for (const width of [PHONE, DESK]) await look(page, width);
  document.getElementById("found").textContent = JSON.stringify(found);
})();
</script>"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder without a line for each file."""

    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - its name there


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built anew."""
    pytest.importorskip("zensical")
    folder = tmp_path_factory.mktemp("browser")
    for part in ("docs", "zensical.toml"):
        source = ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / part)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    subprocess.run([*command, "-f", "zensical.toml"], cwd=folder, check=True, capture_output=True)
    return folder / "site"


@pytest.fixture(scope="module")
def seen(site: Path) -> dict[str, dict[str, Any]]:
    """What the browser says of each page, by page and width."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("needs chromium")
    pages = sorted(p.parent.relative_to(site).as_posix() + "/" for p in site.rglob("index.html"))
    text = HARNESS.replace("PAGES", json.dumps(pages))
    text = text.replace("PHONE", str(PHONE)).replace("DESK", str(DESK))
    (site / "harness.html").write_text(text, encoding="utf-8")
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/harness.html"
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1500,1000"]
        waiting = ["--virtual-time-budget=120000", "--dump-dom"]
        done = subprocess.run(
            [browser, *options, *waiting, address],
            capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
        server.shutdown()
    told = re.search(r'<pre id="found">(.+?)</pre>', done.stdout, re.DOTALL)
    assert told, done.stderr[-2000:]
    return json.loads(html.unescape(told[1]))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_pages_fit_a_phone_and_a_desk(seen: dict[str, dict[str, Any]]) -> None:
    assert len(seen) > 50
    wide = {
        name: facts["wide"] or facts["width"]
        for name, facts in seen.items()
        if facts["width"] > int(name.split()[-1]) or facts["wide"]
    }
    assert not wide
    assert all(facts["title"] for facts in seen.values())


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_pictures_and_links_lead_somewhere(seen: dict[str, dict[str, Any]], site: Path) -> None:
    broken = set()
    for name, facts in seen.items():
        broken |= {f"{name}: {picture}" for picture in facts["pictures"]}
        for link in facts["links"]:
            inner = re.fullmatch(r"http://127\.0\.0\.1:\d+/([^#]*)(?:#(.*))?", link)
            if inner is None:
                continue
            target = site / inner[1]
            page = target / "index.html" if target.is_dir() else target
            if not page.is_file():
                broken.add(f"{name}: {link}")
            elif inner[2] and page.suffix == ".html":
                text = page.read_text(encoding="utf-8")
                if f'id="{inner[2]}"' not in text and f"id={inner[2]}" not in text:
                    broken.add(f"{name}: {link}")
    assert not broken
