"""The page as a whole."""

import base64
import hashlib
import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from labelfix.check.verdict import Exceeded, Finding, Verdict
from labelfix.data import names
from labelfix.data.neighbours import Neighbours
from labelfix.data.shares import AnnotatorQuality, WrongShare
from labelfix.errors import InputError, OutputError
from labelfix.judging.batch import BatchNoise, KnownImages
from labelfix.noise.encoder_strength import EncoderStrength
from labelfix.options.review_options import ReportOptions
from labelfix.report.contents import ReportContents
from labelfix.report.page import render_report, write_report
from labelfix.report.page_maker import SCRIPTS
from labelfix.report.page_source import TEMPLATES, content_security_policy, source
from labelfix.scoring.truth_table import Truth

VOID = {"meta", "link", "img", "input", "br", "rect", "line", "circle"}
"""Without an end; of SVG those that the templates close themselves."""


class Page(HTMLParser):
    """Elements with their attributes, in order, and all text but that of style and script."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.inline: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} stands twice"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] in ("style", "script"):
            self.inline[self._open[-1]] = self.inline.get(self._open[-1], "") + data
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        return [
            found
            for name, found in self.elements
            if name == tag and all(found.get(key) == value for key, value in attributes.items())
        ]


@pytest.fixture
def contents(tmp_path, make_batch, wrong_labels, write_pictures):
    """Everything that a page can show."""
    noise = BatchNoise(
        overall=WrongShare(rows=6, share=0.5, low=0.4, high=0.6),
        of_class={label: WrongShare(rows=2, share=0.5, low=0.4, high=0.6) for label in "abc"},
        annotators=[
            AnnotatorQuality(name="Ada & co", labels=2, right_share=0.5, low=0.4, high=0.6)
        ],
        class_names=list("abc"),
        transition=np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.0, 0.0, 1.0]]),
    )
    batch = make_batch(tmp_path / "images", list("aabbcc"), list("abbbca"), noise=noise)
    write_pictures(tmp_path / "images", batch.images.names)
    findings = [
        *wrong_labels(batch),
        Finding(rule="rare-class", level="warning", message="too few images", given_label="c"),
        Finding(
            rule="noisy-annotator", level="warning", message="half are wrong", subject="Ada & co"
        ),
        Finding(
            rule="missing-file", level="error", message="there is no such image", image="gone.png"
        ),
    ]
    verdict = Verdict(
        source="m & m.csv",
        folder="images",
        is_folder=False,
        rows=6,
        rows_checked=6,
        findings=tuple(findings),
        known=2,
        wrong_share=noise.overall,
        exceeded=(Exceeded("--max-findings", "0 were allowed, 3 were found"),),
    )
    truth = Truth("truth.csv", {"0.png": "a", "1.png": "b", "5.png": "c"})
    return ReportContents(batch=batch, findings=findings, verdict=verdict, truth=truth)


def test_render_report__shows_every_part(contents):
    page = Page(render_report(contents))
    assert [one["id"] for one in page.all("section")] == [
        "summary",
        "findings",
        "classes",
        "noise",
        "shares",
        "confidence",
        "truth",
        "rules",
    ]
    for shown in (
        "m & m.csv",
        "Fails 0 were allowed, 3 were found --max-findings",
        "The baseline knows 2 more findings.",
        "rare-class c too few images",
        "noisy-annotator Ada & co half are wrong",
        "66.67\N{NO-BREAK SPACE}%",  # right as given: two of the three whose truth is known
        "1 of 2",
    ):
        assert shown in page.text or shown in " ".join(page.texts), shown
    cards = page.all("li", **{"class": "card"})
    assert [card["data-rule"] for card in cards] == ["wrong-label", "wrong-label", "missing-file"]
    assert [card["data-row"] for card in cards] == ["2", "6", "0"]
    assert len(page.all("img")) == 2 + 2 * 3


def test_render_report__of_an_empty_batch_says_so(tmp_path, make_batch):
    batch = make_batch(tmp_path, ["a", "b"], noise=BatchNoise(overall=None))
    page = Page(render_report(ReportContents(batch=batch, findings=[])))
    assert "Nothing was found." in page.text
    assert "There is no finding about an image." in page.text
    assert "no row was judged" in page.text


def test_render_report__passing(contents):
    verdict = replace(contents.verdict, exceeded=())
    assert (
        "Passes The batch exceeds no threshold."
        in Page(render_report(replace(contents, verdict=verdict))).text
    )


def test_render_report__policy_has_the_hashes_of_style_and_script(contents):
    html = render_report(contents)
    page = Page(html)
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    for tag in ("style", "script"):
        inside = re.search(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)[1]
        assert inside == page.inline[tag] != ""
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy["content"]
    tags = [tag for tag, _ in page.elements]
    assert tags.count("style") == tags.count("script") == 1
    assert tags.index("meta") < tags.index("style")


def test_render_report__needs_nothing_from_outside(contents):
    page = Page(render_report(contents))
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name != "style", tag
            if name in ("src", "href", "action", "srcset", "data", "poster", "xlink:href"):
                assert value.startswith(("data:", "#")), (tag, name, value)
    assert "url(" not in page.inline["style"]
    assert "@import" not in page.inline["style"]


def test_render_report__script_makes_no_markup_of_text():
    script = source(*(TEMPLATES / name for name in SCRIPTS))
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
    ):
        assert word not in script
    assert "fetch" not in script


def test_render_report__can_be_found_around_without_eyes(contents):
    page = Page(render_report(contents))
    ids = [one["id"] for _, one in page.elements if "id" in one]
    assert len(ids) == len(set(ids))
    for tag, one in page.elements:
        for name in ("aria-labelledby", "aria-controls", "for"):
            if name in one:
                assert set(one[name].split()) <= set(ids), (tag, one)
        if one.get("href", "").startswith("#"):
            assert one["href"][1:] in ids
        if tag == "img":
            assert "alt" in one
        if tag == "svg":
            assert one.get("aria-hidden") == "true" or (
                one["role"] == "img" and len(one["aria-labelledby"].split()) == 2
            )
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.all(landmark)) == 1
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    body = levels[:-1]  # the last one is the dialog's
    assert all(after - before <= 1 for before, after in itertools.pairwise(body))
    (count,) = page.all("span", id="count")
    assert count["aria-live"] == "polite"


def test_render_report__is_whole_without_a_script(contents):
    page = Page(render_report(contents))
    hidden = [one for _, one in page.elements if "hidden" in one]
    assert all("data-needs-script" in one or one.get("id") == "nothing" for one in hidden)


@pytest.mark.slow
def test_render_report__the_same_twice(contents):
    assert render_report(contents) == render_report(contents)


@pytest.mark.slow
def test_render_report__hostile_texts_stand_there_as_text(
    tmp_path, make_batch, wrong_labels, hostile_texts
):
    labels = [names.to_text(text) for text in hostile_texts]
    batch = make_batch(
        tmp_path,
        labels,
        labels[1:] + labels[:1],
        images=[text.replace("/", "_").replace("\0", "_") for text in hostile_texts],
    )
    findings = [replace(one, message=one.given_label) for one in wrong_labels(batch)]
    plain = Page(
        render_report(
            ReportContents(batch=make_batch(tmp_path, ["a"] * 50, ["b"] * 50), findings=[])
        )
    )
    page = Page(render_report(ReportContents(batch=batch, findings=findings)))
    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in plain.elements} | {
        *("li", "ol", "ul", "h4", "svg", "rect", "form", "label", "input", "select", "option"),
        *("output", "bdi", "span", "i", "small", "b", "div", "p", "dl", "code"),
        *("table", "thead", "tbody", "tr", "th", "td", "h2", "h3", "button"),
    }
    assert len(page.all("script")) == len(page.all("style")) == 1
    shown = "".join(page.texts)
    for text in labels:
        if len(text) < 160 and text.isprintable():
            assert text in shown, text
    assert r"\u202egnp.exe\u2066" in shown
    assert r"\x1b[31mred\x1b[0m\x07" in shown
    assert "(10,000 characters)" in shown
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "".join(shown))


@pytest.mark.slow
def test_write_report__one_file_of_4_000_findings_stays_small(
    tmp_path, make_batch, wrong_labels, write_pictures
):
    rows, classes = 10_000, 100
    kinds = [f"a class with a long name {index:03d}" for index in range(classes)]
    given = [kinds[row % classes] for row in range(rows)]
    suggested = [kinds[(row + (row < 4000)) % classes] for row in range(rows)]
    pictures = [f"{row}.png" for row in range(40)]
    write_pictures(tmp_path / "images", pictures, (96, 96))
    noise = BatchNoise(
        overall=WrongShare(rows=rows, share=0.4, low=0.3, high=0.5),
        of_class={kind: WrongShare(rows=100, share=0.4, low=0.3, high=0.5) for kind in kinds},
        annotators=[
            AnnotatorQuality(
                name=f"annotator {index}", labels=9, right_share=0.5, low=0.4, high=0.6
            )
            for index in range(1000)
        ],
        class_names=kinds,
        transition=np.full((classes, classes), 1 / classes),
    )
    batch = make_batch(
        tmp_path / "images",
        given,
        suggested,
        confidence=np.linspace(0.99, 0.6, rows),
        noise=noise,
        k=10,
    )
    # Every image is one of a few: to write 10,000 of them would take the test's whole time.
    batch = replace(
        batch,
        images=KnownImages(
            names=[pictures[row % 40] for row in range(rows)],
            labels=given,
            content_hashes=[""] * rows,
            splits=None,
            folder=tmp_path / "images",
        ),
    )
    findings = wrong_labels(batch)
    assert len(findings) == 4000
    target = tmp_path / "report.html"
    options = ReportOptions(single_file=True)
    written = write_report(target, ReportContents(batch=batch, findings=findings, options=options))
    assert written.bytes == target.stat().st_size <= 5_000_000
    assert written.folder is None
    page = Page(target.read_text(encoding="utf-8"))
    cards = len(page.all("li", **{"class": "card"}))
    assert 200 < cards == written.findings < 4000
    assert written.left_out == {"wrong-label": 4000 - cards}
    assert f"{cards:,} findings are shown here. There is no room in one file for all" in page.text
    assert f"{4000 - cards:,} wrong-label" in page.text
    assert "The page has no room for" not in page.text
    assert len(page.all("img")) == cards * 9
    assert "800 more with smaller shares left out" in page.text


@pytest.mark.slow
def test_render_report__images_that_are_gone_have_a_placeholder(contents):
    for image in contents.batch.images.folder.iterdir():
        image.unlink()
    page = Page(render_report(contents))
    assert page.all("img") == []
    assert "file does not exist" in page.text
    assert "images could not be read again." in page.text


@pytest.mark.slow
def test_render_report__names_that_are_no_utf_8(tmp_path, make_batch, wrong_labels, write_pictures):
    name = "caf\udce9.png"
    batch = make_batch(tmp_path, ["a", "b"], ["b", "b"], images=[name, "ok.png"])
    write_pictures(tmp_path, [name, "ok.png"])
    page = Page(render_report(ReportContents(batch=batch, findings=wrong_labels(batch))))
    assert "bytes:caf%E9.png" in page.text
    assert len(page.all("img")) == 2


@pytest.mark.slow
def test_render_report__an_image_without_neighbours(tmp_path, make_batch, wrong_labels):
    batch = make_batch(tmp_path, ["a", "b"], ["b", "b"])
    alone = replace(
        batch, within=Neighbours(np.zeros((2, 0), np.int64), np.zeros((2, 0), np.float32))
    )
    lead = "Labels of the "
    assert (
        lead in Page(render_report(ReportContents(batch=batch, findings=wrong_labels(batch)))).text
    )
    page = Page(render_report(ReportContents(batch=alone, findings=wrong_labels(alone))))
    assert lead not in page.text


@pytest.mark.slow
def test_write_report__into_a_place_that_is_none(contents, tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="could not be written"):
        write_report(tmp_path / "file" / "report.html", contents)


@pytest.mark.parametrize(
    "wrong", [{"most_cards": -1}, {"most_neighbours": -1}, {"most_bytes": 1000}]
)
def test_report_options__check_their_ranges(wrong):
    with pytest.raises(InputError, match="most_"):
        ReportOptions(**wrong)


def test_content_security_policy__allows_one_style_one_script_and_data_images():
    def hash_of(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()

    policy = content_security_policy("a{}", "é")
    assert policy.split("; ") == [
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{hash_of('a{}')}'",
        f"script-src 'sha256-{hash_of('é')}'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
    ]


def test_content_security_policy__without_a_script():
    policy = content_security_policy("a{}")
    assert "script-src 'none'" in policy.split("; ")


@pytest.mark.parametrize("is_weak", [True, False])
def test_render_report__weak_encoder_is_said_once(contents, is_weak):
    strength = EncoderStrength(
        encoder="hog",
        recognised=0.8 if is_weak else 0.98,
        confused=[("<b>", "c", 0.1)],
        low=0.4,
        high=0.6,
    )
    noise = replace(contents.batch.noise, encoder=strength)
    page = Page(render_report(replace(contents, batch=replace(contents.batch, noise=noise))))
    shown = " ".join(page.texts)
    assert shown.count("Weak encoder") == is_weak
    assert shown.count(strength.warning() or "labelfix audit") == is_weak
