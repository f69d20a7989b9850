"""A report that does not fit into one file: every page, link and image of its folder."""

import re
import tracemalloc
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from labelfix.check.verdict import Finding
from labelfix.data.shares import WrongShare
from labelfix.errors import OutputError
from labelfix.judging.batch import BatchNoise
from labelfix.options.review_options import ReportOptions
from labelfix.report.contents import ReportContents
from labelfix.report.folder_form import CARDS_OF_PAGE, FIRST_CARDS
from labelfix.report.folder_images import write_images
from labelfix.report.page import write_report
from labelfix.report.page_maker import PageMaker
from labelfix.report.report_place import MARK
from labelfix.runtime.progress import Silent

ROWS = 240


@pytest.fixture(scope="module")
def written(tmp_path_factory, make_batch, wrong_labels, write_pictures):
    """240 images of 12 classes, all wrong, with a group of three copies; in a folder's form."""
    folder = tmp_path_factory.mktemp("folder")
    kinds = [f"kind <{index}>" for index in range(12)]
    given = [kinds[row % 12 if row % 3 else 0] for row in range(ROWS)]
    suggested = [kinds[(row % 12 + 1) % 12 if row % 3 else 1] for row in range(ROWS)]
    noise = BatchNoise(
        overall=WrongShare(rows=ROWS, share=1.0, low=0.9, high=1.0),
        class_names=kinds,
        transition=np.full((12, 12), 1 / 12),
    )
    batch = make_batch(
        folder / "images",
        given,
        suggested,
        confidence=np.linspace(0.99, 0.6, ROWS),
        noise=noise,
    )
    write_pictures(folder / "images", batch.images.names, (300, 40))
    findings = wrong_labels(batch)
    findings += [
        Finding(
            rule="near-duplicate",
            level="warning",
            message="the same image as in row 1",
            image=f"{row}.png",
            row=row + 1,
            given_label=given[row],
            related=("0.png",),
        )
        for row in (4, 5)
    ]
    out = folder / "a report.html"
    options = ReportOptions(most_bytes=500_000)
    contents = ReportContents(batch=batch, findings=findings, options=options)
    return contents, out, write_report(out, contents)


def texts_of(out: Path) -> dict[str, str]:
    """Each page by its path as seen from the page to open."""
    pages = {out.name: out.read_text(encoding="utf-8")}
    folder = out.with_name(f"{out.stem}_files")
    return pages | {
        f"{folder.name}/{page.name}": page.read_text(encoding="utf-8")
        for page in sorted(folder.glob("*.html"))
    }


def rows_of(text: str) -> list[int]:
    return [int(row) for row in re.findall(r'<li class="card"[^>]* data-row="(\d+)"', text)]


def test_write_report__says_that_it_is_a_folder(written):
    _, out, report = written
    assert (report.page, report.folder) == (out, out.with_name("a report_files"))
    assert (report.findings, report.left_out) == (ROWS, {})
    assert report.bytes == out.stat().st_size
    (remark,) = report.remarks
    assert "a report_files" in remark
    assert "--single-file" in remark


def test_folder__every_finding_is_on_a_page_of_all_of_its_class_and_of_its_pair(written):
    contents, out, _ = written
    pages = texts_of(out)
    assert rows_of(pages[out.name]) == list(range(1, FIRST_CARDS + 1))
    for kind in ("findings", "class"):
        found = [
            row for name, text in pages.items() if f"/{kind}-" in name for row in rows_of(text)
        ]
        assert sorted(found) == list(range(1, ROWS + 1)), kind
    counted: dict[tuple[str, str], int] = {}
    for one in contents.findings[:ROWS]:
        pair = (one.given_label, one.suggested_label)
        counted[pair] = counted.get(pair, 0) + 1
    found = [row for name, text in pages.items() if "/pair-" in name for row in rows_of(text)]
    assert len(found) == sum(number for number in counted.values() if number > 1)
    first = pages["a report_files/findings-1.html"]
    assert len(rows_of(first)) == CARDS_OF_PAGE
    assert f"1 to {CARDS_OF_PAGE} of {ROWS}" in " ".join(first.split())


def test_folder__every_link_and_image_is_there_and_nothing_is_elsewhere(written):
    _, out, report = written
    for name, text in texts_of(out).items():
        here = out.parent / name
        for address in re.findall(r'(?:href|src|data-larger|data-file|data-href)="([^"]+)"', text):
            if address == "data:,":
                continue
            path, _, anchor = unquote(address).partition("#")
            target = (here.parent / path) if path else here
            assert target.is_file(), (name, address)
            if anchor:
                assert f'id="{anchor}"' in target.read_text(encoding="utf-8"), (name, address)
        assert "data:image" not in text
        assert "img-src data: &#39;self&#39; file:;" in text
    images = list((report.folder / "images").rglob("*.webp"))
    assert len(images) == ROWS
    assert not [path for path in report.folder.rglob("*") if "labelfix-part" in path.name]


def test_folder__a_click_shows_the_pixels_of_the_file(written):
    _, out, report = written
    with Image.open(report.folder / "images" / "batch-0" / "7.jpg") as large:
        assert large.size == (300, 40)
        assert not large.getexif()
    with Image.open(report.folder / "images" / "batch-0" / "7.webp") as small:
        assert max(small.size) == 256
    page = out.read_text(encoding="utf-8")
    assert 'data-size="300 \N{MULTIPLICATION SIGN} 40 px"' in page
    assert 'data-larger="a%20report_files/images/batch-0/7.jpg"' in page
    assert 'data-file="images/7.png"' in page


def test_folder__copies_are_one_group(written):
    _, out, _ = written
    pages = texts_of(out)
    for text in (pages[out.name], pages["a report_files/duplicates-1.html"]):
        (group,) = re.findall(r'<li class="group">.*?</ul>', text, re.DOTALL)
        assert [int(row) for row in re.findall(r"row&nbsp;(\d+)", group)] == [1, 5, 6]


def test_folder__labels_are_escaped_everywhere(written):
    _, out, _ = written
    for text in texts_of(out).values():
        assert "kind <" not in text
        assert "kind &lt;" in text


@pytest.mark.slow
def test_write_report__again_replaces_the_folder_and_a_single_file_removes_it(
    written, tmp_path, make_batch, wrong_labels
):
    contents, _, _ = written
    out = tmp_path / "r.html"
    folder = tmp_path / "r_files"
    write_report(out, contents)
    (folder / "old.html").write_text("old", encoding="utf-8")
    write_report(out, contents)
    assert folder.is_dir()
    assert not (folder / "old.html").exists()
    few = replace(contents, findings=contents.findings[:3])
    assert write_report(out, few).folder is None
    assert not folder.exists()


def test_write_report__a_folder_of_the_user_is_never_replaced(written, tmp_path):
    contents, _, _ = written
    (tmp_path / "r_files").mkdir()
    (tmp_path / "r_files" / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="found another folder"):
        write_report(tmp_path / "r.html", contents)
    assert (tmp_path / "r_files" / "thesis.txt").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "r.html").exists()


def test_write_report__into_a_folder(written, tmp_path):
    contents, _, _ = written
    few = replace(contents, findings=contents.findings[:3])
    report = write_report(tmp_path / "report", few)
    assert report.page == tmp_path / "report" / "index.html"
    assert (tmp_path / "report" / "index_files" / MARK).is_file()


@pytest.mark.slow
def test_write_images__memory_does_not_grow_with_the_images(written, tmp_path):
    contents, _, _ = written
    peaks = []
    for number in (40, ROWS):
        maker = PageMaker(replace(contents, findings=contents.findings[:number]))
        tracemalloc.start()
        write_images(maker, tmp_path / str(number), Silent())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    pixels_of_the_others = 200 * 300 * 40 * 3
    assert peaks[1] - peaks[0] < pixels_of_the_others / 4
