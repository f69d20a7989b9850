"""The page to look at: what it shows, and that a user's text does nothing but stand there."""

import json
import re
from html.parser import HTMLParser

import pytest

from labelfix.options.review_options import ReportOptions
from labelfix.report.page_source import content_security_policy
from labelfix.review.question_choice import choose_questions
from labelfix.review.question_page import render_page, write_page

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>alert(1)</script>",
    "<style>body{display:none}</style>",
    "<link rel=stylesheet href=http://127.0.0.1:9/x.css>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}",
    "javascript:alert(1)",
]


class Page(HTMLParser):
    """Elements with their attributes, all text, and the style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.style = ""
        self.script = ""
        self._in = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._in = tag

    def handle_endtag(self, tag):
        self._in = ""

    def handle_data(self, data):
        if self._in == "style":
            self.style += data
        elif self._in == "script":
            self.script += data
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str, kind: str = "") -> list[dict[str, str]]:
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and (not kind or kind in attributes.get("class", "").split())
        ]


def render(batch, budget=10, **options):
    questions = choose_questions(batch.manifest.images, batch.corrections, budget, seed=0)
    return Page(render_page(batch, questions, ReportOptions(**options))), questions


def test_render_page__shows_every_question_in_order(batch_of):
    batch = batch_of(["cat", "dog", "owl", "cat"], second_label=["dog", "cat", "cat", "owl"])
    page, questions = render(batch)
    assert len(page.all("img", "own")) == len(questions) == 4
    places = [page.text.index(f"Question {number + 1} {asked.image} given {asked.given_label}")
              for number, asked in enumerate(questions)]  # fmt: skip
    assert places == sorted(places)
    assert "cat 80.0 % dog 15.0 %" in page.text
    assert "20.0 % likely wrong" in page.text
    assert len(page.all("img")) == 4 + 4 * 2  # each with its two nearest
    assert len(page.all("li", "for")) == sum(
        label == batch.corrections.given_label[row]
        for row, nearest in enumerate(batch.within.indices)
        for label in batch.corrections.given_label[nearest]
    )
    assert "none of the classes" in page.text
    assert "cannot tell" in page.text


def test_render_page__loads_nothing_and_runs_nothing(batch_of):
    page, _ = render(batch_of(["cat", "dog", "owl"]))
    (policy,) = (found["content"] for found in page.all("meta") if "http-equiv" in found)
    assert policy == content_security_policy(page.style, page.script)
    assert len(page.all("script")) == 1
    assert page.all("base") == page.all("form") == []
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        for name in {"src", "href"} & attributes.keys():
            assert re.match(r"data:", attributes[name]), attributes
    assert "url(" not in page.style
    assert "@import" not in page.style


@pytest.mark.slow
@pytest.mark.parametrize("hostile", HOSTILE)
def test_render_page__hostile_text_is_inert(batch_of, hostile):
    harmless, _ = render(batch_of(["cat", "dog", "owl"]), most_neighbours=0)
    batch = batch_of(
        [hostile, "dog", "owl"], images=[f"a/{hostile}", "1.png", "2.png"], written=False,
        second_label=[hostile] * 3, suggested_label=[hostile] * 3,
    )  # fmt: skip
    page, _ = render(batch, most_neighbours=0)
    assert {tag for tag, _ in page.elements} - {"div", "span"} <= {
        tag for tag, _ in harmless.elements
    }
    assert page.style == harmless.style
    for _, attributes in page.elements:
        data = {attributes.pop("data-facts", ""), attributes.pop("data-setup", "")}  # for a script
        assert all(json.loads(one) for one in data if one)
        assert not any("alert" in value or "127.0.0.1" in value for value in attributes.values())
    assert " ".join(f"a/{hostile}".split()) in page.text


def test_render_page__images_that_cannot_be_read(batch_of, tmp_path):
    batch = batch_of(["cat", "dog", "owl"])
    (tmp_path / "0.png").unlink()
    (tmp_path / "1.png").write_bytes(b"no image")
    batch.row_images[2] = -1
    page, _ = render(batch)
    assert page.all("img", "own") == []
    assert len(page.all("div", "missing")) == 3
    assert "no image" in page.text


def test_render_page__as_many_images_as_there_is_room_for(batch_of, monkeypatch):
    batch = batch_of(["cat"] * 40)
    monkeypatch.setattr("labelfix.report.thumbnails.MARKUP_BYTES", 30_000)
    page, _ = render(batch, budget=40, most_bytes=500_000)
    shown = len(page.all("img", "own"))
    assert 0 < shown < 40
    assert f"There was no room for {40 - shown} more images on this page." in page.text


def test_render_page__answers_have_the_chance_of_the_draw(batch_of):
    batch = batch_of(["cat", "dog", "owl"], second_label=["dog", "cat", "cat"])
    page, questions = render(batch, budget=2)
    facts = [json.loads(one["data-facts"]) for one in page.all("li", "card")]
    assert [one["image"] for one in facts] == [asked.image for asked in questions]
    assert [float(one["chance"]) for one in facts] == [asked.chance for asked in questions]
    assert facts[0]["choices"] == [[questions[0].given_label], *(
        [one.label] for one in questions[0].candidates if one.label != questions[0].given_label
    )]  # fmt: skip
    (setup,) = (json.loads(one["data-setup"]) for one in page.all("div", "decisions"))
    assert setup["everything"] is False


def test_write_page__gives_its_size(batch_of, tmp_path):
    batch = batch_of(["cat", "dog", "owl"])
    questions = choose_questions(batch.manifest.images, batch.corrections, 2, seed=0)
    size = write_page(tmp_path / "q.html", batch, questions, ReportOptions())
    assert (tmp_path / "q.html").stat().st_size == size
