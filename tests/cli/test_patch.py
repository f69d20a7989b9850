"""`labelfix diff` and `labelfix patch` through the real command line."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from labelfix.data.answers import DECISION_COLUMNS, NO_CLASS
from labelfix.data.corrections import RELABEL, corrected_table, load_corrections, save_corrections
from labelfix.data.decision_store import DecisionStore
from labelfix.data.decisions import Decision
from labelfix.data.manifest import load_manifest
from labelfix.data.tables import write_table
from labelfix.data.workspace import Workspace

MAKE = ("patch", "make", "--out", "fixes.patch.jsonl")
TRUTH = {0: "cat", 4: "dog", 9: "cat"}
"""The true labels of rows whose given ones are wrong."""
APPLY = ("patch", "apply", "manifest.csv", "fixes.patch.jsonl")


@pytest.fixture
def project(project) -> Path:
    """The finished project, of which relabel has changed three labels."""
    workspace = Workspace(project / ".labelfix")
    opened = load_manifest(workspace.manifest)
    found = load_corrections(workspace.corrections)
    columns = {name: values.copy() for name, values in found.columns().items()}
    for row, label in TRUTH.items():
        columns["label"][row] = columns["suggested_label"][row] = label
        columns["action"][row], columns["review_rank"][row] = RELABEL, 0
        columns["confidence"][row], columns["self_confidence"][row] = 0.9, 0.05
    changed = replace(found, **columns)
    save_corrections(workspace.corrections, changed, opened.images)
    table = corrected_table(opened, changed)
    write_table(project / "fixed.csv", table, image_column=opened.image_column)
    return project


def labels_in(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["image"]: row["label"] for row in csv.DictReader(file)}


def changes_in(project: Path) -> list[dict]:
    lines = (project / "fixes.patch.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines[1:]]


def test_patch__of_a_workspace_there_and_back(labelfix, project):
    before = (project / "manifest.csv").read_bytes()
    made = labelfix(*MAKE, "--json")
    assert (made.code, made.stderr) == (0, "")
    facts = json.loads(made.stdout)
    fixed = labels_in(project / "fixed.csv")
    given = labels_in(project / "manifest.csv")
    moved = {image for image in given if given[image] != fixed[image]}
    assert len(moved) == len(TRUTH)
    assert (facts["changes"], facts["without_content_hash"]) == (len(moved), 0)
    changes = changes_in(project)
    assert {one["image"] for one in changes} == moved
    assert all(one["who"].startswith("labelfix ") for one in changes)
    assert all(one["why"].startswith("relabel; given label right 0.") for one in changes)
    assert {one["confidence"] for one in changes} == {0.9}
    applied = labelfix(*APPLY, "--out", "new.csv", "--images", "images")
    assert (applied.code, applied.stderr) == (0, "")
    assert "content compared with the files in images\n" in applied.stdout
    assert labels_in(project / "new.csv") == fixed
    for words in (("new.csv",), ("new.csv", "fixes.patch.jsonl")):
        reverted = labelfix("patch", "revert", *words, "--out", "back.csv")
        assert "byte for byte the manifest before the patch\n" in reverted.stdout
        assert (project / "back.csv").read_bytes() == before
    assert (project / "manifest.csv").read_bytes() == before


def test_patch_make__of_fixed_csv_is_that_of_the_workspace(labelfix, project):
    labelfix(*MAKE)
    of_workspace = changes_in(project)
    outcome = labelfix(*MAKE[:2], "manifest.csv", "--from", "fixed.csv", *MAKE[2:])
    assert outcome.code == 0
    assert outcome.stdout.splitlines()[-1] == (
        "next: labelfix patch apply MANIFEST fixes.patch.jsonl --out FILE"
    )
    again = changes_in(project)
    times = {one.pop("when") for one in (*of_workspace, *again)}
    assert again == of_workspace
    assert len(times) <= 2


@pytest.mark.parametrize("source", [(), ("--from", "fixed.csv")])
def test_patch_make__label_that_was_edited_since_it_was_judged(labelfix, project, source):
    manifest = project / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("004.png,owl", "004.png,cat"))
    assert labelfix(*MAKE[:2], "manifest.csv", *source, *MAKE[2:]).code == 0
    assert [one["image"] for one in changes_in(project)] == ["000.png", "009.png"]
    (row,) = (project / "fixes.review.csv").read_text().splitlines()[1:]
    assert row == "004.png,5,cat,,,,the label was 'owl' when it was decided,"


def test_patch_apply__image_that_changed_since_embed(labelfix, project):
    labelfix(*MAKE)
    image = changes_in(project)[0]["image"]
    (project / "images" / image).write_bytes((project / "images" / "001.png").read_bytes())
    outcome = labelfix(*APPLY, "--out", "new.csv", "--images", "images", "--json")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert f"  {image} (row " in outcome.stderr
    assert "content is another one than when the patch was made" in outcome.stderr
    assert not (project / "new.csv").exists()
    assert labelfix(*APPLY, "--out", "new.csv", "--workspace", ".labelfix").code == 0


def test_patch_apply__in_place_and_dry_run(labelfix, project):
    before = (project / "manifest.csv").read_bytes()
    labelfix(*MAKE)
    outcome = labelfix(*APPLY, "--out", "manifest.csv")
    assert outcome.code == 2
    assert "which is never written to" in outcome.stderr
    assert "expected --out FILE" in labelfix(*APPLY).stderr
    dry = json.loads(labelfix(*APPLY, "--dry-run", "--json").stdout)
    assert (dry["out"], dry["changed"]) == (None, len(changes_in(project)))
    assert (project / "manifest.csv").read_bytes() == before
    assert labelfix(*APPLY, "--in-place").code == 0
    assert labels_in(project / "manifest.csv") == labels_in(project / "fixed.csv")
    assert labelfix("patch", "revert", "manifest.csv", "--in-place").code == 0
    assert (project / "manifest.csv").read_bytes() == before
    wrong = labelfix(*APPLY, "--out", "new.tsv")
    assert "expected a name that ends in .csv" in wrong.stderr


def test_patch_make__of_the_decisions_that_a_page_exports(labelfix, project):
    given = labels_in(project / "manifest.csv")
    rows = [
        ("000.png", "1", given["000.png"], "cat", "change", "cat", ""),
        ("001.png", "2", given["001.png"], "", "keep", given["001.png"], ""),
        ("002.png", "3", given["002.png"], "", "none", NO_CLASS, ""),
        ("003.png", "4", "another label", "", "change", "owl", ""),
    ]
    with (project / "decisions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([DECISION_COLUMNS, *rows])
    outcome = labelfix(*MAKE, "--from", "decisions.csv", "--who", "ada", "--json")
    assert outcome.code == 0
    facts = json.loads(outcome.stdout)
    assert (facts["changes"], facts["kept"], facts["for_review"]) == (1, 1, 2)
    (change,) = changes_in(project)
    assert (change["image"], change["from"], change["to"]) == ("000.png", "dog", "cat")
    assert (change["who"], change["why"]) == ("ada", "decided in decisions.csv: change")
    with (project / "fixes.review.csv").open(encoding="utf-8", newline="") as file:
        reasons = {row["image"]: row["reason"] for row in csv.DictReader(file)}
    assert reasons == {
        "002.png": f"a person said: {NO_CLASS}",
        "003.png": "the label was 'another label' when it was decided",
    }


def test_patch_make__of_the_decisions_of_a_review(labelfix, project):
    given = labels_in(project / "manifest.csv")
    assert "expected decisions in .labelfix, found none" in (
        labelfix(*MAKE, "--from-decisions").stderr
    )
    at = "2026-05-04T10:20:30Z"
    decided = [
        ("000.png", "cat", "ada"),
        ("000.png", "cat", "bob"),
        ("001.png", "owl", "ada"),
        ("001.png", "cat", "bob"),
        ("002.png", given["002.png"], "ada"),
    ]
    with DecisionStore.open(Workspace(project / ".labelfix").decisions) as store:
        for image, answer, reviewer in decided:
            store.add(
                Decision(
                    image=image,
                    answer=answer,
                    reviewer=reviewer,
                    given_label=given[image],
                    decided_at=at,
                    reason="looks so",
                )
            )
    facts = json.loads(labelfix(*MAKE, "--from-decisions", "--json").stdout)
    assert (facts["changes"], facts["kept"], facts["for_review"]) == (1, 1, 1)
    (change,) = changes_in(project)
    about = ("image", "to", "who", "when", "why", "confidence")
    assert [change[name] for name in about] == ["000.png", "cat", "bob", at, "looks so", 1.0]
    assert ",reviewers disagree," in (project / "fixes.review.csv").read_text(encoding="utf-8")
    labelfix(*MAKE)
    both = {one["image"]: one["who"] for one in changes_in(project)}
    assert both["000.png"] == "bob"
    assert set(both) == {f"{row:03d}.png" for row in TRUTH}
    assert [who.startswith("labelfix ") for who in both.values()] == [False, True, True]


def test_diff__text_json_and_markdown(labelfix, tmp_path):
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("image,label\na.png,cat\nb.png,cat\nc.png,dog\nd.png,\n")
    new.write_text("image,label\nb.png,dog\na.png,<b>|`x`\nc.png,dog\ne.png,owl\n")
    text = labelfix("diff", old, new).stdout.splitlines()
    assert text[:4] == [
        "rows in both               3",
        "labels that differ         2",
        "only in OLD                1  'd.png'",
        "only in NEW                1  'e.png'",
    ]
    assert "  cat -> dog             1" in text
    assert "         2  b.png: cat -> dog" in text
    found = json.loads(labelfix("diff", old, new, "--json").stdout)
    assert [(one["image"], one["row"], one["to"]) for one in found["changes"]] == [
        ("a.png", 1, "<b>|`x`"),
        ("b.png", 2, "dog"),
    ]
    assert found == json.loads(labelfix("diff", old, new, "--format", "json").stdout)
    page = labelfix("diff", old, new, "--format", "markdown").stdout
    assert page.startswith("**2 of 3 labels differ (66.7%)**")
    assert "| `cat` | `` <b>\\|`x` `` | 1 |\n" in page
    assert labelfix("diff", old, old).stdout.splitlines() == [
        "rows in both               4",
        "labels that differ         0",
    ]


def test_diff__with_corrections(labelfix, project):
    found = json.loads(labelfix("diff", "manifest.csv", "fixed.csv", "--json").stdout)
    assert found["rows"] == 36
    assert [(one["row"] - 1, one["to"]) for one in found["changes"]] == list(TRUTH.items())
    assert {one["confidence"] for one in found["changes"]} == {0.9}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("apply", "m.csv", "p.jsonl", "--theirs", "--ours", "--out", "n.csv"), "--theirs"),
        (("make", "m.csv", "--from", "m.csv", "--out", "p.csv"), "ends in .jsonl"),
        (("make", "--out", "p.jsonl"), "workspace at .labelfix, found none"),
        (("revert", "m.csv", "--in-place", "--out", "n.csv"), "Leave one of them out"),
    ],
)
def test_patch__wrong_usage(labelfix, tmp_path, words, message):
    (tmp_path / "m.csv").write_text("image,label\na.png,cat\n")
    outcome = labelfix("patch", *words)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert message in outcome.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.csv"]
