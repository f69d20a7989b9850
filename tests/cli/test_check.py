"""`labelfix check` through the command line: what it finds, how it ends, what it writes."""

import json
import shutil

import pytest
from PIL import Image

WRONG = {0: "dog", 4: "owl", 9: "dog", 13: "owl", 18: "dog", 22: "owl"}
"""Of the finished project."""
ALONE = ("check", "images", "manifest.csv", "--encoder", "hog")
NEW = ("check", "new/images", "new/manifest.csv")
AGAINST = (*NEW, "--reference", ".labelfix", "--workspace", "batch")
LABELS = ["cat", "dog", "owl"] * 8


@pytest.fixture
def new(project, write_images):
    """24 more images beside a finished project; the labels of two are wrong."""
    write_images(project / "new", LABELS, seed=1, wrong={2: "cat", 7: "owl"})
    return project / "new"


def found_in(outcome):
    return json.loads(outcome.stdout)


def rows_of(found, rule):
    return [finding["row"] for finding in found["findings"] if finding["rule"] == rule]


def relabel_rows(manifest, labels):
    """Write other labels, by row counted from 0."""
    lines = manifest.read_text().splitlines()
    for row, label in labels.items():
        image, _ = lines[row + 1].split(",")
        lines[row + 1] = f"{image},{label}"
    manifest.write_text("\n".join(lines) + "\n")


# --- alone ---------------------------------------------------------------------------------------


def test_check__wrong_labels_fail_the_batch(labelfix, project):
    outcome = labelfix(*ALONE, "--output-format", "json")
    assert outcome.code == 1, outcome.stderr
    found = found_in(outcome)
    assert rows_of(found, "wrong-label") == [row + 1 for row in WRONG]
    first = found["findings"][0]
    assert (first["line"], first["given_label"], first["suggested_label"]) == (2, "dog", "cat")
    assert found["passed"] is False
    assert found["wrong_share"]["rows"] == 36
    assert "up to date, skipped" in outcome.stderr
    assert "Over --max-findings: 6 findings" in outcome.stderr


def test_check__right_labels_pass(labelfix, project):
    right = dict(enumerate(["cat", "dog", "owl"] * 12))
    relabel_rows(project / "manifest.csv", right)
    outcome = labelfix(*ALONE, "--workspace", "fresh")
    assert outcome.code == 0, outcome.stdout
    assert "All checks passed!" in outcome.stdout
    assert not (project / "fresh" / "fixed.csv").exists()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--max-wrong-rate", "50%"), 0),
        (("--max-wrong-rate", "2%"), 1),
        (("--max-wrong-rate", "50%", "--max-wrong-rate", "owl=1%"), 1),
        (("--max-wrong-rate", "1%", "--fail-on", "never"), 0),
        (("--max-findings", "6"), 0),
        (("--max-findings", "5"), 1),
        (("--max-findings", "wrong-label=6"), 0),
        (("--level", "wrong-label=warning"), 0),
        (("--level", "wrong-label=warning", "--fail-on", "warning"), 1),
        (("--ignore", "wrong-label"), 0),
        (("--select", "unreadable,missing-file"), 0),
        (("--min-confidence", "1"), 0),
    ],
)
def test_check__thresholds(labelfix, project, options, code):
    outcome = labelfix(*ALONE, *options)
    assert outcome.code == code, outcome.stdout


def test_check__settings_file(labelfix, project):
    (project / "labelfix.toml").write_text(
        "[check]\nencoder = 'hog'\nmax-wrong-rate = ['50%', 'owl=60%']\n"
        "ignore = ['off-topic']\nfail-on = 'warning'\n"
    )
    assert labelfix("check", "images", "manifest.csv").code == 0
    assert labelfix("check", "images", "manifest.csv", "--max-wrong-rate", "1%").code == 1


def test_check__images_that_cannot_be_used(labelfix, project):
    (project / "images" / "003.png").write_bytes(b"no image")
    (project / "images" / "005.png").unlink()
    relabel_rows(project / "manifest.csv", {7: ""})
    found = found_in(labelfix(*ALONE, "--output-format", "json"))
    assert rows_of(found, "unreadable") == [4]
    assert rows_of(found, "missing-file") == [6]
    assert rows_of(found, "missing-label") == [8]
    assert (found["rows"], found["rows_checked"]) == (36, 33)
    passed = ("--max-findings", "wrong-label=9", "--ignore", "missing-label")
    assert labelfix(*ALONE, *passed, "--max-unreadable", "2").code == 0
    assert labelfix(*ALONE, *passed, "--max-unreadable", "5%").code == 1


def test_check__one_folder_for_each_class(labelfix, project):
    for row, label in enumerate(["cat", "dog", "owl"] * 12):
        folder = project / "classes" / WRONG.get(row, label)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(project / "images" / f"{row:03d}.png", folder)
    outcome = labelfix("check", "classes", "--encoder", "hog", "--workspace", "classes_workspace")
    assert outcome.code == 1, outcome.stderr
    assert "classes/dog/000.png: wrong-label label 'dog', looks like 'cat'" in outcome.stdout


def test_check__near_duplicates_and_splits(labelfix, project):
    lines = (project / "manifest.csv").read_text().splitlines()
    shutil.copy2(project / "images" / "001.png", project / "images" / "copy.png")
    rows = [f"{line},{'test' if row % 2 else 'train'}" for row, line in enumerate(lines[1:])]
    text = "\n".join(["image,label,split", *rows, "copy.png,owl,train"]) + "\n"
    (project / "manifest.csv").write_text(text)
    found = found_in(labelfix(*ALONE, "--output-format", "json"))
    assert rows_of(found, "split-leak")
    assert rows_of(found, "conflicting-duplicate")


# --- against a reference -------------------------------------------------------------------------


def test_check_reference__finds_what_is_wrong_and_trains_nothing(labelfix, project, new):
    before = {path: path.stat().st_mtime_ns for path in (project / ".labelfix").rglob("*")}
    outcome = labelfix(*AGAINST, "--output-format", "json")
    assert outcome.code == 1, outcome.stderr
    found = found_in(outcome)
    assert rows_of(found, "wrong-label") == [3, 8]
    share = found["wrong_share"]
    assert share["low"] <= 2 / 24 <= share["high"]
    now = {path: path.stat().st_mtime_ns for path in (project / ".labelfix").rglob("*")}
    assert now == before
    assert sorted(path.name for path in (project / "batch" / "batch").glob("*.parquet")) == [
        "manifest.parquet"
    ]


def test_check_reference__right_labels_pass(labelfix, project, new):
    relabel_rows(new / "manifest.csv", dict(enumerate(LABELS)))
    outcome = labelfix(*AGAINST, "--max-wrong-rate", "2%")
    assert outcome.code == 0, outcome.stdout


def test_check_reference__same_answer_whatever_else_is_in_the_batch(labelfix, project, new):
    every = found_in(labelfix(*AGAINST, "--output-format", "json"))["findings"]
    text = (new / "manifest.csv").read_text().splitlines()
    (new / "manifest.csv").write_text("\n".join([text[0], text[8]]) + "\n")
    [alone] = found_in(labelfix(*AGAINST, "--output-format", "json"))["findings"]
    [beside] = [finding for finding in every if finding["image"] == alone["image"]]
    for key in ("rule", "level", "message", "suggested_label", "confidence", "fingerprint"):
        assert alone[key] == beside[key]


def test_check_reference__labels_that_it_does_not_know(labelfix, project, new):
    relabel_rows(new / "manifest.csv", {2: "owl", 7: "Dog", 10: "elk"})
    found = found_in(labelfix(*AGAINST, "--output-format", "json"))
    rules = {finding["row"]: finding["rule"] for finding in found["findings"]}
    assert rules[11] == "unknown-label"
    [variant] = [each for each in found["findings"] if each["rule"] == "label-variant"]
    assert (variant["given_label"], variant["suggested_label"]) == ("Dog", "dog")


def test_check_reference__image_unlike_all_of_it(labelfix, project, new):
    noise = Image.effect_noise((24, 24), 120).convert("RGB")
    noise.paste((255, 0, 255), (0, 0, 12, 24))
    noise.save(new / "images" / "000.png")
    found = found_in(labelfix(*AGAINST, "--output-format", "json"))
    assert rows_of(found, "off-topic") == [1]


def test_check_reference__image_of_the_reference_with_another_label(labelfix, project, new):
    shutil.copy2(project / "images" / "002.png", new / "images" / "000.png")
    found = found_in(labelfix(*AGAINST, "--output-format", "json"))
    assert rows_of(found, "conflicting-duplicate") == [1]


def test_check_reference__annotators(labelfix, project, new):
    lines = (new / "manifest.csv").read_text().splitlines()
    rows = [f"{line},{'bo' if row in (2, 7, 3) else 'ann'}" for row, line in enumerate(lines[1:])]
    (new / "manifest.csv").write_text("\n".join(["image,label,annotator", *rows]) + "\n")
    found = found_in(labelfix(*AGAINST, "--output-format", "json"))
    [noisy] = [each for each in found["findings"] if each["rule"] == "noisy-annotator"]
    assert noisy["subject"] == "bo"


def test_check_reference__without_what_relabel_has_learned(labelfix, project, new):
    kept = found_in(labelfix(*AGAINST, "--output-format", "json"))
    (project / ".labelfix" / "learned_noise.safetensors").unlink()
    again = found_in(labelfix(*AGAINST, "--output-format", "json"))
    assert again == kept


def test_check_reference__its_own_workspace_may_hold_the_batch(labelfix, project, new):
    apart = found_in(labelfix(*AGAINST, "--output-format", "json"))
    outcome = labelfix(*NEW, "--reference", ".labelfix", "--output-format", "json")
    assert found_in(outcome) == apart
    assert (project / ".labelfix" / "batch" / "embeddings").is_dir()


def test_check_reference__no_workspace(labelfix, project, new):
    outcome = labelfix(*NEW, "--reference", "nowhere")
    assert outcome.code == 2
    assert "expected a workspace at nowhere, found none" in outcome.stderr


def test_check_reference__of_the_paper(labelfix, project, new):
    assert labelfix("train", "--method", "paper").code == 0
    outcome = labelfix(*AGAINST)
    assert outcome.code == 2
    assert "expected a workspace trained with --method noise-aware" in outcome.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--encoder", "hog"), "--encoder: expected no --reference beside it"),
        (("--seed", "1"), "--seed: expected no --reference beside it"),
        (("--expect-wrong-rate", "0"), "--expect-wrong-rate: expected a rate above 0"),
        (("--expect-wrong-rate", "10"), "--expect-wrong-rate"),
    ],
)
def test_check_reference__options_that_say_nothing(labelfix, project, new, options, message):
    outcome = labelfix(*AGAINST, *options)
    assert outcome.code == 2
    assert message in outcome.stderr


# --- how it ends ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--output-format", "xml"), "--output-format: expected one of full, concise"),
        (("--max-wrong-rate", "2"), "--max-wrong-rate"),
        (("--select", "wrong-lable"), "did you mean wrong-label"),
        (("--update-baseline",), "--update-baseline: expected --baseline FILE beside it"),
        (("--baseline-reason", "x"), "--baseline-reason: expected --update-baseline beside it"),
        (("--baseline", "none.json"), "expected a baseline at none.json, found no file"),
        (("--output-file", "manifest.csv"), "is the manifest itself"),
        (("--output-file", "x", "--report", "x"), "expected different files"),
        (("--output-file", "images"), "is a folder"),
        (("--expect-wrong-rate", "5%"), "--expect-wrong-rate: expected --reference WORKSPACE"),
        (("--level", "wrong-label=loud"), "--level"),
        (("--on", "middle"), "--on"),
    ],
)
def test_check__usage(labelfix, project, arguments, message):
    outcome = labelfix(*ALONE, *arguments)
    assert outcome.code == 2, outcome.stdout
    assert message in outcome.stderr
    assert outcome.stdout == ""


def test_check__no_row_could_be_checked(labelfix, project):
    for image in (project / "images").iterdir():
        image.write_bytes(b"no image")
    outcome = labelfix(*ALONE, "--fail-on", "never")
    assert outcome.code == 2
    assert "can be read" in outcome.stderr


def test_check__an_error_outranks_findings(labelfix, project, monkeypatch):
    """The batch fails, and then its output cannot be written."""
    import labelfix.check.formats.available as available

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(available, "render", fail)
    assert labelfix(*ALONE).code == 2


@pytest.mark.parametrize("code", [1, "text", None, 0, 2, 130])
def test_main__nothing_else_ends_with_1(labelfix, monkeypatch, code):
    from labelfix.cli import app

    def end(*_, **__):
        raise SystemExit(code)

    monkeypatch.setattr(app, "app", end)
    assert labelfix("check").code == {1: 2, "text": 2, None: 0}.get(code, code)


# --- what it writes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "output_format",
    ["full", "concise", "json", "json-lines", "github", "gitlab", "junit", "sarif", "markdown"],
)
def test_check__output_file_holds_what_stdout_would(labelfix, project, output_format):
    shown = labelfix(*ALONE, "--output-format", output_format)
    written = labelfix(*ALONE, "--output-format", output_format, "--output-file", "out/findings")
    assert shown.code == written.code == 1
    assert written.stdout == ""
    assert (project / "out" / "findings").read_text(encoding="utf-8") == shown.stdout
    assert "Found 6 findings (6 errors, 0 warnings)." in written.stderr


def test_check__quiet(labelfix, project):
    outcome = labelfix(*ALONE, "--quiet", "--output-format", "json")
    assert outcome.stderr == ""
    assert len(found_in(outcome)["findings"]) == 6


def test_check__baseline(labelfix, project):
    use = ("--baseline", "baseline.json")
    accept = ("--update-baseline", "--baseline-reason", "seen by ann")
    outcome = labelfix(*ALONE, *use, *accept)
    assert outcome.code == 0, outcome.stdout
    assert "The baseline knows 6 more findings." in outcome.stdout
    written = json.loads((project / "baseline.json").read_text())
    assert {entry["reason"] for entry in written["findings"]} == {"seen by ann"}
    assert labelfix(*ALONE, *use, "--max-wrong-rate", "1%").code == 0
    relabel_rows(project / "manifest.csv", {1: "owl"})
    found = found_in(labelfix(*ALONE, *use, "--output-format", "json"))
    assert [finding["row"] for finding in found["findings"]] == [2]
    assert found["known"] == 6


def test_check__baseline_does_not_care_where_rows_stand(labelfix, project):
    use = ("--baseline", "baseline.json")
    assert labelfix(*ALONE, *use, "--update-baseline").code == 0
    header, *rows = (project / "manifest.csv").read_text().splitlines()
    turned = "\n".join([header, "", *reversed(rows)]) + "\n"
    (project / "turned.csv").write_text(turned)
    outcome = labelfix("check", "images", "turned.csv", "--encoder", "hog", *use)
    assert outcome.code == 0, outcome.stdout


def test_check__list_rules(labelfix):
    outcome = labelfix("check", "--list-rules")
    assert outcome.code == 0
    assert len(outcome.stdout.splitlines()) == 13
    assert outcome.stdout.startswith("wrong-label            error    the label is wrong")


def test_check__explain(labelfix):
    outcome = labelfix("check", "--explain", "split-leak")
    assert outcome.code == 0
    assert outcome.stdout.startswith("split-leak (error): ")
    assert max(map(len, outcome.stdout.splitlines())) <= 100


def test_check__explain_no_such_rule(labelfix):
    outcome = labelfix("check", "--explain", "split-leek")
    assert outcome.code == 2
    assert "expected the name of a rule, found 'split-leek'" in outcome.stderr
    assert "did you mean" in outcome.stderr
