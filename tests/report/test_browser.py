"""The page as a browser shows it: Chromium without a window."""

import csv
import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import PHONE, started_chromium

from labelfix.check.verdict import Exceeded, Finding, Verdict
from labelfix.data.answers import DECISION_COLUMNS
from labelfix.data.audited_labels import read_audits
from labelfix.data.manifest import manifest_from_names
from labelfix.data.shares import AnnotatorQuality, WrongShare
from labelfix.judging.batch import BatchNoise
from labelfix.report.contents import ReportContents
from labelfix.report.page import write_report
from labelfix.scoring.truth_table import Truth

pytestmark = pytest.mark.slow  # a browser has to start

DESKTOP = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}


@pytest.fixture(scope="module")
def chromium():
    yield from started_chromium()


class Tab:
    """One page in the browser."""

    def __init__(self, browser, path: Path) -> None:
        self.browser = browser
        self.path = path
        self.load()

    def load(self) -> None:
        browser = self.browser
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", DESKTOP)
        self.emulate()
        for log in ("browser", "performance"):
            browser.get_log(log)
        browser.get(self.path.as_uri())

    def emulate(self, **features: str) -> None:
        """Media features, with `_` for `-`; what is not named is the default again."""
        named = [
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()
        ]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": named})

    def run(self, script: str, *arguments: object):
        return self.browser.execute_script(f"return {script}", *arguments)

    def press(self, *keys: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.browser).send_keys(*keys).perform()

    def choose(self, control: str, value: str) -> None:
        """Set a control as a reader would, and tell the page."""
        self.run(
            "(() => { const control = document.getElementById(arguments[0]);"
            "control.value = arguments[1];"
            "control.dispatchEvent(new Event('input', { bubbles: true }));"
            "control.dispatchEvent(new Event('change', { bubbles: true })); })"
            ".apply(null, arguments)",
            control,
            value,
        )

    def wait_for(self, script: str) -> None:
        """Until something is true that a browser does with its next picture."""
        until = time.monotonic() + 10
        while not self.run(script):
            assert time.monotonic() < until, script
            time.sleep(0.02)

    @property
    def rows(self) -> list[int]:
        """The rows of the cards that are seen, in order."""
        return self.run(
            "[...document.querySelectorAll('.card')].filter(card => card.checkVisibility())"
            ".map(card => Number(card.dataset.row))"
        )

    @property
    def count(self) -> str:
        return self.run("document.getElementById('count').textContent")

    @property
    def focused_row(self) -> str | None:
        return self.run("document.activeElement.dataset.row ?? null")

    @property
    def complaints(self) -> list[str]:
        return [line["message"] for line in self.browser.get_log("browser")]

    def requests(self) -> Iterator[str]:
        """The addresses that were asked for since the page was loaded."""
        for line in self.browser.get_log("performance"):
            event = json.loads(line["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                yield event["params"]["request"]["url"]


@pytest.fixture(scope="module")
def page(tmp_path_factory, make_batch, wrong_labels, write_pictures) -> Path:
    """Twelve rows with six findings, in the order of confidence 12, 2, 10, 4, 8, 6."""
    folder = tmp_path_factory.mktemp("report")
    noise = BatchNoise(
        overall=WrongShare(rows=12, share=0.5, low=0.4, high=0.6),
        of_class={
            f"class {index}": WrongShare(rows=9, share=0.5, low=0.4, high=0.6)
            for index in range(30)
        },
        annotators=[AnnotatorQuality(name="Ada", labels=9, right_share=0.5, low=0.4, high=0.6)],
        class_names=["cat", "dog", "elk", "owl"],
        transition=np.array(  # every step of colour
            [
                [0.952, 0.006, 0.012, 0.03],
                [0.06, 0.54, 0.15, 0.25],
                [0.45, 0.0, 0.55, 0.0],
                [0.0, 0.0, 0.0, 1.0],
            ]
        ),
    )
    given = ["cat", "cat", "dog", "dog", "owl", "owl"] * 2
    suggested = ["cat", "dog", "dog", "cat", "owl", "cat"] * 2
    confidence = [1, 0.95, 1, 0.8, 1, 0.6, 1, 0.7, 1, 0.9, 1, 0.99]
    batch = make_batch(folder / "images", given, suggested, confidence=confidence, noise=noise)
    write_pictures(folder / "images", batch.images.names)
    findings = wrong_labels(batch)
    findings[0] = replace(findings[0], rule="uncertain-label", level="warning")
    target = folder / "report.html"
    verdict = Verdict(
        source="manifest.csv",
        folder="images",
        is_folder=False,
        rows=12,
        rows_checked=12,
        findings=tuple(findings),
        known=1,
        wrong_share=noise.overall,
        exceeded=(Exceeded("--max-findings", "0 were allowed"),),
    )
    truth = Truth("truth.csv", dict.fromkeys(batch.manifest.images, "cat"))
    write_report(
        target, ReportContents(batch=batch, findings=findings, verdict=verdict, truth=truth)
    )
    return target


@pytest.fixture
def tab(chromium, page) -> Tab:
    return Tab(chromium, page)


def test_page__opens_without_complaint_or_request(tab):
    assert tab.run("document.querySelectorAll('img').length") > 0
    assert tab.run("[...document.images].every(image => image.complete && image.naturalWidth)")
    assert tab.complaints == []
    asked = [url for url in tab.requests() if not url.startswith("data:")]
    assert asked == [tab.path.as_uri()]


def test_page__policy_stops_what_is_injected(tab):
    stopped = tab.browser.execute_async_script(
        "const done = arguments[0], stopped = [];"
        "document.addEventListener('securitypolicyviolation',"
        "  event => stopped.push(event.effectiveDirective));"
        "const style = document.createElement('style');"
        "style.textContent = 'body{display:none}'; document.head.append(style);"
        "document.body.setAttribute('style', 'display:none');"
        "new Image().src = 'http://127.0.0.1:9/x.png';"
        "fetch('http://127.0.0.1:9/').catch(() => {});"
        "try { document.body.setAttribute('onclick', 'window.marker = 1'); document.body.click(); }"
        "catch { stopped.push('trusted-types'); }"
        "try { document.body.insertAdjacentHTML('beforeend', '<b></b>'); stopped.push('no'); }"
        "catch { stopped.push('trusted-types'); }"
        "setTimeout(() => done(stopped), 200);"
    )
    assert {"style-src-elem", "style-src-attr", "img-src", "connect-src"} <= set(stopped)
    assert "trusted-types" in stopped
    assert "no" not in stopped
    assert tab.run("window.marker ?? null") is None
    assert tab.run("document.body.checkVisibility()")
    assert tab.complaints  # and so the other tests would have seen it


def test_filters__each_alone_and_together(tab):
    assert tab.rows == [12, 2, 10, 4, 8, 6]
    assert tab.count == "6 findings"
    pair = tab.run(
        "[...document.getElementById('pair').options]"
        ".find(option => option.text.startsWith('owl → cat')).value"
    )
    tab.choose("pair", pair)
    assert tab.rows == [12, 6]
    assert tab.count == "2 of 6 findings"
    tab.choose("least", "90")
    assert tab.rows == [12]
    assert tab.run("document.getElementById('least-shown').textContent") == "90 %"
    tab.run("document.getElementById('show-all').click()")
    assert tab.rows == [12, 2, 10, 4, 8, 6]
    tab.choose("rule", "uncertain-label")
    assert tab.rows == [2]
    tab.choose("rule", "")
    tab.choose("text", "  9.PNG ")
    assert tab.rows == [10]
    tab.choose("text", "nothing has this")
    assert tab.rows == []
    assert tab.run("document.getElementById('nothing').checkVisibility()")
    assert tab.complaints == []


@pytest.mark.parametrize(
    ("order", "rows"),
    [
        ("row", [2, 4, 6, 8, 10, 12]),
        ("given", [2, 8, 10, 4, 12, 6]),
        ("suggested", [12, 10, 4, 6, 2, 8]),
        ("confidence", [12, 2, 10, 4, 8, 6]),
    ],
)
def test_sort__every_order(tab, order, rows):
    tab.choose("sort", order)
    assert tab.rows == rows
    tab.choose("least", "65")
    assert tab.rows == [row for row in rows if row != 6]


def test_commonest_suggestions__show_their_findings(tab):
    tab.choose("text", "nothing has this")
    tab.run(
        "[...document.querySelectorAll('[data-show-pair]')]"
        ".find(button => button.textContent.includes('dog → cat')).click()"
    )
    assert tab.rows == [10, 4]
    assert tab.run("document.activeElement.id") == "pair"


def test_keyboard__goes_through_the_cards_that_are_seen(tab):
    from selenium.webdriver.common.keys import Keys

    tab.press("j")
    assert tab.focused_row == "12"
    tab.press("j", Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    assert tab.focused_row == "4"
    tab.press("k", Keys.ARROW_UP)
    assert tab.focused_row == "2"
    tab.press("k", "k", "k")
    assert tab.focused_row == "12"
    tab.choose("least", "75")
    tab.press("k", *"jjjjjj")
    assert tab.focused_row == "4"
    tab.wait_for(
        "(({ top, bottom }) => top >= 0 && bottom <= innerHeight)"
        "(document.activeElement.getBoundingClientRect())"
    )
    tab.press(Keys.ESCAPE)
    assert tab.run("document.activeElement.tagName") == "BODY"
    tab.choose("sort", "row")
    tab.press("j", "r")
    assert tab.count == "6 findings"
    assert tab.focused_row == "2"
    assert tab.rows == [12, 2, 10, 4, 8, 6]
    assert tab.complaints == []


def test_keyboard__search_help_and_escape(tab):
    from selenium.webdriver.common.keys import Keys

    tab.press("/")
    assert tab.run("document.activeElement.id") == "text"
    tab.press("j", "?")
    assert tab.run("document.getElementById('text').value") == "j?"
    tab.press(Keys.ESCAPE)
    assert tab.run("document.getElementById('text').value") == ""
    assert tab.count == "6 findings"
    tab.press(Keys.ESCAPE, "?")
    assert tab.run("document.getElementById('help').open")
    tab.press(Keys.TAB, "t", "j")
    assert tab.run("document.activeElement.id") == "help-close"
    assert tab.run("document.documentElement.dataset.theme ?? null") is None
    assert tab.focused_row is None
    tab.press(Keys.ESCAPE)
    assert not tab.run("document.getElementById('help').open")
    assert tab.complaints == []


def test_keyboard__single_keys_can_be_turned_off(tab):
    tab.run("document.getElementById('shortcuts').click()")
    tab.press("j")
    assert tab.focused_row is None


def test_theme__follows_the_system_until_it_is_chosen(tab):
    ground = "getComputedStyle(document.body).backgroundColor"
    light = tab.run(ground)
    tab.emulate(prefers_color_scheme="dark")
    tab.wait_for("document.getElementById('theme').getAttribute('aria-pressed') === 'true'")
    dark = tab.run(ground)
    assert dark != light
    tab.run("document.getElementById('theme').click()")
    assert tab.run(ground) == light
    tab.press("t")
    assert tab.run(ground) == dark
    tab.emulate(prefers_color_scheme="light")
    assert tab.run(ground) == dark


def test_long_table__is_folded_by_the_script_alone(tab):
    hidden = "document.querySelector('tbody.rest').hidden"
    button = "document.querySelector('button.fold')"
    assert tab.run(hidden)
    assert tab.run(f"{button}.textContent") == "Show 15 more"
    tab.run(f"{button}.click()")
    assert not tab.run(hidden)
    assert tab.run(f"{button}.getAttribute('aria-expanded')") == "true"


def test_page__without_a_script_shows_everything(tab):
    tab.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        tab.load()
        assert tab.rows == [12, 2, 10, 4, 8, 6]
        assert tab.run("document.querySelector('tbody.rest').checkVisibility()")
        assert not tab.run("document.getElementById('controls').checkVisibility()")
        assert not tab.run("document.getElementById('theme').checkVisibility()")
    finally:
        tab.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_page__is_no_wider_than_the_screen(tab, device):
    tab.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", device)
    assert tab.run("window.innerWidth") == device["width"]
    assert tab.run("document.documentElement.scrollWidth") <= device["width"]


def test_print__has_the_cards_that_pass_the_filter_and_no_controls(tab):
    tab.choose("least", "90")
    tab.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert tab.rows == [12, 2, 10]
        assert not tab.run(
            "[...document.querySelectorAll('button:not(.look), input, select')]"
            ".some(control => control.checkVisibility())"
        )
    finally:
        tab.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours__text_is_readable(tab, scheme):
    """Every text against what lies behind it: at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    tab.emulate(prefers_color_scheme=scheme)
    poor = tab.browser.execute_script(
        """
        const channels = colour => colour.match(/[\\d.]+/g).map(Number);
        const light = ([r, g, b]) => [r, g, b]
          .map(value => value / 255)
          .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
          .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
        const behind = element => {
          for (let one = element; one; one = one.parentElement) {
            const [r, g, b, a = 1] = channels(getComputedStyle(one).backgroundColor);
            if (a === 1) return [r, g, b];
          }
          return [255, 255, 255];
        };
        const poor = [];
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
          const element = texts.currentNode.parentElement;
          if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
          if (element.closest('.hidden-text, script')) continue;
          const style = getComputedStyle(element);
          const ink = channels(element.closest('svg') ? style.fill : style.color);
          const [low, high] = [light(ink), light(behind(element))].sort((a, b) => a - b);
          const ratio = (high + 0.05) / (low + 0.05);
          if (ratio < 4.5) poor.push([element.outerHTML.slice(0, 80), ratio]);
        }
        return poor;
        """
    )
    assert poor == []


def button(tab: Tab, row: int, text: str) -> None:
    """Press a button of a card's decision."""
    tab.run(
        "[...document.querySelectorAll(arguments[0])].find(one => one.textContent === arguments[1])"
        ".click()",
        f'.card[data-row="{row}"] .decide button',
        text,
    )


def decided(tab: Tab) -> str:
    return tab.run("document.getElementById('decided').textContent")


def csv_of(tab: Tab, folder: Path) -> Path:
    """The file that the page's button hands to the browser."""
    text = tab.browser.execute_async_script(
        "const done = arguments[0];"
        "URL.createObjectURL = blob => { blob.text().then(done); return '#'; };"
        "document.getElementById('export').click();"
    )
    file = folder / "decisions.csv"
    file.write_text(text, encoding="utf-8", newline="")
    return file


@pytest.fixture
def undecided(tab) -> Tab:
    tab.run("localStorage.clear()")
    tab.browser.get(tab.path.as_uri())
    return tab


def test_decisions__are_kept_and_exported_as_audited_labels(undecided, tmp_path):
    tab = undecided
    assert decided(tab) == "Nothing decided yet"
    assert tab.run("document.getElementById('export').disabled")
    button(tab, 2, "Keep cat")
    button(tab, 4, "Change to cat")
    button(tab, 6, "Not sure")
    button(tab, 8, "None")
    button(tab, 10, "Change to…")
    tab.choose("other-text", "OWL")
    tab.run("document.getElementById('other-choose').click()")
    button(tab, 12, "Keep owl")
    button(tab, 12, "Keep owl")  # withdrawn
    assert decided(tab) == "5 decided"
    tab.browser.get(tab.path.as_uri())
    assert decided(tab) == "5 decided"
    pressed = tab.run(
        "[...document.querySelectorAll('.decide [aria-pressed=true]')].map(one => one.textContent)"
    )
    assert sorted(pressed) == ["Change to cat", "Change to owl", "Keep cat", "None", "Not sure"]
    tab.choose("decision", "open")
    assert tab.rows == [12]
    file = csv_of(tab, tmp_path)
    manifest = manifest_from_names([f"{row}.png" for row in range(12)], ["cat"] * 12, tmp_path)
    assert read_audits(manifest, [file]).answers == {
        "1.png": "cat",
        "3.png": "cat",
        "5.png": "cannot tell",
        "7.png": "none of the classes",
        "9.png": "owl",
    }
    with file.open(encoding="utf-8", newline="") as opened:
        lines = list(csv.DictReader(opened))
    assert tuple(lines[0]) == DECISION_COLUMNS
    assert [line["decision"] for line in lines] == ["keep", "change", "not sure", "none", "change"]
    assert [line["row"] for line in lines] == ["2", "4", "6", "8", "10"]
    assert tab.complaints == []


def test_decisions__a_file_is_loaded_and_all_are_forgotten(undecided, tmp_path):
    tab = undecided
    button(tab, 2, "Keep cat")
    text = csv_of(tab, tmp_path).read_text(encoding="utf-8")
    for _ in range(2):
        tab.run("document.getElementById('forget').click()")
    assert decided(tab) == "Nothing decided yet"
    assert tab.run("labelfix.load(arguments[0])", "\ufeff" + text.replace("\n", "\r\n"))
    assert decided(tab) == "1 decided"
    assert csv_of(tab, tmp_path).read_text(encoding="utf-8") == text
    assert not tab.run("labelfix.load('a,b\\n1,2\\n')")


def test_decisions__by_keys_on_a_card_and_enlarged(undecided):
    from selenium.webdriver.common.keys import Keys

    tab = undecided
    tab.press("j", "1")
    assert decided(tab) == "1 decided"
    tab.press(Keys.ENTER)
    assert tab.run("document.getElementById('viewer').open")
    tab.press("j", "u", "j", "2")
    assert decided(tab) == "3 decided"
    assert tab.run("document.getElementById('viewer-title').textContent") == "3 of 6"
    tab.press(Keys.ESCAPE)
    assert tab.focused_row == "10"
    assert tab.complaints == []


def test_click__enlarges_the_image_with_its_neighbours(tab):
    tab.run("document.querySelector('.card[data-row=\"4\"] .look').click()")
    image = "document.querySelector('#viewer-image img')"
    tab.wait_for(f"{image}.complete && {image}.naturalWidth")
    assert tab.run(f"[{image}.naturalWidth, {image}.naturalHeight]") == [40, 30]
    assert tab.run(f"{image}.getBoundingClientRect().height") > 200
    sizes = tab.run(
        "[...document.querySelectorAll('#viewer-peers img')].map(one => one.clientWidth)"
    )
    assert len(sizes) == 3
    assert min(sizes) >= 100
    assert (
        tab.run("document.querySelector('#viewer-size a').getAttribute('href')") == "images/3.png"
    )
    tab.run("document.getElementById('viewer-next').click()")
    assert tab.run("document.getElementById('viewer-title').textContent") == "5 of 6"
    assert tab.complaints == []


@pytest.fixture(scope="module")
def folder_page(tmp_path_factory, make_batch, wrong_labels, write_pictures) -> Path:
    """40 classes, each labelled as the one before, as a folder."""
    folder = tmp_path_factory.mktemp("classes")
    kinds = [f"kind {index:02d}" for index in range(40)]
    transition = np.eye(40) * 0.9 + np.roll(np.eye(40), -1, axis=1) * 0.1
    noise = BatchNoise(
        overall=WrongShare(rows=80, share=0.5, low=0.4, high=0.6),
        class_names=kinds,
        transition=transition,
    )
    batch = make_batch(folder / "images", kinds * 2, (kinds[1:] + kinds[:1]) * 2, noise=noise)
    write_pictures(folder / "images", batch.images.names)
    write_report(folder / "out", ReportContents(batch=batch, findings=wrong_labels(batch)))
    return folder / "out" / "index.html"


def test_folder__opens_from_files_and_its_pages_share_decisions(chromium, folder_page):
    tab = Tab(chromium, folder_page)
    tab.run("localStorage.clear()")
    seen = "[...document.images].filter(one => one.loading !== 'lazy' || one.complete)"
    tab.wait_for(f"{seen}.length > 0 && {seen}.every(one => one.naturalWidth)")
    tab.run("document.querySelector('.by-class a').click()")
    tab.wait_for("location.pathname.includes('class-')")
    assert len(tab.rows) == 2
    tab.run("document.querySelector('.decide button').click()")
    tab.run("document.querySelector('nav a').click()")
    tab.wait_for("location.pathname.endsWith('index.html') && document.readyState === 'complete'")
    assert decided(tab) == "1 decided"
    assert tab.complaints == []
    outside = [url for url in tab.requests() if not url.startswith(("data:", "file:"))]
    assert outside == []


def test_matrix__is_sorted_zoomed_and_read(chromium, folder_page):
    tab = Tab(chromium, folder_page)
    names = "[...document.querySelectorAll('#matrix tbody th')].map(one => one.textContent.trim())"
    columns = (
        "[...document.querySelectorAll('#matrix thead th')].map(one => one.textContent.trim())"
    )
    tab.choose("matrix-sort", "name")
    assert tab.run(names) == tab.run(columns) == [f"kind {index:02d}" for index in range(40)]
    diagonal = "[...document.querySelectorAll('#matrix tbody tr')].every((row, place) =>"
    assert tab.run(f"{diagonal} row.cells[place + 1].classList.contains('right'))")
    width = "document.querySelector('#matrix td.right').clientWidth"
    before = tab.run(width)
    tab.choose("matrix-zoom", "32")
    assert tab.run(width) > 1.5 * before
    tab.run(
        "document.querySelector('#matrix td.h5, #matrix td.h4')"
        ".dispatchEvent(new MouseEvent('mouseover', { bubbles: true }))"
    )
    said = tab.run("document.getElementById('matrix-cell').textContent")
    assert said == "kind 00 labelled kind 39: 10 %"
    tab.run("document.querySelector('#matrix [data-href]').click()")
    tab.wait_for("location.pathname.includes('pair-')")
    assert tab.complaints == []


@pytest.fixture(scope="module")
def hostile(
    tmp_path_factory, make_batch, wrong_labels, write_pictures, hostile_texts
) -> tuple[Path, list[str]]:
    """A page whose names, labels, annotators, messages and EXIF all try something."""
    folder = tmp_path_factory.mktemp("hostile")
    images = [
        f"{text.replace('/', '_')[:200]}" if os.name != "nt" else f"{row}.png"
        for row, text in enumerate(hostile_texts)
    ]
    noise = BatchNoise(
        overall=WrongShare(rows=50, share=0.5, low=0.4, high=0.6),
        of_class={text: WrongShare(rows=2, share=0.5, low=0.4, high=0.6) for text in hostile_texts},
        annotators=[
            AnnotatorQuality(name=text, labels=2, right_share=0.5, low=0.4, high=0.6)
            for text in hostile_texts
        ],
        class_names=hostile_texts[:30],
        transition=np.full((30, 30), 1 / 30),
    )
    batch = make_batch(
        folder / "images",
        ["given " + hostile_texts[0]] * 50,
        hostile_texts,
        images=images,
        manifest=None,
        noise=noise,
    )
    for row, name in enumerate(images):
        write_pictures(folder / "images", [name], exif_text=hostile_texts[row][:500])
    batch = replace(
        batch,
        manifest=replace(batch.manifest, annotator_column="by", annotators=hostile_texts),
        images=replace(batch.images, labels=hostile_texts),
    )
    findings = [
        replace(finding, message=text)
        for finding, text in zip(wrong_labels(batch), hostile_texts, strict=True)
    ]
    findings += [
        Finding(rule="noisy-annotator", level="warning", message=text, subject=text)
        for text in hostile_texts
    ]
    target = folder / "report.html"
    write_report(target, ReportContents(batch=batch, findings=findings))
    return target, hostile_texts


def test_hostile_texts__stay_inert(chromium, hostile):
    from selenium.common.exceptions import NoAlertPresentException
    from selenium.webdriver.common.keys import Keys

    path, texts = hostile
    tab = Tab(chromium, path)
    assert len(tab.rows) == 50
    for value in tab.run("[...document.getElementById('pair').options].map(one => one.value)"):
        tab.choose("pair", value)
        assert len(tab.rows) == (50 if value == "" else 1)
    tab.choose("pair", "")
    for text in texts[:5]:
        tab.choose("text", text)
        assert tab.rows
    tab.choose("text", "")
    tab.press(Keys.ESCAPE, "r", *"jjjjjjjjjj", "t", "?", Keys.ESCAPE)
    tab.run("document.querySelectorAll('button').forEach(button => button.click())")
    with pytest.raises(NoAlertPresentException):
        _ = chromium.switch_to.alert
    assert tab.run("window.marker ?? null") is None
    injected = tab.run(
        "Array.from(document.querySelectorAll('iframe, object, embed, video, math, template, base,"
        'noscript, textarea, body [href]:not([href^="#"], #viewer-size a), [onload], [onerror],'
        "[onfocus], [onmouseover],"
        'form:not(#controls, #matrix-controls), img:not([src^="data:image/webp;base64,"]),'
        "script + script, style + style, meta[http-equiv=refresh]'), one => one.outerHTML)"
    )
    assert injected == []
    assert tab.run("document.scripts.length") == 1
    assert tab.run("document.styleSheets.length") == 1
    assert tab.complaints == []
    assert [url for url in tab.requests() if not url.startswith("data:")] == [path.as_uri()]


def test_hostile_texts__are_shown_literally(chromium, hostile):
    path, texts = hostile
    shown = Tab(chromium, path).run("document.getElementById('findings').textContent")
    plain = [text for text in texts if text.isprintable() and len(text) < 160]
    assert len(plain) > 40
    assert [text for text in plain if text not in shown] == []
    for escaped in (r"a\nb\r\nc\td", r"\x1b[31mred\x1b[0m\x07", r"\u202egnp.exe\u2066"):
        assert escaped in shown
    assert "(10,000 characters)" in shown
    assert "\u202e" not in shown
