"""The decisions of a workspace teach: through the real command line."""

import csv
from pathlib import Path

import pytest

from labelfix.data.answers import CANNOT_TELL
from labelfix.data.audited_labels import load_audits
from labelfix.data.decision_store import DecisionStore
from labelfix.data.decisions import Decision
from labelfix.data.embeddings import load_content_hashes, load_image_names
from labelfix.data.records import read_record
from labelfix.data.workspace import Workspace
from labelfix.errors import InputError
from labelfix.judging import own_batch

AT = "2026-05-04T10:20:30Z"
RELABEL = ("relabel", "--out", "again.csv")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def decide(project: Path, answers: dict[int, str], **about) -> dict[str, str]:
    """Decide on rows of the manifest; returns image to answer."""
    workspace = Workspace(project / ".labelfix")
    hashes = dict(
        zip(
            load_image_names(workspace.embeddings),
            load_content_hashes(workspace.embeddings),
            strict=True,
        )
    )
    images = [row["image"] for row in rows_of(project / "manifest.csv")]
    with DecisionStore.open(workspace.decisions) as store:
        for row, answer in answers.items():
            image = images[row]
            fields = {"content_hash": hashes[image], "reviewer": "ada", **about}
            store.add(Decision(image=image, answer=answer, decided_at=AT, **fields))
    return {images[row]: answer for row, answer in answers.items()}


def test_relabel__takes_decisions_as_verified_labels(labelfix, project):
    decided = decide(project, {0: "cat", 1: "owl", 2: CANNOT_TELL})
    outcome = labelfix(*RELABEL)

    assert outcome.code == 0
    assert "3 decisions of the review used as verified labels\n" in outcome.stderr
    assert "Decisions changed; relabelling again" in outcome.stderr
    rows = {row["image"]: row for row in rows_of(project / "again.csv")}
    told = {image: answer for image, answer in decided.items() if answer != CANNOT_TELL}
    assert {image: rows[image]["label"] for image in told} == told
    assert {rows[image]["action"] for image in told} == {"verified"}
    assert sum(row["action"] == "verified" for row in rows.values()) == 2

    assert "relabel up to date, skipped" in labelfix(*RELABEL).stderr


def test_relabel__undone_decisions_and_no_decisions_leave_no_trace(labelfix, project):
    fixed = (project / "fixed.csv").read_bytes()
    decide(project, {0: "cat", 1: "owl"})
    assert labelfix(*RELABEL).code == 0
    assert (project / "again.csv").read_bytes() != fixed

    outcome = labelfix(*RELABEL, "--no-decisions")
    assert "decisions" not in outcome.stderr.replace("Decisions changed", "")
    assert (project / "again.csv").read_bytes() == fixed

    with DecisionStore.open(project / ".labelfix" / "decisions.sqlite") as store:
        assert store.undo("ada") and store.undo("ada")
    assert labelfix(*RELABEL).code == 0
    assert (project / "again.csv").read_bytes() == fixed


def test_relabel__says_which_decisions_are_left_out(labelfix, project):
    decide(project, {0: "cat"})
    decide(project, {0: "dog"}, reviewer="bob")
    decide(project, {1: "dog"}, content_hash="of another file")

    outcome = labelfix(*RELABEL)

    assert (
        "0 decisions of the review used as verified labels; left out: 1 on which reviewers "
        "differ, 1 whose images have changed\n"
    ) in outcome.stderr


def test_relabel__a_named_file_wins_over_decisions(labelfix, project):
    image, _ = decide(project, {0: "cat"}).popitem()
    (project / "answers.csv").write_text(f"image,verified_label\n{image},owl\n")

    assert labelfix(*RELABEL, "--audited", "answers.csv").code == 0
    assert rows_of(project / "again.csv")[0]["label"] == "owl"


def test_relabel__a_damaged_file_of_decisions(labelfix, project):
    (project / ".labelfix" / "decisions.sqlite").write_bytes(b"nothing that SQLite knows " * 99)

    outcome = labelfix(*RELABEL)

    assert outcome.code == 2
    assert "decisions.sqlite is damaged" in outcome.stderr
    assert labelfix(*RELABEL, "--no-decisions").code == 0


@pytest.mark.slow
def test_run__trains_again_and_embeds_nothing_again(labelfix, corrected_vectors, tmp_path):
    workspace = Workspace(tmp_path / ".labelfix")
    decided = {"000.png": "b", "001.png": "b"}
    with DecisionStore.open(workspace.decisions) as store:
        for image, answer in decided.items():
            store.add(Decision(image=image, answer=answer, reviewer="ada", decided_at=AT))

    outcome = labelfix(*corrected_vectors)

    assert "embed   up to date, skipped" in outcome.stderr
    assert "index   up to date, skipped" in outcome.stderr
    assert "Decisions changed; training again" in outcome.stderr
    assert outcome.stderr.count("2 decisions of the review used") == 1
    record = read_record(workspace.denoiser)
    assert record is not None and record.details["decisions"] == 2
    assert load_audits(workspace.audits).answers == decided
    assert not len(load_audits(workspace.audits, with_decisions=False))

    with DecisionStore.open(workspace.decisions) as store:
        store.undo("ada")
    assert labelfix(*RELABEL).code == 0  # what training knew and is undone does not come back
    actions = [row["action"] for row in rows_of(tmp_path / "again.csv")]
    assert actions.count("verified") == 1


@pytest.mark.parametrize("flags", [(), ("--no-decisions",)])
def test_check__takes_the_decisions_of_its_workspace(labelfix, project, monkeypatch, flags):
    given = []

    def run_pipeline(workspace, inputs, out, options, *_):
        given.append(options.with_decisions)
        raise InputError("enough seen")

    monkeypatch.setattr(own_batch, "run_pipeline", run_pipeline)
    labelfix("check", "images", "manifest.csv", "--encoder", "hog", *flags)

    assert given == [not flags]
