"""Make every picture of the documents from the sample data.

    python docs/make_pictures.py

It runs `labelfix check` on `sample_data` in a temporary workspace, draws what a terminal
shows of it as an SVG, and takes screenshots of the report and of the review in Chromium. Needs
Chromium with its driver, and Selenium of the extra `test`; takes about a minute.
"""

import io
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.padding import Padding
from rich.terminal_theme import TerminalTheme
from rich.text import Text
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).parent.parent
TARGET = Path(__file__).with_name("pictures")

COMMAND = """\
$ labelfix check sample_data/images sample_data/manifest.csv --encoder hog \\
      --max-wrong-rate 2% --output-format concise --quiet
"""
ENDS_WITH = 1
"""The exit code of that command: a fifth of these labels is wrong."""
FIRST_FINDINGS = 6
SUMMARY_LINES = 3

TERMINAL_WIDTH = 92
"""In characters, so that they can be read where a page of 900 px shows them."""
DARK = TerminalTheme((24, 26, 31), (222, 222, 222), [(24, 26, 31)] * 8, [(140, 144, 152)] * 8)

# As rich's own, without its window and without its font, which it would load from elsewhere.
SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>labelfix check in a terminal</title>
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""

BROWSER_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
)

SORT_BY_ROW = """
const sort = document.getElementById('sort');
sort.value = 'row';
sort.dispatchEvent(new Event('change', { bubbles: true }));
document.getElementById('controls').scrollIntoView({ behavior: 'instant' });
"""
TO_THE_CARDS = "document.getElementById('cards').scrollIntoView({ behavior: 'instant' })"


@dataclass(frozen=True)
class Shot:
    """A screenshot.

    Attributes:
        name: of the file.
        width, height: of the window, in px of the page.
        scale: px of the picture for each of these.
        scheme: `light` or `dark`.
        script: what a reader did before, as JavaScript.
    """

    name: str
    width: int
    height: int
    scale: int
    scheme: str
    script: str = ""


ENLARGE = "document.querySelector('.look').click()"

SHOTS = (
    Shot("report.png", 1280, 800, 1, "light"),
    Shot("report-findings.png", 1280, 778, 1, "light", SORT_BY_ROW),
    Shot("report-large.png", 1280, 800, 1, "light", ENLARGE),
    Shot("report-phone.png", 390, 844, 2, "dark", TO_THE_CARDS),
)

PRESS = """
const done = arguments[0];
const press = (key, shiftKey = false) =>
  document.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey, bubbles: true }));
const after = (ms) => new Promise((next) => setTimeout(next, ms));
(async () => { await after(800); %s; await after(1200); done(); })();
"""
"""What a reviewer does on the page before a screenshot, with time to load and to save."""

REVIEW_SHOTS = (
    Shot("review.png", 1280, 800, 1, "light", PRESS % "null"),
    Shot("review-groups.png", 1280, 800, 1, "light", PRESS % "press('G', true)"),
    Shot(
        "review-progress.png",
        1280,
        800,
        1,
        "light",
        PRESS % "for (let i = 0; i < 40; i += 1) { press('Enter'); await after(60); } "
        "await after(1000); press('P', true)",
    ),
    Shot("review-phone.png", 390, 844, 2, "dark", PRESS % "null"),
)


def main() -> None:
    """Make the pictures, and tell which."""
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        printed = check(Path(folder) / "workspace", page)
        (TARGET / "check.svg").write_text(terminal(printed), encoding="utf-8", newline="\n")
        with chromium() as browser:
            for shot in SHOTS:
                take(browser, page.as_uri(), shot)
            with review(Path(folder) / "workspace") as address:
                for shot in REVIEW_SHOTS:
                    take(browser, address, shot)
    for path in sorted(TARGET.iterdir()):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB")


def check(workspace: Path, page: Path) -> str:
    """What the command prints; it also writes the report."""
    _prompt, *words = shlex.split(COMMAND.replace("\\\n", " "))
    done = subprocess.run(  # noqa: S603 (our own command)
        [sys.executable, "-m", *words, "--report", str(page)],
        cwd=ROOT,
        env={**os.environ, "LABELFIX_WORKSPACE": str(workspace)},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    if done.returncode != ENDS_WITH:
        sys.exit(f"expected exit code {ENDS_WITH}, found {done.returncode}\n{done.stderr}")
    return done.stdout


@contextmanager
def review(workspace: Path) -> Iterator[str]:
    """The address of a review of a workspace."""
    words = ["-m", "labelfix", "review", "--no-browser", "--reviewer", "anna"]
    process = subprocess.Popen(  # noqa: S603 (our own command)
        [sys.executable, *words, "--workspace", str(workspace)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield process.stdout.readline().strip() if process.stdout else ""
    finally:
        process.terminate()
        process.wait()


def terminal(printed: str) -> str:
    """An SVG of the command, the first of what it printed and the end, and its exit code."""
    lines = printed.splitlines()
    left_out = len(lines) - FIRST_FINDINGS - SUMMARY_LINES
    console = Console(
        record=True, width=TERMINAL_WIDTH, file=io.StringIO(), color_system="truecolor"
    )

    def show(line: str, style: str = "") -> None:
        console.print(Padding(Text(line, style), (0, 1)), overflow="fold")  # never as markup

    for line in COMMAND.splitlines():
        show(line, "bold")
    for line in lines[:FIRST_FINDINGS]:
        show(line)
    show(f"[{left_out} more findings]", "bright_black")
    for line in lines[-SUMMARY_LINES:]:
        show(line)
    show("$ echo $?", "bold")
    show(str(ENDS_WITH))
    return console.export_svg(title="", theme=DARK, code_format=SVG, unique_id="labelfix")


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser without a window."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        sys.exit("expected chromium and chromedriver in PATH, found none")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in BROWSER_ARGUMENTS:
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield browser
    finally:
        browser.quit()


def take(browser: webdriver.Chrome, address: str, shot: Shot) -> None:
    """Save a screenshot of a page."""
    size = {"width": shot.width, "height": shot.height, "deviceScaleFactor": shot.scale}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**size, "mobile": False})
    scheme = {"name": "prefers-color-scheme", "value": shot.scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    browser.get(address)
    if shot in REVIEW_SHOTS:
        browser.execute_async_script(shot.script)
    else:
        browser.execute_script(shot.script)
    with Image.open(io.BytesIO(browser.get_screenshot_as_png())) as picture:
        picture.convert("RGB").save(TARGET / shot.name, optimize=True)


if __name__ == "__main__":
    main()
