"""`labelfix export` and `labelfix import` through the real command line."""

import csv
import json

import pytest

from labelfix.data.decision_store import DecisionStore


def test_export__then_import_of_what_a_person_has_changed(labelfix, project):
    outcome = labelfix("export", "--to", "csv", "work.csv", "--rows", "all")
    assert (outcome.code, outcome.stdout) == (0, "rows                36\nwritten to work.csv\n")
    path = project / "work.csv"
    with path.open(newline="") as file:
        header, *lines = csv.reader(file)
    lines[0][header.index("verified_label")] = "owl"
    lines[1][header.index("verified_label")] = "cannot tell"
    lines += [["stranger.png", "cat", *[""] * (len(header) - 2)]]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *lines])
    command = ("import", "--from", "csv", "work.csv", "--reviewer", "Ann")
    outcome = labelfix(*command)
    assert outcome.stderr == "not in this workspace: row 37: stranger.png\n"
    assert outcome.stdout.splitlines() == [
        "rows                          37",
        "added                          2",
        "without label                 34",
        "not in this workspace          1",
        "next: labelfix relabel --out fixed.csv",
    ]
    with DecisionStore.open(project / ".labelfix" / "decisions.sqlite") as store:
        found = store.current()
    assert [(one.image, one.answer) for one in found] == [
        ("000.png", "owl"),
        ("001.png", "cannot tell"),
    ]
    assert {len(one.content_hash) for one in found} == {64}
    again = json.loads(labelfix(*command, "--json").stdout)
    assert (again["added"], again["already_there"], len(again["strangers"])) == (0, 2, 1)


def test_export__replaces_with_force_alone(labelfix, project):
    command = ("export", "--to", "huggingface", "out")
    assert labelfix(*command).code == 0
    outcome = labelfix(*command)
    assert outcome.code == 2
    assert "found an earlier export in it" in outcome.stderr
    assert labelfix(*command, "--force").code == 0
    told = json.loads(labelfix(*command, "--force", "--json").stdout)
    assert told == {"format": "huggingface", "rows": 36, "left_out": {}, "out": "out"}


def test_export__is_read_by_embed_without_unpacking(labelfix, project):
    assert labelfix("export", "--to", "huggingface", "out").code == 0
    command = ("embed", "out", "--encoder", "hog", "--workspace", "again")
    outcome = labelfix(*command)
    assert outcome.code == 0
    assert "the images of 36 rows are inside of 1 Parquet file: 36 in train" in outcome.stderr
    assert "36 images" in outcome.stderr
    assert "up to date" in labelfix(*command).stderr


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (("export", "--to", "csv", "work.txt"), "expected a name that ends in .csv or .tsv"),
        (("export", "--to", "coco", "out"), "--to: expected one of label-studio, cvat"),
        (("import", "--from", "croissant", "x"), "--from: expected one of label-studio, cvat"),
        (("import", "--from", "cvat", "x.xml"), "found nothing"),
        (("import", "--from", "cvat", "manifest.csv"), "expected XML"),
    ],
)
def test_exchange__bad_arguments_are_clear_errors(command, found, labelfix, project):
    outcome = labelfix(*command)
    assert outcome.code == 2
    assert found in " ".join(outcome.stderr.split())
    assert not (project / ".labelfix" / "decisions.sqlite").exists()
