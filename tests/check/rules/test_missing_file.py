"""Rows without an image or a label."""

import hashlib

import numpy as np
import pytest

from labelfix.check.rules.missing_file import NO_FILE
from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import Finding
from labelfix.data.corrections import NO_LABEL
from labelfix.images.decode import UnreadableImageError, read_image_file
from labelfix.options.rule_options import RuleOptions


def row_findings(inspection) -> list[Finding]:
    """The findings of some rules, in the order of the rows."""
    found = [
        finding
        for name in ("missing-label", "missing-file", "unreadable")
        for finding in inspection.findings_of(RULES[name])
    ]
    return sorted(found, key=lambda finding: finding.row)


def missing(image: str = "gone.png", **more) -> dict:
    return {"image": image, "has_image": False, "reason": "file does not exist", **more}


def test_no_file__is_what_reading_says(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    reasons = set()
    for name in ("gone.png", "link", "file/a.png"):
        with pytest.raises(UnreadableImageError) as refused:
            read_image_file(tmp_path / name)
        reasons.add(refused.value.reason)
    assert reasons == NO_FILE


def test_row_findings__missing_file(make_inspection):
    (finding,) = row_findings(make_inspection([{"image": "a.png"}, missing()]))
    assert (finding.rule, finding.level, finding.row) == ("missing-file", "error", 2)
    assert (finding.image, finding.content_hash) == ("gone.png", "")
    assert finding.message == "file does not exist"


def test_row_findings__unreadable_file_is_known_by_its_bytes(make_inspection, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no image")
    bad = missing("bad.png", reason="damaged: cut short")
    (finding,) = row_findings(make_inspection([bad], folder=tmp_path))
    assert (finding.rule, finding.level) == ("unreadable", "error")
    assert finding.content_hash == hashlib.sha256(b"no image").hexdigest()
    assert finding.message == "the image cannot be used: damaged: cut short"
    assert finding.suggested_label is None


def test_row_findings__missing_label_that_is_predicted(make_inspection):
    blank = {"image": "a.png", "label": " ", "suggested": "dog"}
    (finding,) = row_findings(make_inspection([blank, {"image": "b.png"}]))
    assert (finding.rule, finding.level) == ("missing-label", "error")
    assert (finding.given_label, finding.suggested_label) == (" ", "dog")
    assert finding.message == "the row has no label; looks like 'dog' (90.0 % likely)"


def test_row_findings__missing_label_for_review_suggests_none(make_inspection):
    blank = {"image": "a.png", "label": "", "suggested": "dog", "action": "review"}
    (finding,) = row_findings(make_inspection([blank]))
    assert (finding.rule, finding.suggested_label) == ("missing-label", None)
    assert finding.message == "the row has no label"


@pytest.mark.parametrize("is_there", [True, False])
def test_row_findings__missing_label_and_perhaps_its_file(make_inspection, tmp_path, is_there):
    if is_there:
        (tmp_path / "a.png").write_bytes(b"some image")
    unused = missing("a.png", label="", reason=NO_LABEL)
    found = list(row_findings(make_inspection([unused], folder=tmp_path)))
    expected = ["missing-label"] if is_there else ["missing-label", "missing-file"]
    assert [finding.rule for finding in found] == expected
    assert bool(found[0].content_hash) == is_there


def test_row_findings__missing_label_in_a_folder_that_nobody_knows(make_inspection):
    (finding,) = row_findings(make_inspection([missing(label="", reason=NO_LABEL)]))
    assert finding.rule == "missing-label"


def test_row_findings__only_selected_rules(make_inspection):
    rows = [missing(), missing("b.png", reason="empty file (0 bytes)"), missing("c.png", label="")]
    options = RuleOptions(ignore=frozenset({"missing-file", "missing-label"}))
    (finding,) = row_findings(make_inspection(rows, options))
    assert (finding.rule, finding.row) == ("unreadable", 2)


def test_row_findings__name_that_is_no_text(make_inspection):
    (finding,) = row_findings(make_inspection([missing("caf\udce9.png")]))
    assert finding.image == "bytes:caf%E9.png"


def test_row_findings__nothing_to_find(make_inspection):
    kept = {"image": "a.png", "self_confidence": np.nan}
    assert list(row_findings(make_inspection([kept]))) == []
