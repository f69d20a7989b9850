"""`labelfix audit` through the real command line."""

import csv
import json

import pytest

from labelfix.data.audited_labels import read_audits
from labelfix.data.manifest import load_manifest

AUDIT = ("audit", "--budget", "5", "--out", "questions.csv")


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_audit__writes_questions_and_says_what_is_next(labelfix, project):
    outcome = labelfix(*AUDIT)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout == (
        "questions                5\n"
        "verified already         0\n"
        "written to questions.csv\n"
        "next: write a class, 'none of the classes' or 'cannot tell' into the column "
        "verified_label,\n"
        "then run labelfix run IMAGES MANIFEST --out fixed.csv --audited questions.csv\n"
    )
    rows = rows_of(project / "questions.csv")
    assert len({row["image"] for row in rows}) == 5
    given = {row["image"]: row["label"] for row in rows_of(project / "manifest.csv")}
    for row in rows:
        assert row["given_label"] == given[row["image"]]
        assert row["given_label"] in {row["candidate_1"], row["candidate_2"], row["candidate_3"]}
        assert 0 < float(row["chance"]) <= 1
        assert 0 <= float(row["wrong_probability"]) <= 1
        assert row["verified_label"] == ""


def test_audit__filled_in_they_are_read_with_the_workspaces_manifest(labelfix, project):
    assert labelfix(*AUDIT).code == 0
    path = project / "questions.csv"
    path.write_text(path.read_text().replace(",\n", ",owl\n"))
    audits = read_audits(load_manifest(project / ".labelfix" / "manifest.parquet"), [path])
    assert set(audits.answers.values()) == {"owl"}
    assert len(audits) == len(audits.chances) == 5


def test_audit__same_seed_same_questions(labelfix, project):
    texts = []
    for seed in (1, 1, 2):
        assert labelfix(*AUDIT, "--seed", seed).code == 0
        texts.append((project / "questions.csv").read_text())
    assert texts[0] == texts[1] != texts[2]


def test_audit__budget_above_the_rows_takes_all(labelfix, project):
    outcome = labelfix("audit", "--budget", "1000", "--out", "questions.parquet")
    assert outcome.stdout.splitlines()[0] == "questions               36"


def test_audit__page_and_json(labelfix, project):
    outcome = labelfix(*AUDIT, "--html", "questions.html", "--json", "--quiet")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert json.loads(outcome.stdout) == {
        "questions": 5, "verified": 0, "out": "questions.csv", "html": "questions.html",
    }  # fmt: skip
    page = (project / "questions.html").read_text(encoding="utf-8")
    assert page.count('<img class="own') == 5
    assert page.count("<script") == 1
    places = [page.index(row["image"]) for row in rows_of(project / "questions.csv")]
    assert places == sorted(places)


def test_audit__page_of_images_that_have_moved(labelfix, project):
    (project / "images").rename(project / "moved")
    assert labelfix(*AUDIT, "--html", "q.html", "--images", "moved").code == 0
    assert (project / "q.html").read_text(encoding="utf-8").count('<img class="own') == 5
    outcome = labelfix(*AUDIT, "--html", "q.html", "--images", ".")  # where they are not
    assert outcome.code == 0
    assert "5 images in question cannot be shown, for example 0" in outcome.stderr
    assert (project / "q.html").read_text(encoding="utf-8").count('class="own missing"') == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--out", "manifest.csv"), "--out manifest.csv is the manifest itself"),
        (("--out", "fixed.csv"), "expected no file, or questions that nobody has answered"),
        (("--out", "questions.jsonl"), "expected a name that ends in one of .csv, .tsv, .parquet"),
        (("--out", "q.csv", "--html", "q.csv"), "expected different files, found q.csv for both"),
        (("--out", "q.csv", "--html", "manifest.csv"), "--html manifest.csv is the manifest"),
        (("--out", "q.csv", "--budget", "0"), "--budget: expected at least 1, found 0"),
        (("--out", "q.csv", "--images", "no"), "--images: expected the image folder at no"),
    ],
)
def test_audit__nothing_is_written_where_it_must_not_be(labelfix, project, options, message):
    before = {path: path.read_bytes() for path in project.glob("*.csv")}
    outcome = labelfix("audit", *options)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert message in outcome.stderr
    assert {path: path.read_bytes() for path in project.glob("*.csv")} == before


def test_audit__answers_are_not_written_over(labelfix, project):
    assert labelfix(*AUDIT).code == 0
    path = project / "questions.csv"
    path.write_text(path.read_text().replace(",\n", ",owl\n", 1))
    answered = path.read_bytes()
    outcome = labelfix(*AUDIT)
    assert outcome.code == 2
    assert "found 1 answer\nName another file, for example --out questions-2.csv.\n" in (
        outcome.stderr
    )
    assert path.read_bytes() == answered


def test_audit__before_relabel(labelfix, project):
    (project / ".labelfix" / "corrections.parquet").unlink()
    outcome = labelfix(*AUDIT)
    assert outcome.code == 2
    assert "Run labelfix run or labelfix relabel first." in outcome.stderr


def test_audit__no_workspace(labelfix, tmp_path):
    outcome = labelfix(*AUDIT)
    assert outcome.code == 2
    assert "expected a workspace at .labelfix, found none" in outcome.stderr
    assert list(tmp_path.iterdir()) == []
