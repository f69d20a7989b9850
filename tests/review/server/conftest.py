"""A review of a few made images, and a browser's requests without a browser."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from labelfix.data.decision_store import DecisionStore
from labelfix.review.random_part import RandomPart
from labelfix.review.review_data import ReviewData
from labelfix.review.server.application import Review
from labelfix.review.server.deck import Deck
from labelfix.review.server.desk import Desk, Plan
from labelfix.review.server.gate import Gate
from labelfix.review.server.relabel_run import RelabelRun

TOKEN = "the-token"
PORT = 4321
ORIGIN = f"http://127.0.0.1:{PORT}"


@dataclass(frozen=True)
class Answer:
    """What the server has answered."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Asks an application as a browser with the cookie does, unless it is told otherwise."""

    def __init__(self, application) -> None:
        self.application = application
        self.headers = {"host": f"127.0.0.1:{PORT}", "cookie": f"labelfix-{PORT}={TOKEN}"}

    def ask(self, method, path, body=b"", headers=(), chunks=None) -> Answer:
        """One request; `headers` of None are left out, `chunks` are sent without a length."""
        path, _, query = path.partition("?")
        sent = {**self.headers, **dict(headers)}
        messages = [
            {"type": "http.request", "body": chunk, "more_body": place + 1 < len(chunks or [body])}
            for place, chunk in enumerate(chunks or [body])
        ]
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode("utf-8", "surrogateescape"),
            "query_string": query.encode(),
            "root_path": "",
            "scheme": "http",
            "server": ("127.0.0.1", PORT),
            "client": ("127.0.0.1", 9),
            "headers": [
                (name.encode(), value.encode()) for name, value in sent.items() if value is not None
            ],
        }
        answered: list[dict[str, Any]] = []

        async def receive():
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message):
            answered.append(message)

        asyncio.run(self.application(scope, receive, send))
        start = answered[0]
        return Answer(
            start["status"],
            {name.decode(): value.decode() for name, value in start["headers"]},
            b"".join(message.get("body", b"") for message in answered[1:]),
        )

    def get(self, path, **more) -> Answer:
        return self.ask("GET", path, **more)

    def post(self, path, value, headers=()) -> Answer:
        sent = {"origin": ORIGIN, "content-type": "application/json", **dict(headers)}
        return self.ask("POST", path, json.dumps(value).encode(), sent)

    def decide(self, number, answer, *, reviewer="ann", key="", **more) -> Answer:
        image = self.get(f"/api/cards?numbers={number}").json["cards"][0]["image"]
        one = {"number": number, "image": image, "answer": answer, "seconds": 1.5, **more}
        return self.post("/api/decide", {"reviewer": reviewer, "key": key, "decisions": [one]})


@pytest.fixture
def bugs() -> list[Exception]:
    return []


@pytest.fixture
def review_of(tmp_path, bugs) -> Callable[..., Client]:
    """A client of a server on a batch; several share the file of decisions of the test."""
    stores = []

    def build(batch, *, command=None, budget=50) -> Client:
        store = DecisionStore.open(tmp_path / "decisions.sqlite")
        stores.append(store)
        data = ReviewData(batch)
        desk = Desk(lambda: Deck(data, RandomPart.of(data, store)), store, Plan(budget=budget))
        about = {"reviewer": "ann", "run": "r", "out": "fixed.csv", "canRelabel": True}
        application = Review(desk, RelabelRun(command, desk.reload), about, bugs.append)
        client = Client(Gate(inside=application.application(), token=TOKEN, port=PORT))
        client.desk = desk
        return client

    yield build
    for store in stores:
        store.close()


@pytest.fixture
def client(review_of, batch_of) -> Client:
    """Of four images: two cats, of which one looks like a dog, and two dogs."""
    return review_of(
        batch_of(
            ["cat", "cat", "dog", "dog"],
            suggested_label=["cat", "dog", "dog", "dog"],
            label=["cat", "dog", "dog", "dog"],
            self_confidence=[0.9, 0.1, 0.9, 0.9],
            confidence=[0.9, 0.9, 0.9, 0.9],
            action=["keep", "relabel", "keep", "keep"],
        )
    )
