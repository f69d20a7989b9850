"""Is the review page quick, safe against kills, and the same as a plain replay?

    python benchmarks/review_page.py --axe node_modules/axe-core/axe.min.js

Serves made images (10,000 by default) whose judgement is made too, so that nothing is trained, and
works on them in headless Chromium by keyboard:

- the time from a key to the painted next card;
- 200 decisions in one go, all undone, all redone;
- two reviewers at once, the server killed and started again between;
- what the console said, which requests left the machine, what axe-core finds;
- 100 kills of the server while decisions arrive: is anything lost that was acknowledged?

Every outcome is compared with a plain replay of the same answers. Needs Chromium with its driver
and Selenium; without `--axe` the accessibility is not checked.
"""

import argparse
import atexit
import http.client
import itertools
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from labelfix.data.corrections import Corrections
from labelfix.data.decision_store import DecisionStore
from labelfix.data.manifest import manifest_from_names
from labelfix.data.neighbours import Neighbours
from labelfix.data.shares import WrongShare
from labelfix.judging.batch import Batch, BatchNoise, KnownImages

CLASSES = ("cat", "dog", "horse", "owl", "pig", "sheep", "trout", "yak")
NEIGHBOURS = 10
SIDE = 256
WIDTH = 44
WRONG = 0.2
KEYS = "123ksx\ue007"  # the last is Enter
SCREENS = {"desk": (1280, 800), "phone": (360, 740)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--decisions", type=int, default=200)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--axe", type=Path)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        serve(options.serve, options.port)
        return
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / "large", Path(folder) / "small"
        make(large, options.images, options.seed)
        make(small, 300, options.seed)
        parts = (
            by_keyboard(large, options.decisions, options.seed, options.axe),
            killed(small, options.kills, options.seed),
        )
        for name, value in itertools.chain(*parts):
            print(f"{name:<{WIDTH}}{value}", flush=True)


def make(folder: Path, images: int, seed: int) -> None:
    """Images that a browser has to decode, and what a batch is made of."""
    chance = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    for place in range(images):
        pixels = chance.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        picture = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        picture.save(folder / "images" / f"{place:05d}.jpg", quality=85)
    truth = chance.integers(0, len(CLASSES), images)
    is_wrong = chance.random(images) < WRONG
    given = np.where(is_wrong, (truth + 1) % len(CLASSES), truth)
    near = (np.arange(images)[:, None] + np.arange(1, NEIGHBOURS + 1)) % images
    np.savez(folder / "made.npz", truth=truth, given=given, near=near, seed=seed)


def batch_in(folder: Path) -> Batch:
    """What `make` has written, as if relabel had judged it."""
    with np.load(folder / "made.npz") as made:
        truth, given, near, seed = made["truth"], made["given"], made["near"], int(made["seed"])
    count = len(truth)
    chance = np.random.default_rng(seed + 1)
    names = [f"{place:05d}.jpg" for place in range(count)]
    labels = np.array(CLASSES, dtype=object)
    sure = chance.beta(8, 1, count)
    is_wrong = truth != given
    return Batch(
        manifest=manifest_from_names(names, list(labels[given]), folder / "images"),
        corrections=Corrections(
            label=labels[truth],
            given_label=labels[given],
            suggested_label=labels[truth],
            confidence=sure,
            self_confidence=np.where(is_wrong, 1 - sure, sure),
            neighbour_agreement=chance.random(count),
            action=np.where(is_wrong, "relabel", "keep").astype(object),
            reason=np.full(count, "", dtype=object),
            review_rank=np.zeros(count, dtype=np.int64),
            second_label=labels[(truth + 2) % len(CLASSES)],
            second_confidence=(1 - sure) / 2,
            question_value=chance.random(count),
        ),
        row_images=np.arange(count),
        images=KnownImages(
            names=names,
            labels=list(labels[given]),
            content_hashes=[f"{place:064x}" for place in range(count)],
            folder=folder / "images",
        ),
        within=Neighbours(near, np.full(near.shape, 0.8, dtype=np.float32)),
        support=dict.fromkeys(CLASSES, count // len(CLASSES)),
        noise=BatchNoise(overall=WrongShare(rows=count, share=WRONG, low=WRONG / 2, high=WRONG)),
    )


def serve(folder: Path, port: int) -> None:
    """The server of the command, on a made batch."""
    from labelfix.review.random_part import RandomPart
    from labelfix.review.review_data import ReviewData
    from labelfix.review.server.application import Review
    from labelfix.review.server.deck import Deck
    from labelfix.review.server.desk import Desk, Plan
    from labelfix.review.server.relabel_run import RelabelRun
    from labelfix.review.server.serving import open_socket
    from labelfix.review.server.serving import serve as answer

    opened = open_socket(port)
    with DecisionStore.open(folder / "decisions.sqlite") as store:
        data = ReviewData(batch_in(folder))
        desk = Desk(lambda: Deck(data, RandomPart.of(data, store)), store, Plan(budget=2_000))
        about = {"reviewer": "ann", "run": str(os.getpid()), "out": "", "canRelabel": False}
        review = Review(desk, RelabelRun(None, desk.reload), about, lambda _: None)
        answer(review.application(), opened, lambda: print(opened.address, flush=True))


@dataclass
class Server:
    """A server in a process of its own."""

    folder: Path
    port: int = 0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start, on the same port as before."""
        words = [__file__, "--serve", str(self.folder), "--port", str(self.port)]
        self.process = subprocess.Popen(
            [sys.executable, *words], stdout=subprocess.PIPE, encoding="utf-8"
        )
        atexit.register(self.process.kill)
        self.address = self.process.stdout.readline().strip()
        self.port = urlsplit(self.address).port

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()


@contextmanager
def chromium() -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{argument}")
    for argument in ("disable-background-networking", "disable-component-update"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield browser
    finally:
        browser.quit()


@dataclass
class Page:
    """A reviewer's tab."""

    browser: Any
    address: str
    reviewer: str = "ann"

    def __post_init__(self) -> None:
        self.handle = self.browser.current_window_handle
        self.open(self.address)

    def open(self, address: str) -> None:
        """Load the page, as its reviewer."""
        self.browser.switch_to.window(self.handle)
        self.browser.get(address)
        self.wait("return document.getElementById('candidates').children.length > 0")
        script = """
        const name = document.getElementById('reviewer');
        if (name.value !== arguments[0]) {
          name.value = arguments[0];
          name.dispatchEvent(new Event('change'));
        }"""
        self.browser.execute_script(script, self.reviewer)
        time.sleep(0.5)

    def wait(self, script: str, limit_s: float = 120) -> None:
        """Wait until a script is true."""
        self.browser.switch_to.window(self.handle)
        end = time.monotonic() + limit_s
        while not self.browser.execute_script(script):
            if time.monotonic() > end:
                text = self.browser.find_element("tag name", "body").text
                raise TimeoutError(f"{script}\n{text}")
            time.sleep(0.02)

    def saved(self) -> None:
        """Wait until nothing is on its way."""
        self.wait("return Object.keys(localStorage).length === 0")

    def card(self) -> dict:
        """The image that is shown, its given label and candidates."""
        self.browser.switch_to.window(self.handle)
        return self.browser.execute_script(
            """return {
              image: document.getElementById('image-name').textContent,
              labels: [...document.querySelectorAll('#candidates .label')]
                .map((one) => one.textContent),
              given: document.querySelector('#question .label')?.textContent,
            }"""
        )

    def press(self, keys: str, *, shift: bool = False) -> None:
        """Press keys, one after the other."""
        from selenium.webdriver import ActionChains

        self.browser.switch_to.window(self.handle)
        chain = ActionChains(self.browser, duration=0)
        if shift:
            chain.key_down("\ue008")
        chain.send_keys(*keys)
        if shift:
            chain.key_up("\ue008")
        chain.perform()


def answer_of(key: str, card: dict) -> str:
    """What a key means on a card."""
    special = {"s": "cannot tell", "x": "none of the classes", "k": card["given"]}
    return special.get(key) or card["labels"][0 if key == "\ue007" else int(key) - 1]


def decided(folder: Path) -> dict[tuple[str, str], str]:
    with DecisionStore.open(folder / "decisions.sqlite") as store:
        return {(one.reviewer, one.image): one.answer for one in store.current()}


def wait_for(there: Callable[[], bool], limit_s: float = 300) -> None:
    end = time.monotonic() + limit_s
    while not there():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.2)


def by_keyboard(
    folder: Path, number: int, seed: int, axe: Path | None
) -> Iterator[tuple[str, str]]:
    chance = random.Random(seed)
    started = time.monotonic()
    server = Server(folder)
    yield "start of the server", f"{time.monotonic() - started:.1f} s"
    expected: dict[tuple[str, str], str] = {}
    with chromium() as browser:
        ann = Page(browser, server.address)
        # What the page will show, from a page that is not touched.
        cards = browser.execute_script(
            """const found = await (await fetch('/api/queue')).json();
            const numbers = found.numbers.slice(0, arguments[0]);
            const cards = [];
            for (let at = 0; at < numbers.length; at += 100) {
              const part = numbers.slice(at, at + 100).join(',');
              cards.push(...(await (await fetch(`/api/cards?numbers=${part}`)).json()).cards);
            }
            return cards;""",
            2 * number,
        )
        views = [
            {
                "image": one["image"],
                "given": one["given"],
                "labels": [each["label"] for each in one["candidates"]],
            }
            for one in cards
        ]
        keys = [chance.choice(KEYS) for _ in range(2 * number)]
        for key, view in zip(keys[:number], views[:number], strict=True):
            ann.press(key)  # one after the other, as a person
            expected["ann", view["image"]] = answer_of(key, view)
            time.sleep(0.12)
        ann.saved()
        script = "return performance.getEntriesByName('card').map((one) => one.duration)"
        times = sorted(browser.execute_script(script))
        yield "cards shown after a key", f"{len(times)}"
        yield "key to next card, median", f"{statistics.median(times):.0f} ms"
        yield "key to next card, 95 %", f"{times[int(0.95 * len(times))]:.0f} ms"
        yield "key to next card, longest", f"{times[-1]:.0f} ms"
        yield "the same as a replay", str(decided(folder) == expected)
        started = time.monotonic()
        ann.press("".join(keys[number:]))
        wait_for(lambda: len(decided(folder)) == 2 * number)
        took = time.monotonic() - started
        for key, view in zip(keys[number:], views[number:], strict=True):
            expected["ann", view["image"]] = answer_of(key, view)
        yield f"{number} keys in one go", f"{took:.1f} s, the same: {decided(folder) == expected}"
        started = time.monotonic()
        ann.press("u" * (2 * number))
        wait_for(lambda: not decided(folder))
        yield f"{2 * number} undone", f"{time.monotonic() - started:.1f} s"
        ann.wait(
            f"return document.getElementById('image-name').textContent === '{views[0]['image']}'"
        )
        ann.press("U" * (2 * number), shift=True)
        wait_for(lambda: len(decided(folder)) == 2 * number)
        yield "redone, the same", str(decided(folder) == expected)
        yield from two_reviewers(server, browser, ann, expected, chance)
        if axe is not None:
            yield from accessibility(browser, ann, axe)
        # While the server is gone, or another one has come, a browser says so itself.
        ours = ("ERR_CONNECTION", "a status of 403", "ERR_EMPTY_RESPONSE")
        said = [one["message"] for one in browser.get_log("browser")]
        said = [one for one in said if not any(part in one for part in ours)]
        yield "console messages", f"{len(said)} {said[:2] or ''}"
        yield "requests elsewhere", str(requests_elsewhere(browser, server.port))
    server.kill()


def two_reviewers(
    server: Server,
    browser: Any,
    ann: Page,
    expected: dict[tuple[str, str], str],
    chance: random.Random,
) -> Iterator[tuple[str, str]]:
    """Two tabs in turn; the server is killed while one decides, and started again."""
    browser.switch_to.new_window("tab")
    bob = Page(browser, server.address, "bob")
    ann.open(server.address)
    for turn in range(60):
        if turn in (20, 40):
            server.kill()
            for page in (ann, bob):  # nobody answers
                key, card = chance.choice(KEYS), page.card()
                page.press(key)
                expected[page.reviewer, card["image"]] = answer_of(key, card)
                time.sleep(0.4)
            server.start()
            for page in (ann, bob):
                page.open(server.address)
        page = (ann, bob)[turn % 2]
        key, card = chance.choice(KEYS), page.card()
        page.press(key)
        expected[page.reviewer, card["image"]] = answer_of(key, card)
        page.wait(f"return document.getElementById('image-name').textContent !== '{card['image']}'")
    for page in (ann, bob):
        page.saved()
    found = decided(server.folder)
    yield "two reviewers, two kills, the same", str(found == expected)


def accessibility(browser: Any, page: Page, axe: Path) -> Iterator[tuple[str, str]]:
    """What axe-core finds, on both screens and in every view."""
    views = {
        "card": "",
        "filters": "document.getElementById('filter-open').click()",
        "keys": "document.getElementById('help').showModal()",
        "progress": "document.getElementById('progress').showModal()",
        "other": "document.getElementById('other-open').click()",
        "groups": "document.getElementById('groups-open').click()",
    }
    browser.switch_to.window(page.handle)
    found: list[str] = []
    for screen, (width, height) in SCREENS.items():
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        for scheme in ("light", "dark"):
            feature = {"name": "prefers-color-scheme", "value": scheme}
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
            for view, script in views.items():
                browser.refresh()
                page.wait("return document.getElementById('candidates').children.length > 0")
                browser.execute_script(script)
                time.sleep(0.5)
                browser.execute_script(axe.read_text(encoding="utf-8"))
                outcome = browser.execute_async_script(
                    "const done = arguments[0]; axe.run().then(done, (e) => done(String(e)))"
                )
                found += [
                    f"{screen}, {scheme}, {view}: {one['impact']} {one['id']} "
                    f"{one['nodes'][0]['html'][:80]}"
                    for one in outcome["violations"]
                ]
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        yield f"{screen}: page is {wide} px wide of", str(width)
    grave = [one for one in found if "serious" in one or "critical" in one]
    yield "axe-core: serious faults", f"{len(grave)}{''.join(f'{chr(10)}  {one}' for one in grave)}"
    yield "axe-core: other faults", f"{len(found) - len(grave)}"


def requests_elsewhere(browser: Any, port: int) -> int:
    """How many requests of the pages went to another address."""
    own = (f"http://127.0.0.1:{port}/", "data:", "chrome")
    count = 0
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            count += not message["params"]["request"]["url"].startswith(own)
    return count


def killed(folder: Path, kills: int, seed: int) -> Iterator[tuple[str, str]]:
    """Decisions arrive one after the other; the server is killed at any moment."""
    chance = random.Random(seed)
    acknowledged: list[int] = []
    sent = 0
    for _ in range(kills):
        server = Server(folder)
        threading.Timer(0.05 + 0.4 * chance.random(), server.process.kill).start()
        sent, done = until_the_end(server, sent)
        acknowledged += done
        server.process.wait()
    with DecisionStore.open(folder / "decisions.sqlite") as store:
        there = {round(event.decision.seconds) for event in store.history()}
    lost = set(acknowledged) - there
    yield f"{kills} kills: sent, acknowledged, lost", f"{sent}, {len(acknowledged)}, {len(lost)}"


def until_the_end(server: Server, sent: int) -> tuple[int, list[int]]:
    """Decide until nobody answers; returns how many were sent, and which were acknowledged."""
    token = urlsplit(server.address).query.partition("=")[2]
    headers = {
        "cookie": f"labelfix-{server.port}={token}",
        "origin": f"http://127.0.0.1:{server.port}",
        "content-type": "application/json",
    }
    done = []
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        while True:
            sent += 1
            number = sent % 300
            one = {"number": number, "image": f"{number:05d}.jpg", "answer": CLASSES[sent % 8]}
            body = {"reviewer": "ann", "key": str(sent), "decisions": [{**one, "seconds": sent}]}
            connection.request("POST", "/api/decide", json.dumps(body), headers)
            answer = connection.getresponse()
            if answer.status == 200 and json.loads(answer.read())["ids"]:
                done.append(sent)
    except (OSError, http.client.HTTPException, ValueError):
        return sent, done
    finally:
        connection.close()


if __name__ == "__main__":
    main()
