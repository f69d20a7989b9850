"""The history of checks: a line more for each, and what cannot be one."""

import csv
import json
from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from labelfix.check.history import add_to_history, past_check, read_history
from labelfix.check.verdict import Exceeded, Finding, Verdict
from labelfix.data.shares import WrongShare
from labelfix.errors import InputError

ENDED = datetime(2030, 1, 31, 8, 15, 30, tzinfo=UTC)


def verdict(*rules: str, **more) -> Verdict:
    levels = {"wrong-label": "error"}
    findings = tuple(
        Finding(rule=rule, level=levels.get(rule, "warning"), message="m") for rule in rules
    )
    values = {"wrong_share": WrongShare(rows=90, share=1 / 3, low=0.25, high=0.5), **more}
    return Verdict(
        source="labels.csv",
        folder="images",
        is_folder=False,
        rows=100,
        rows_checked=90,
        findings=findings,
        **values,
    )


def test_past_check__what_is_kept():
    failed = verdict(
        "wrong-label", "wrong-label", "off-topic", known=2, exceeded=(Exceeded("--x", "y"),)
    )
    kept = asdict(past_check(failed, ENDED))
    assert kept.pop("labelfix")
    assert kept == {
        "time": "2030-01-31T08:15:30Z",
        "source": "labels.csv",
        "verdict": "failed",
        "rows": 100,
        "rows_checked": 90,
        "findings": 3,
        "errors": 2,
        "warnings": 1,
        "known": 2,
        "wrong_share": 0.333333,
        "low": 0.25,
        "high": 0.5,
        "counts": {"off-topic": 1, "wrong-label": 2},
    }


@pytest.mark.parametrize("name", ["h.jsonl", "h.csv", "H.CSV"])
def test_add_to_history__a_line_for_each_check(tmp_path, name):
    path = tmp_path / name
    checks = [
        past_check(verdict("wrong-label"), ENDED),
        past_check(verdict(), ENDED),
        past_check(verdict("off-topic", "off-topic", wrong_share=None), ENDED),
    ]
    assert read_history(path) == ()
    for number, check in enumerate(checks, start=1):
        assert add_to_history(path, check)[-1] == check
        assert len(read_history(path)) == number
    found = read_history(path)
    assert [(one.counts, one.wrong_share) for one in found] == [
        (one.counts, one.wrong_share) for one in checks
    ]
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3 + (path.suffix.lower() == ".csv")


def test_add_to_history__what_a_user_added_stays(tmp_path):
    table, lines = tmp_path / "h.csv", tmp_path / "h.jsonl"
    for path in (table, lines):
        add_to_history(path, past_check(verdict("wrong-label"), ENDED))
    header, row = table.read_text().splitlines()
    table.write_text(f"{header},who\n{row},anna\n")
    line = json.loads(lines.read_text()) | {"who": "anna"}
    lines.write_text(json.dumps(line))  # and no newline at the end
    for path in (table, lines):
        assert len(add_to_history(path, past_check(verdict("off-topic"), ENDED))) == 2
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["who"] for row in rows] == ["anna", ""]
    assert [row["off-topic"] for row in rows] == ["", "1"]
    first, _ = lines.read_text().splitlines()
    assert json.loads(first) == line


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("h.txt", "", r"--history .*h.txt: expected a name that ends in .jsonl or .csv"),
        ("h.jsonl", "{}\n", "line 1: expected a check of labelfix, found a line without time"),
        ("h.jsonl", "\nx\n", "line 1: expected a check of labelfix, found ''"),
        ("h.jsonl", "[1]\n", "line 1: expected a check of labelfix, found a list"),
        ("h.csv", "image,label\na.png,cat\n", "line 2: .* found a line without time"),
        ("h.csv", b"\xff\xfe", "expected UTF-8, found other bytes"),
    ],
)
def test_read_history__no_history(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=message):
        read_history(path)


@pytest.mark.parametrize(
    ("key", "value"), [("rows", "many"), ("wrong_share", "1 %"), ("time", 5), ("counts", 3)]
)
def test_read_history__a_value_of_another_kind(tmp_path, key, value):
    path = tmp_path / "h.jsonl"
    line = asdict(past_check(verdict(), ENDED)) | {key: value}
    path.write_text(json.dumps(line))
    with pytest.raises(InputError, match=rf"line 1: expected a check of labelfix, found {key} "):
        read_history(path)
