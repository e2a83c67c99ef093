"""What one step of a slider in a report costs, and how large the page is; needs Chromium.

    python benchmarks/bench_report.py runs/demo/report.html [OTHER.html ...]

Each step sets a slider, tells the page and waits for the layout; painting is not counted. Pages
are asked in turn, several times, so that what else the machine does meets all of them.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

_STEPS = """<script>(() => {
  const slider = document.getElementById("weight-1") ?? document.getElementById("weight-0");
  const spent = [];
  for (let value = 0; value <= 100; value += 5) {
    const start = performance.now();
    slider.value = value;
    slider.dispatchEvent(new Event("input"));
    document.body.offsetHeight;
    spent.push(performance.now() - start);
  }
  const out = document.createElement("pre");
  out.id = "spent";
  out.textContent = JSON.stringify(spent);
  document.body.append(out);
})()</script>"""


def steps(browser: str, page: Path) -> list[float]:
    """Milliseconds of 21 steps in a fresh browser."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "page.html"
        text = page.read_text(encoding="utf-8")
        copy.write_text(text.replace("</body>\n</html>", f"{_STEPS}</body>\n</html>"))
        words = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,900",
            f"--user-data-dir={folder}/profile", "--dump-dom", copy.as_uri(),
        ]  # fmt: skip
        done = subprocess.run(words, capture_output=True, text=True, timeout=900, check=True)
    found = re.search(r'<pre id="spent">(.*?)</pre>', done.stdout, re.DOTALL)
    if found is None:
        raise SystemExit(f"{page} has no sliders that answered")
    return json.loads(html.unescape(found[1]))


def main() -> None:
    """Print one line per page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path, nargs="+")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next((path for name in names if (path := shutil.which(name))), None)
    if browser is None:
        raise SystemExit("no Chromium is installed")
    spent: dict[Path, list[float]] = {page: [] for page in given.pages}
    for _ in range(given.repeats):
        for page in given.pages:
            spent[page] += steps(browser, page)
    for page, found in spent.items():
        middle, late = statistics.median(found), statistics.quantiles(found, n=20)[-1]
        size = page.stat().st_size / 1e6
        print(f"{page}: median {middle:.1f} ms, 95 % below {late:.1f} ms, {size:.1f} MB")


if __name__ == "__main__":
    main()
