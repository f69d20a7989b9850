import html
import json
import re
import sys
import time

import pytest

from labelfix.data.answers import CANNOT_TELL, NO_CLASS
from labelfix.data.decision_store import DecisionStore


def numbers(client, query=""):
    return client.get(f"/api/queue?{query}").json["numbers"]


def current(client):
    return [(one.image, one.answer, one.reviewer) for one in client.desk.store.current()]


def test_queue__has_every_undecided_image_once(client):
    assert sorted(numbers(client)) == [0, 1, 2, 3]
    client.decide(1, "dog")
    assert sorted(numbers(client)) == [0, 2, 3]


def test_card__says_what_is_known_of_an_image(client):
    (card,) = client.get("/api/cards?numbers=1").json["cards"]
    assert (card["image"], card["given"]) == ("1.png", "cat")
    assert card["candidates"][0]["label"] == "dog"
    assert card["candidates"][0]["probability"] == 0.9
    assert [one["number"] for one in card["candidates"][0]["speakers"]] == [2, 3]
    assert card["reason"].endswith(".")
    assert client.get("/api/cards?numbers=9,77").json["cards"] == []


def test_decide__keeps_what_was_shown_and_chosen(client):
    answer = client.decide(
        1, "dog", shown=["dog", "cat"], reason="ears", kind="random", chance=0.25
    )
    assert answer.json == {"ids": [1], "event": 1}
    (one,) = client.desk.store.current()
    assert (one.image, one.given_label, one.answer) == ("1.png", "cat", "dog")
    assert (one.shown, one.reason, one.seconds) == (("dog", "cat"), "ears", 1.5)
    assert (one.reviewer, one.chance, one.source) == ("ann", 0.25, "review")


def test_decide__takes_the_special_answers_and_classes_alone(client):
    assert client.decide(0, NO_CLASS).status == 200
    assert client.decide(2, CANNOT_TELL).status == 200
    refused = client.decide(3, "bird")
    assert (refused.status, refused.json) == (400, {"error": "'bird' is not one of the classes"})
    assert len(current(client)) == 2


def test_decide__of_many_is_all_or_nothing(client):
    decisions = [
        {"number": number, "image": f"{number}.png", "answer": answer, "seconds": 1}
        for number, answer in enumerate(["cat", "dog", "bird"])
    ]
    asked = {"reviewer": "ann", "key": "k", "decisions": decisions}
    assert client.post("/api/decide", asked).status == 400
    assert current(client) == []
    asked["decisions"].pop()
    assert client.post("/api/decide", asked).json["ids"] == [1, 2]


def test_decide__of_what_makes_no_sense_is_refused(client):
    for change in (
        {"decisions": []},
        {"decisions": "x"},
        {"decisions": [5]},
        {"reviewer": " "},
        {"reviewer": "x" * 101},
        {"reviewer": 5},
        {"number": -1},
        {"number": True},
        {"number": 1.5},
        {"number": 9},
        {"image": "2.png"},
        {"image": "../../secret.png"},
        {"seconds": -1},
        {"seconds": "1"},
        {"seconds": float("nan")},
        {"shown": [1]},
        {"reason": "x" * 2001},
        {"chance": 0},
        {"kind": "other"},
    ):
        one = {"number": 1, "image": "1.png", "answer": "dog", "seconds": 1}
        asked = {"reviewer": "ann", "decisions": [one]}
        for name, value in change.items():
            (asked if name in asked else one)[name] = value
        assert (client.post("/api/decide", asked).status, change) == (400, change)
    assert current(client) == []


def test_body__that_is_no_object_is_refused(client):
    sent = {"origin": "http://127.0.0.1:4321", "content-type": "application/json"}
    for body in (b"", b"[", b"[]", b"\xff", b"[" * 100_000):
        assert client.ask("POST", "/api/decide", body, sent).status == 400


def test_decide__sent_again_is_done_once(client, review_of):
    first = client.decide(1, "dog", key="k").json
    assert client.decide(1, "dog", key="k").json == first
    restarted = review_of(client.desk.deck.data.batch)
    assert restarted.decide(1, "dog", key="k").json["ids"] == []
    assert len(client.desk.store.history()) == 1
    assert client.decide(1, "cat", key="l").json["ids"] == [2]


def test_undo__without_end_and_redo(client):
    for number in (3, 1, 2):
        client.decide(number, "dog")
    me = {"reviewer": "ann"}
    assert [client.post("/api/undo", me).json["number"] for _ in range(4)] == [2, 1, 3, None]
    assert current(client) == []
    assert client.post("/api/redo", {**me, "times": 2}).json["number"] == 1
    assert [image for image, *_ in current(client)] == ["3.png", "1.png"]
    assert client.post("/api/undo", {**me, "times": 0}).status == 400


def test_reviewers__see_what_others_decide_and_where_they_differ(client, review_of):
    other = review_of(client.desk.deck.data.batch)  # a second server on the same workspace
    client.decide(1, "dog")
    client.decide(2, "dog", reason="second opinion: unsure")
    other.decide(1, "cat", reviewer="bob")
    assert client.get("/api/progress?since=2").json["decided"] == {"1": ["ann", "bob"]}
    assert numbers(other, "status=others&reviewer=bob") == [2]
    assert numbers(other, "status=asked&reviewer=bob") == [2]
    assert numbers(client, "status=asked&reviewer=ann") == []
    assert numbers(client, "status=apart&reviewer=ann") == [1]
    assert sorted(numbers(client, "status=mine&reviewer=ann")) == [1, 2]
    assert numbers(client, "reviewer=eve") == [1, 0, 3]  # a third opinion is asked for first
    (pair,) = client.get("/api/progress").json["pairs"]
    assert (pair["reviewers"], pair["images"], pair["agreed"]) == (["ann", "bob"], 1, 0)


def test_queue__of_a_filter(client):
    for query, shown in (
        ("given=cat&suggested=dog", [1]),
        ("given=dog", [2, 3]),
        ("text=3.P", [3]),
        ("least=0.5", []),
        ("rule=wrong-label", [1]),
        ("status=all&given=cat", [0, 1]),
    ):
        assert (query, sorted(numbers(client, query))) == (query, shown)


def test_queue__of_a_wrong_filter_is_refused(client):
    for query in ("status=x", "least=x", "most=2", "least=nan"):
        assert client.get(f"/api/queue?{query}").status == 400


def test_groups__are_of_undecided_images(client):
    (group,) = client.get("/api/groups?kind=confusions").json["groups"]
    assert group == {"title": "cat → dog", "numbers": [1]}
    (copies,) = client.get("/api/groups?kind=duplicates").json["groups"]  # all have one hash
    assert copies["numbers"] == [0, 1, 2, 3]
    client.decide(1, "dog")
    assert client.get("/api/groups?kind=confusions").json["groups"] == []
    assert client.get("/api/groups?kind=other").status == 400


def test_image__of_a_card_alone(client, tmp_path):
    answer = client.get("/image/2")
    assert answer.body == (tmp_path / "2.png").read_bytes()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert client.get("/thumbnail/2").headers["content-type"] == "image/webp"
    (tmp_path / "3.png").unlink()
    for path in ("/image/3", "/image/4", "/image/-1", "/image/x", "/image/", "/image/1%00"):
        assert client.get(path).status == 404


def test_path__that_leads_elsewhere_is_not_found(client):
    for path in (
        "/static/../../gate.py",
        "/static/review.html.j2",
        "/static/..",
        "/static//etc/passwd",
        "/image/../../0.png",
        "/image/0.png",
        "/../decisions.sqlite",
        "/decisions.sqlite",
        "//etc/passwd",
        "/static/review.js\x00",
    ):
        assert (path, client.get(path).status) == (path, 404)


def test_page__holds_hostile_texts_as_data_alone(review_of, batch_of):
    texts = [
        "</script><script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7 * 7 }}",
        "' onmouseover='x",
        "a\nb\x00c",
        "\u202egnp",
        "x" * 10_000,
    ]
    images = ["\udcff.png", "<b>&amp;.png", "bytes:x", *(f"{place}.png" for place in range(4))]
    client = review_of(batch_of(texts, images=images))
    page = client.get("/").body.decode()
    assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="/static/review.js">']
    assert "<img" not in page
    (setup,) = re.findall(r'data-setup="([^"]*)"', page)
    assert json.loads(html.unescape(setup))["classes"] == sorted(texts)
    for number, text in enumerate(texts):
        assert client.get(f"/api/cards?numbers={number}").json["cards"][0]["given"] == text
        assert client.decide(number, text).status == 200
    decided = [(one.image, one.answer) for one in client.desk.store.current()]
    assert decided == list(zip(images, texts, strict=True))
    assert client.get("/image/0").status == 200


def test_page__loads_what_is_served(client):
    page = client.get("/").body.decode()
    loaded = set(re.findall(r'(?:src|href)="(/[^"#]+)"', page))
    scripts = {name for name in loaded if name.endswith(".js")}
    while scripts:
        found = {
            f"/static/{name}"
            for script in scripts
            for name in re.findall(r'from "\./([\w.]+)"', client.get(script).body.decode())
        }
        scripts = found - loaded
        loaded |= found
    assert len(loaded) == 11
    assert {client.get(path).status for path in loaded} == {200}


def test_relabel__runs_once_and_then_the_results_are_read_again(review_of, batch_of):
    client = review_of(batch_of(["cat", "dog", "owl"]), command=[sys.executable, "-c", "input"])
    before = client.desk.deck
    assert client.post("/api/relabel", {}).json["is_running"] is True
    deadline = time.monotonic() + 60
    while client.get("/api/progress").json["relabel"]["is_running"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert client.get("/api/progress").json["relabel"]["times"] == 1
    assert client.desk.deck is not before


def test_relabel__that_fails_says_why(review_of, batch_of):
    command = [sys.executable, "-c", "import sys; sys.exit('error: in use')"]
    client = review_of(batch_of(["cat", "dog", "owl"]), command=command)
    client.post("/api/relabel", {})
    deadline = time.monotonic() + 60
    while (state := client.get("/api/progress").json["relabel"])["is_running"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert (state["error"], state["times"]) == ("error: in use", 0)


def test_bug__is_told_and_answered_without_details(client, bugs, monkeypatch):
    def fail(_):
        raise RuntimeError("secret")

    monkeypatch.setattr(client.desk, "groups", fail)
    with pytest.raises(RuntimeError):  # the server logs it; the answer was sent before
        client.get("/api/groups?kind=confusions")
    assert [str(error) for error in bugs] == ["secret"]


def test_decide__says_so_where_the_file_cannot_be_written(client, monkeypatch):
    from labelfix.errors import WorkspaceError

    def fail(_):
        raise WorkspaceError("the disk is full", "Free some space.")

    monkeypatch.setattr(DecisionStore, "add_all", lambda *_: fail(_))
    answer = client.decide(1, "dog")
    assert (answer.status, answer.json["error"]) == (500, "the disk is full\nFree some space.")
