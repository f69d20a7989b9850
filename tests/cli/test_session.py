"""What a command shows around its stage: the lines of a stage, the summary, JSON."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from labelfix.cli.console import Reporter
from labelfix.cli.session import Session, working
from labelfix.data.corrections import Corrections
from labelfix.data.records import Record, RowCounts, StageResult
from labelfix.data.workspace import open_workspace
from labelfix.errors import InputError, WorkspaceError
from labelfix.noise.encoder_strength import EncoderStrength, strength_as_json
from labelfix.options.workspace_options import WorkspaceOptions

RUN = ("run", "images", "manifest.csv", "--encoder", "hog", "--out", "fixed.csv")


OWN = {"keep": 0.9, "quarantined": np.nan}
"""Probabilities that given labels are right, by action; 0.5 for the others."""


def corrections(*rows: tuple[str, str, str]) -> Corrections:
    """Corrections of rows of given label, suggested label and action."""
    given, suggested, action = (
        np.array(column, dtype=object) for column in zip(*rows, strict=True)
    )
    label = np.where(action == "relabel", suggested, given)
    half = np.full(len(rows), 0.5)
    reason = np.full(len(rows), "", dtype=object)
    rank = np.cumsum(action == "review") * (action == "review")
    return Corrections(
        label=label,
        given_label=given,
        suggested_label=suggested,
        confidence=half,
        self_confidence=np.array([OWN.get(one, 0.5) for one in action]),
        neighbour_agreement=half,
        action=action,
        reason=reason,
        review_rank=rank,
        second_label=np.full(len(rows), None, dtype=object),
        second_confidence=np.full(len(rows), np.nan),
        question_value=np.zeros(len(rows)),
    )


def session(workspace: Path, *, as_json: bool = False, **details: object) -> Session:
    """A session in which `relabel` has just ended."""
    made = Session(open_workspace(workspace), Reporter(quiet=False), as_json)
    made.results.append(StageResult(Path("x"), record("relabel", **details)))
    return made


def record(stage: str, **details: object) -> Record:
    return Record(
        stage=stage,
        options={},
        inputs={},
        outputs={},
        rows=RowCounts(rows_in=1200, used=1190, quarantined=10),
        seconds=61.26,
        details=details,
    )


CONFUSED = corrections(
    *[("cat", "cat", "keep")] * 1000,
    *[("cat", "small dog", "relabel")] * 120,
    *[("dog", "cat", "relabel")] * 30,
    *[("a", "b", "relabel")] * 7,
    *[("b", "a", "relabel")] * 7,
    *[("c", "a", "relabel")] * 3,
    *[("a", "c", "relabel")] * 2,
    *[("cat", "dog", "review")] * 21,
    *[("cat", None, "quarantined")] * 10,
)


def test_print_corrections__summary(capsys, tmp_path):
    session(tmp_path).print_corrections(CONFUSED, Path("below/fixed.csv"))
    assert capsys.readouterr().out == (
        "rows             1,200\n"
        "kept             1,000\n"
        "relabelled         169\n"
        "for review          21\n"
        "quarantined         10\n"
        "most common confusions (given -> suggested, rows)\n"
        "  cat -> small dog     120\n"
        "  dog -> cat            30\n"
        "  a -> b                 7\n"
        "  b -> a                 7\n"
        "  c -> a                 3\n"
        "written to below/fixed.csv\n"
    )


def test_print_corrections__nothing_to_change(capsys, tmp_path):
    session(tmp_path).print_corrections(corrections(("a", "a", "keep")), Path("fixed.csv"))
    assert capsys.readouterr().out == (
        "rows                 1\n"
        "kept                 1\n"
        "relabelled           0\n"
        "for review           0\n"
        "quarantined          0\n"
        "written to fixed.csv\n"
    )


def test_print_corrections__estimated_share_of_wrong_labels(capsys, tmp_path):
    shown = session(tmp_path, wrong_share={"rows": 1, "share": 0.3, "low": 0.249, "high": 0.3512})
    shown.print_corrections(corrections(("a", "a", "keep")), Path("fixed.csv"))
    assert capsys.readouterr().out.splitlines()[5:] == [
        "Estimated share of wrong labels: 30.0 % (95 % interval 24.9 % to 35.1 %), from 1 row.",
        "Labels: 0 wrong, 0 doubtful, 0 for review.",
        "written to fixed.csv",
    ]


def test_print_corrections__labels_that_a_terminal_would_act_on(capsys, tmp_path):
    rows = corrections(("[red]", "[/x]", "relabel"), ("\x1b[31m\u202ea\n", ":smile:", "relabel"))
    session(tmp_path).print_corrections(rows, Path("[bold]\x07.csv"))
    assert capsys.readouterr().out.splitlines()[6:] == [
        "  [red] -> [/x]            1",
        "  \ufffd[31ma\ufffd -> :smile:       1",
        "written to [bold]\ufffd.csv",
    ]


def test_print_corrections__json(capsys, tmp_path):
    share = {"rows": 1190, "share": 0.125, "low": 0.1, "high": 0.15}
    shown = session(tmp_path, as_json=True, wrong_share=share)
    shown.print_corrections(CONFUSED, Path("fixed.csv"))
    result = json.loads(capsys.readouterr().out)
    stages = result.pop("stages")
    assert [stage["stage"] for stage in stages] == ["relabel"]
    assert stages[0]["rows"] == {"rows_in": 1200, "used": 1190, "quarantined": 10, "rejected": 0}
    assert result == {
        "rows": 1200,
        "kept": 1000,
        "relabelled": 169,
        "for_review": 21,
        "predicted": 0,
        "verified": 0,
        "quarantined": 10,
        "labels": {"wrong": 190, "doubtful": 0, "for_review": 21},
        "wrong_share": share,
        "all_right": None,
        "audited_rows": 0,
        "outlook": None,
        "encoder": None,
        "confusions": [
            {"given": "cat", "suggested": "small dog", "rows": 120},
            {"given": "dog", "suggested": "cat", "rows": 30},
            {"given": "a", "suggested": "b", "rows": 7},
            {"given": "b", "suggested": "a", "rows": 7},
            {"given": "c", "suggested": "a", "rows": 3},
        ],
        "out": "fixed.csv",
    }


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (
            record(
                "embed",
                images=1190,
                images_quarantined=10,
                dimension=1024,
                encoder="hog",
                precision="float32",
            ),
            "embed   done in 61.3 s: 1,190 images, 10 quarantined, 1,024 values each, hog, float32",
        ),
        (
            record("index", exact=True, recall=1.0, neighbours=10, engine="exact"),
            "index   done in 61.3 s: 10 neighbours each, exact search",
        ),
        (
            record("index", exact=False, recall=0.9876, neighbours=10, engine="hnsw"),
            "index   done in 61.3 s: 10 neighbours each, hnsw search, recall 0.988 against exact",
        ),
        (
            record("train", steps=1000, loss=0.10139),
            "train   done in 61.3 s: 1,000 steps, loss 0.1014",
        ),
        (
            record("train", folds=8, confident_joint_noise=0.3, believed_noise=0.20149),
            "train   done in 61.3 s: 8 folds, about 20 % wrong labels assumed",
        ),
        (record("relabel"), "relabel done in 61.3 s: 1,190 of 1,200 rows"),
    ],
)
def test_done__line_of_each_stage(capsys, tmp_path, result, line):
    session(tmp_path).done(StageResult(Path("x"), result))
    assert capsys.readouterr() == ("", line + "\n")


def test_done__skipped(capsys, tmp_path):
    result = StageResult(Path("x"), record("relabel"), skipped=True)
    session(tmp_path).done(result)
    assert capsys.readouterr().err == "relabel up to date, skipped: 1,190 of 1,200 rows\n"


def test_working__error_frees_the_lock_and_ends_the_bar(capsys, tmp_path):
    with (
        pytest.raises(InputError),
        working(WorkspaceOptions(workspace=tmp_path), begins=True) as held,
    ):
        held.progress.begin("counting", 10, "sheep")
        held.progress.advance(3)
        raise InputError("x")
    assert capsys.readouterr().err.startswith("counting: 3 of 10 sheep, ")
    with working(WorkspaceOptions(workspace=tmp_path)):
        pass


def test_working__twice(tmp_path):
    with (
        working(WorkspaceOptions(workspace=tmp_path), begins=True),
        pytest.raises(WorkspaceError, match=rf"in use by another run \(process {os.getpid()}\)"),
        working(WorkspaceOptions(workspace=tmp_path)),
    ):
        pass


@pytest.mark.parametrize(
    "command",
    [
        RUN,
        ("embed", *RUN[1:5]),
        ("index",),
        ("train",),
        ("relabel", "--out", "fixed.csv"),
    ],
    ids=lambda command: command[0],
)
def test_json__is_all_of_stdout(labelfix, project, command):
    outcome = labelfix(*command, "--json")
    result = json.loads(outcome.stdout)
    if "--out" in command:
        assert (result["rows"], result["out"]) == (36, "fixed.csv")
        assert len(result["stages"]) == (4 if command is RUN else 1)
    else:
        assert result["stage"] == command[0]
        assert Path(result["artefact"]).exists()
    assert "up to date, skipped" in outcome.stderr


@pytest.mark.parametrize("command", [RUN, ("index", "--force")], ids=lambda command: command[0])
def test_quiet__nothing_on_stderr(labelfix, project, command):
    talkative, silent = labelfix(*command), labelfix(*command, "--quiet")
    assert talkative.stderr != ""
    assert silent == type(silent)(0, talkative.stdout, "")


def test_quiet__an_error_is_shown(labelfix):
    outcome = labelfix("index", "--quiet")
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: expected a workspace at ")


def test_progress__off_a_terminal_in_lines_on_stderr(labelfix, project):
    outcome = labelfix("index", "--force")
    searching, done = outcome.stderr.splitlines()
    assert searching.startswith("searching neighbours: 36 of 36 images, ")
    assert searching.endswith(" images/s")
    assert done.startswith("index   done in ")
    assert outcome.stdout == ".labelfix/neighbours.parquet\n"


@pytest.mark.slow
def test_progress__on_a_terminal_a_bar_that_goes(labelfix, project, terminal):
    screen = terminal()
    outcome = labelfix(*RUN, "--force")
    shown = screen()
    assert outcome.stdout.startswith("rows                36\n")
    assert "searching" not in outcome.stdout
    assert "training denoisers \x1b[" in shown
    assert " denoisers/s" in shown and " left" in shown and "posteriors, loss " in shown
    assert "\x1b[2K" in shown.rpartition("weighing labels")[2]  # the last bar is wiped off


def test_no_color__on_a_terminal(labelfix, project, terminal, monkeypatch):
    screen = terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    assert labelfix("relabel", "--out", "wrong.txt").code == 2
    assert "\x1b[1merror: \x1b[0m--out wrong.txt" in screen()  # bold is no colour


@pytest.mark.slow
def test_terminal__labels_and_file_names_are_shown_as_text(labelfix, project, terminal):
    screen = terminal()
    image = "[link=x]\x1b[2J\u202e\x07.png"
    (project / "images" / image).write_text("no image")
    text = (project / "manifest.csv").read_text().replace("dog", "[/x]").replace("owl", "[red]")
    (project / "manifest.csv").write_text(text + f"{image},\x1b[31mcow\u2066\n")
    outcome = labelfix(*RUN)
    assert outcome.code == 0
    shown = screen()
    assert "1 class has a single row; such a label is never changed: '\\x1b[31mcow\\u2066'" in shown
    assert "quarantined [link=x]\ufffd[2J\ufffd.png: not an image" in shown
    for mark in ("\x1b[2J", "\x1b[31m", "\u202e", "\u2066", "\x07"):
        assert mark not in shown


@pytest.mark.parametrize("is_weak", [True, False])
def test_print_corrections__weak_encoder(tmp_path, capsys, is_weak):
    strength = EncoderStrength(
        encoder="hog", recognised=0.8 if is_weak else 0.98, confused=[], low=0.1, high=0.3
    )
    details = {
        "wrong_share": {"rows": 9, "share": 0.2, "low": 0.1, "high": 0.3},
        "encoder": strength_as_json(strength),
    }
    made = session(tmp_path / "w", **details)
    made.print_corrections(corrections(("a", "b", "relabel")), Path("fixed.csv"))
    assert capsys.readouterr().out.count("Weak encoder: ") == is_weak
