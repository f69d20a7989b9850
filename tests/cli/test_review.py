"""`labelfix review` in a process of its own: on the network, in a browser, killed and ended."""

import http.client
import json
import signal
import time
from urllib.parse import urlsplit

import pytest
from browser import PHONE, started_chromium

from labelfix.data.decision_store import DecisionStore

LONGEST_WAIT_S = 60


class Server:
    """A running `labelfix review`."""

    def __init__(self, start, folder, *more):
        self.process = start(folder, "review", "--no-browser", "--reviewer", "ann", *more)
        self.address = self.process.stdout.readline().strip()
        place = urlsplit(self.address)
        self.port, self.token = place.port, place.query.removeprefix("token=")
        self.own = {"cookie": f"labelfix-{self.port}={self.token}"}
        self.own["origin"] = f"http://127.0.0.1:{self.port}"

    def ask(self, path, value=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_WAIT_S)
        sent = self.own if headers is None else headers
        if value is None:
            connection.request("GET", path, headers=sent)
        else:
            sent = {**sent, "content-type": "application/json"}
            connection.request("POST", path, json.dumps(value), sent)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def decide(self, number, answer, seconds):
        one = {"number": number, "image": f"{number:03d}.png", "answer": answer}
        body = {"reviewer": "ann", "decisions": [{**one, "seconds": seconds}]}
        return self.ask("/api/decide", body)[0]


def current(folder):
    with DecisionStore.open(folder / ".labelfix" / "decisions.sqlite", create=False) as store:
        return [(one.reviewer, one.image, one.answer) for one in store.current()]


@pytest.mark.slow
def test_review__is_killed_and_started_again_beside_another_server(project, start):
    first = Server(start, project)
    second = Server(start, project)
    assert first.ask("/", headers={})[0] == 403
    assert first.ask("/", headers={**first.own, "host": "evil.example:80"})[0] == 403
    assert first.ask("/", headers=second.own)[0] == 403
    assert first.ask("/")[0] == 200
    for number in range(6):
        assert (first, second)[number % 2].decide(number, "cat", number) == 200
    first.process.kill()
    first.process.wait()
    third = Server(start, project, "--port", first.port)
    assert third.port == first.port
    assert third.ask("/", headers=first.own)[0] == 403
    assert third.decide(6, "owl", 6) == 200
    rows = [("ann", f"{number:03d}.png", "cat") for number in range(6)]
    assert current(project) == [*rows, ("ann", "006.png", "owl")]
    shown = json.loads(second.ask("/api/queue")[1])["numbers"]
    assert set(range(7)).isdisjoint(shown)
    third.process.send_signal(signal.SIGINT)
    assert third.process.wait(LONGEST_WAIT_S) == 130
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait(LONGEST_WAIT_S) == 143


def test_review__without_a_workspace_or_with_a_wrong_share(labelfix):
    ended = labelfix("review", "--no-browser")
    assert ended.code == 2
    assert "expected a workspace at .labelfix, found none" in ended.stderr
    ended = labelfix("review", "--stop-at", "few")
    assert ended.code == 2
    assert "--stop-at: expected a share such as 1% or 0.01, found few" in ended.stderr


def test_review__on_a_port_that_is_taken(labelfix, project):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = labelfix("review", "--no-browser", "--port", port)
    assert ended.code == 2
    assert f"--port {port}: expected a free port of this machine" in ended.stderr
    assert "Leave --port out to take a free one." in ended.stderr


@pytest.fixture
def chromium():
    yield from started_chromium()


def wait_for(there):
    end = time.monotonic() + LONGEST_WAIT_S
    while not (found := there()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return found


def press(browser, keys, *, shift=False):
    from selenium.webdriver import ActionChains

    chain = ActionChains(browser, duration=0)
    if shift:
        chain.key_down("\ue008")
    chain.send_keys(*keys)
    if shift:
        chain.key_up("\ue008")
    chain.perform()


@pytest.mark.slow
def test_review__by_keyboard_is_the_same_as_a_replay(project, start, chromium):
    server = Server(start, project)
    numbers = json.loads(server.ask("/api/queue?reviewer=ann")[1])["numbers"][:12]
    path = f"/api/cards?numbers={','.join(map(str, numbers))}"
    cards = json.loads(server.ask(path)[1])["cards"]
    keys = ["\ue007", "k", "s", "x", "1", "2"] * 2
    meaning = {"s": "cannot tell", "x": "none of the classes"}
    expected = []
    for key, card in zip(keys, cards, strict=True):
        labels = [one["label"] for one in card["candidates"]]
        place = 0 if key == "\ue007" else int(key) - 1 if key.isdigit() else -1
        answer = meaning.get(key) or (card["given"] if key == "k" else labels[place])
        expected.append(("ann", card["image"], answer))

    chromium.get(server.address)
    assert chromium.current_url == f"http://127.0.0.1:{server.port}/"
    wait_for(lambda: chromium.find_elements("css selector", "#candidates li"))
    press(chromium, keys)  # in one go
    wait_for(lambda: current(project) == expected)
    press(chromium, "u" * 12)
    wait_for(lambda: current(project) == [])
    shown = "return document.getElementById('image-name').textContent"
    wait_for(lambda: chromium.execute_script(shown) == cards[0]["image"])
    press(chromium, "u" * 12, shift=True)
    wait_for(lambda: current(project) == expected)

    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    chromium.refresh()
    wait_for(lambda: chromium.find_elements("css selector", "#candidates li"))
    assert chromium.execute_script("return document.documentElement.scrollWidth") <= 360
    assert chromium.get_log("browser") == []
    asked = [json.loads(entry["message"])["message"] for entry in chromium.get_log("performance")]
    urls = [
        one["params"]["request"]["url"]
        for one in asked
        if one["method"] == "Network.requestWillBeSent"
    ]
    assert len(urls) > 20
    own = (f"http://127.0.0.1:{server.port}/", "data:", "chrome")
    assert [url for url in urls if not url.startswith(own)] == []
