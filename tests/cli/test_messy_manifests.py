"""Manifests and folders as people have them, through the real command line."""

import csv
import json

import openpyxl
import pytest

from labelfix.data import manifest_inputs

BEGINNING = "C:\\data\\"


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write_csv(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def moved(project):
    """A manifest of the project as it looks on the machine of somebody else."""
    rows = rows_of(project / "manifest.csv")
    place = rows[0].index("image")
    for row in rows[1:]:
        row[place] = BEGINNING + row[place].replace("/", "\\")
    rows[0] = [{"image": "File Name", "label": "Class"}.get(name, name) for name in rows[0]]
    write_csv(project / "moved.csv", rows)
    return rows


RUN = ("run", "images", "moved.csv", "--encoder", "hog", "--out", "again.csv")


def test_run__paths_of_another_machine(labelfix, project, moved):
    outcome = labelfix(*RUN)
    assert outcome.code == 0
    first = outcome.stderr.splitlines()[0]
    assert first.startswith("the image paths of all 36 rows do not fit as written")
    assert "('\\' as '/', without 'C:/data/')" in first
    assert "embed   up to date" in outcome.stderr
    fixed, again = rows_of(project / "fixed.csv"), rows_of(project / "again.csv")
    assert [row[0] for row in again] == [row[0] for row in moved]
    assert again[0][:2] == ["File Name", "Class"]
    assert [row[1:] for row in again[1:]] == [row[1:] for row in fixed[1:]]


@pytest.mark.slow
def test_run__excel_json_and_no_header(labelfix, project):
    rows = rows_of(project / "manifest.csv")
    fixed = [row[1:] for row in rows_of(project / "fixed.csv")[1:]]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(project / "m.xlsx")
    records = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    (project / "m.json").write_text(json.dumps(records))
    write_csv(project / "bare.csv", [row[:2] for row in rows[1:]])
    for name in ("m.xlsx", "m.json", "bare.csv"):
        outcome = labelfix("run", "images", name, "--encoder", "hog", "--out", "again.csv")
        assert outcome.code == 0
        assert ("bare.csv has no header" in outcome.stderr) == (name == "bare.csv")
        assert [row[1:] for row in rows_of(project / "again.csv")[1:]] == fixed


def test_run__missing_images_name_an_option_that_works(labelfix, project, moved):
    moved[1][0] = moved[1][0].replace("C:", "D:")
    write_csv(project / "moved.csv", moved)
    outcome = labelfix(*RUN)
    assert outcome.code == 2
    assert "36 rows whose path is an absolute path (36)" in outcome.stderr
    assert "--paths moved-prefix finds 36 of 36" in outcome.stderr
    assert labelfix(*RUN, "--paths", "moved-prefix").code == 0
    assert labelfix(*RUN, "--paths", "as-written").code == 2
    assert labelfix(*RUN, "--paths", "guess").code == 2


@pytest.mark.slow
def test_check__reads_its_manifest_once_and_shows_files(labelfix, project, moved, monkeypatch):
    read, calls = manifest_inputs.read_with, []

    def counted(path, *arguments, **options):
        calls.append(path)
        return read(path, *arguments, **options)

    monkeypatch.setattr(manifest_inputs, "read_with", counted)
    outcome = labelfix(
        "check", "images", "moved.csv", "--encoder", "hog", "--output-format", "json"
    )
    found = json.loads(outcome.stdout)["findings"]
    assert len(calls) == 1
    assert found
    for finding in found:
        assert (project / "images" / finding["image"]).is_file()
        assert moved[finding["line"] - 1][0] == BEGINNING + finding["image"].replace("/", "\\")


@pytest.mark.slow
@pytest.mark.parametrize("as_written", [True, False])
def test_run__audited_rows_are_found_by_either_name(labelfix, project, moved, as_written):
    assert labelfix(*RUN).code == 0
    name = moved[1][0] if as_written else moved[1][0].removeprefix(BEGINNING).replace("\\", "/")
    write_csv(project / "audited.csv", [["image", "verified_label"], [name, "owl"]])
    outcome = labelfix(*RUN, "--audited", "audited.csv")
    assert outcome.code == 0
    again = rows_of(project / "again.csv")
    assert again[1][again[0].index("action")] == "verified"
    assert again[1][1] == "owl"


def test_report__truth_is_found_by_the_written_name(labelfix, project, moved):
    assert labelfix(*RUN).code == 0
    write_csv(project / "truth.csv", [["image", "true_label"], *(row[:2] for row in moved[1:])])
    outcome = labelfix("report", "--out", "r.html", "--truth", "truth.csv")
    assert outcome.code == 0
