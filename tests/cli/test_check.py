"""`labelfix check` through the command line: what it finds, how it ends, what it writes."""

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_training import small_trainings

from labelfix.check.formats.registry import FORMATS
from labelfix.check.history import read_history
from labelfix.cli import console, findings_view
from labelfix.data.share_text import percent
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.train_options import TrainOptions

pytestmark = pytest.mark.slow  # the two workspaces that they share take long to make

SAMPLE = Path(__file__).parents[2] / "sample_data"
ROWS, NEW_ROWS = 240, 60
WRONG = {
    3: "8",
    18: "3",
    31: "4",
    46: "0",
    59: "8",
    77: "7",
    84: "7",
    102: "0",
    120: "0",
    133: "8",
    150: "5",
    163: "0",
    177: "6",
    199: "4",
    214: "7",
    228: "9",
}
"""Labels of the batch that are not the truth, by row counted from 0."""
WRONG_NEW = {2: "0", 7: "5", 30: "7"}
ALONE = (
    "check",
    "images",
    "manifest.csv",
    "--encoder",
    "hog",
    "--fast",
    "--workspace",
    ".labelfix",
    "--ignore",
    "off-topic,uncertain-label",
)
PAPER = ("--method", "paper", "--epochs", "9", "--width", "16")
AGAINST = ("check", "new", "new.csv", "--reference", "reference", "--workspace", "of_new")


@pytest.fixture
def found(labelfix, project):
    """How many wrong labels are found; another machine may find one more or less."""
    return len(rows_of(found_in(labelfix(*ALONE, "--output-format", "json")), "wrong-label"))


def write_manifest(path, images, labels):
    rows = [f"{image},{label}" for image, label in zip(images, labels, strict=True)]
    path.write_text("\n".join(["image,label", *rows]) + "\n", encoding="utf-8")


@pytest.fixture(scope="session")
def checked(tmp_path_factory):
    """Sample digits: a batch with sixteen wrong labels, a reference with none, and new images."""
    from labelfix.data.manifest_inputs import EmbedInputs
    from labelfix.data.records import Rerun
    from labelfix.data.workspace import locked, open_workspace
    from labelfix.pipeline import PipelineOptions, run_pipeline
    from labelfix.runtime.progress import Silent

    folder = tmp_path_factory.mktemp("checked")
    with (SAMPLE / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = [(row["image"], row["true_label"]) for row in csv.DictReader(file)]
    for name, some in (("images", truth[:ROWS]), ("new", truth[ROWS : ROWS + NEW_ROWS])):
        (folder / name).mkdir()
        for image, _ in some:
            shutil.copy2(SAMPLE / "images" / image, folder / name)
    images, labels = zip(*truth[:ROWS], strict=True)
    write_manifest(folder / "truth.csv", images, labels)
    given = [WRONG.get(row, label) for row, label in enumerate(labels)]
    write_manifest(folder / "manifest.csv", images, given)
    images, labels = zip(*truth[ROWS : ROWS + NEW_ROWS], strict=True)
    write_manifest(folder / "new_truth.csv", images, labels)
    given = [WRONG_NEW.get(row, label) for row, label in enumerate(labels)]
    write_manifest(folder / "new.csv", images, given)
    with pytest.MonkeyPatch.context() as patch, small_trainings():
        patch.chdir(folder)
        for root, manifest in ((".labelfix", "manifest.csv"), ("reference", "truth.csv")):
            workspace = open_workspace(Path(root))
            inputs = EmbedInputs(images=Path("images"), manifest=Path(manifest))
            options = PipelineOptions(
                embed=EmbedOptions(encoder="hog"), train=TrainOptions(fast=True)
            )
            with locked(workspace):
                run_pipeline(workspace, inputs, None, options, Silent(), Rerun(), lambda _: None)
    return folder


@pytest.fixture
def project(checked, labelfix, tmp_path):
    """A copy of `checked`, where `labelfix` runs."""
    shutil.copytree(checked, tmp_path, dirs_exist_ok=True)
    return tmp_path


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
    rows = set(rows_of(found, "wrong-label"))
    assert len(rows & {row + 1 for row in WRONG}) >= 15
    assert len(rows) <= 19
    [one] = [each for each in found["findings"] if each["row"] == 19]
    assert (one["line"], one["given_label"], one["suggested_label"]) == (20, "3", "8")
    assert found["passed"] is False
    assert found["wrong_share"]["rows"] == ROWS
    assert outcome.stderr.count("up to date, skipped") == 4
    assert f"Over --max-findings: {len(rows)} findings" in outcome.stderr


def test_check__right_labels_pass(labelfix, project):
    command = ("check", "images", "truth.csv", "--encoder", "hog", "--fast", "-w", "reference")
    outcome = labelfix(*command)
    assert outcome.code == 0, outcome.stdout
    assert re.search("Estimated share of wrong labels: (0|under 0).", outcome.stdout)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--max-wrong-rate", "50%"), 0),
        (("--max-wrong-rate", "0.5%"), 1),
        (("--max-wrong-rate", "50%", "--max-wrong-rate", "8=0.1%", "--on", "upper"), 1),
        (("--max-wrong-rate", "0.5%", "--fail-on", "never"), 0),
        (("--max-findings", "{found}"), 0),
        (("--max-findings", "1"), 1),
        (("--max-findings", "wrong-label={found}"), 0),
        (("--level", "wrong-label=warning"), 0),
        (("--level", "wrong-label=warning", "--fail-on", "warning"), 1),
        (("--ignore", "wrong-label"), 0),
        (("--select", "unreadable,missing-file"), 0),
        (("--min-confidence", "1"), 0),
    ],
)
def test_check__thresholds(labelfix, project, found, options, code):
    outcome = labelfix(*ALONE, *(option.format(found=found) for option in options))
    assert outcome.code == code, outcome.stdout


def test_check__settings_file(labelfix, project):
    (project / "labelfix.toml").write_text(
        "[check]\nencoder = 'hog'\nfast = true\nmax-wrong-rate = ['50%', '8=60%']\n"
        "ignore = ['off-topic', 'uncertain-label']\nfail-on = 'warning'\n"
    )
    assert labelfix("check", "images", "manifest.csv").code == 0
    assert labelfix("check", "images", "manifest.csv", "--max-wrong-rate", "0.5%").code == 1


def test_check__rows_that_cannot_be_judged(labelfix, project):
    names = [line.split(",")[0] for line in (project / "manifest.csv").read_text().splitlines()]
    (project / "images" / names[4]).write_bytes(b"no image")
    (project / "images" / names[6]).unlink()
    relabel_rows(project / "manifest.csv", {8: ""})
    found = found_in(labelfix(*ALONE, "--output-format", "json"))
    assert rows_of(found, "unreadable") == [4]
    assert rows_of(found, "missing-file") == [6]
    assert rows_of(found, "missing-label") == [9]
    assert (found["rows"], found["rows_checked"]) == (ROWS, ROWS - 3)
    others = ("--max-findings", "wrong-label=30", "--max-findings", "missing-label=1")
    assert labelfix(*ALONE, *others, "--max-unreadable", "2").code == 0
    assert labelfix(*ALONE, *others, "--max-unreadable", "0.5%").code == 1


def test_check__one_folder_for_each_class(labelfix, project):
    with (project / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        folder = project / "classes" / row["label"]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(project / "images" / row["image"], folder)
    command = ("check", "classes", "--encoder", "hog", "--fast", "--workspace", "of_classes")
    outcome = labelfix(*command)
    assert outcome.code == 1, outcome.stderr
    assert f"classes/3/{rows[18]['image']}: wrong-label label '3', looks like '8'" in outcome.stdout


def test_check__several_annotators(labelfix, project):
    """Findings stand at the row of the label that counts, whatever the number of annotations."""
    header, *rows = (project / "manifest.csv").read_text().splitlines()
    given = {row: rows[row].split(",")[1] for row in WRONG}
    lines = []
    for row, line in enumerate(rows):
        image, label = line.split(",")
        dissent = str((int(given.get(row, label)) + 1) % 10)
        lines += [f"{image},{dissent},eve", f"{line},ann", f"{line},bo"]
    (project / "manifest.csv").write_text("\n".join([f"{header},annotator", *lines]) + "\n")
    outcome = labelfix(*ALONE, "--output-format", "json", "--report", "page.html")
    found = found_in(outcome)
    wrong = [each for each in found["findings"] if each["rule"] == "wrong-label"]
    assert len(wrong) >= 3
    for each in wrong:
        line = lines[each["row"] - 1].split(",")
        assert (each["image"], each["given_label"]) == (line[0], line[1])
        assert each["line"] == each["row"] + 1
    subjects = [each["subject"] for each in found["findings"] if each["subject"]]
    assert subjects == ["eve"]
    assert (project / "page.html").is_file()
    report = ("report", "--out", "page.html", "--truth", "truth.csv", "--json")
    assert labelfix(*report).code == 0


def test_check__copies_and_splits(labelfix, project):
    header, *rows = (project / "manifest.csv").read_text().splitlines()
    name = rows[10].split(",")[0]
    shutil.copy2(project / "images" / name, project / "images" / "copy.png")
    rows = [f"{row},train" for row in rows]
    text = "\n".join([f"{header},split", *rows, "copy.png,none,test"]) + "\n"
    (project / "manifest.csv").write_text(text)
    found = found_in(labelfix(*ALONE, "--output-format", "json"))
    assert rows_of(found, "split-leak") == [ROWS + 1]
    assert ROWS + 1 in rows_of(found, "conflicting-duplicate")


# --- against a reference -------------------------------------------------------------------------


def test_check_reference__finds_what_is_wrong_and_trains_nothing(labelfix, project):
    kept = project / "reference"
    before = {path: path.stat().st_mtime_ns for path in kept.rglob("*")}
    outcome = labelfix(*AGAINST, "--output-format", "json")
    assert outcome.code == 1, outcome.stderr
    found = found_in(outcome)
    assert set(rows_of(found, "wrong-label")) >= {row + 1 for row in WRONG_NEW}
    assert len(rows_of(found, "wrong-label")) <= len(WRONG_NEW) + 1
    share = found["wrong_share"]
    assert share["low"] <= len(WRONG_NEW) / NEW_ROWS <= share["high"]
    assert {path: path.stat().st_mtime_ns for path in kept.rglob("*")} == before
    made = {path.name for path in (project / "of_new" / "batch").iterdir()}
    assert not made & {"denoiser.safetensors", "neighbours.parquet", "corrections.parquet"}


def test_check_reference__right_labels_pass(labelfix, project):
    shutil.copy2(project / "new_truth.csv", project / "new.csv")
    outcome = labelfix(*AGAINST, "--max-wrong-rate", "2%")
    assert outcome.code == 0, outcome.stdout


def test_check_reference__same_answer_whatever_else_is_in_the_batch(labelfix, project):
    every = found_in(labelfix(*AGAINST, "--output-format", "json"))["findings"]
    lines = (project / "new.csv").read_text().splitlines()
    (project / "new.csv").write_text("\n".join([lines[0], lines[8]]) + "\n")
    [alone] = found_in(labelfix(*AGAINST, "--output-format", "json"))["findings"]
    [beside] = [finding for finding in every if finding["row"] == 8]
    for key in ("rule", "level", "message", "suggested_label", "confidence", "fingerprint"):
        assert alone[key] == beside[key]


def test_check_reference__labels_that_it_does_not_know(labelfix, project):
    relabel_rows(project / "new.csv", {10: "elk", 20: "\u200b3"})
    found = found_in(labelfix(*AGAINST, "--output-format", "json"))
    assert 11 in rows_of(found, "unknown-label")
    [variant] = [each for each in found["findings"] if each["rule"] == "label-variant"]
    assert (variant["given_label"], variant["suggested_label"]) == ("\u200b3", "3")


def test_check_reference__image_unlike_all_of_it(labelfix, project):
    name = (project / "new.csv").read_text().splitlines()[1].split(",")[0]
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(project / "new" / name)
    found = found_in(labelfix(*AGAINST, "--output-format", "json"))
    assert 1 in rows_of(found, "off-topic")
    assert 1 not in rows_of(found, "wrong-label")


def test_check_reference__image_of_the_reference_with_another_label(labelfix, project):
    seen = (project / "truth.csv").read_text().splitlines()[1].split(",")
    name = (project / "new.csv").read_text().splitlines()[1].split(",")[0]
    shutil.copy2(project / "images" / seen[0], project / "new" / name)
    relabel_rows(project / "new.csv", {0: "9" if seen[1] != "9" else "8"})
    found = found_in(labelfix(*AGAINST, "--output-format", "json"))
    assert rows_of(found, "conflicting-duplicate") == [1]


def test_check_reference__annotators(labelfix, project):
    header, *rows = (project / "new.csv").read_text().splitlines()
    rows = [f"{line},{'bo' if row in WRONG_NEW else 'ann'}" for row, line in enumerate(rows)]
    (project / "new.csv").write_text("\n".join([f"{header},annotator", *rows]) + "\n")
    found = found_in(labelfix(*AGAINST, "--output-format", "json"))
    [noisy] = [each for each in found["findings"] if each["rule"] == "noisy-annotator"]
    assert noisy["subject"] == "bo"


def test_check_reference__without_what_relabel_has_learned(labelfix, project):
    kept = found_in(labelfix(*AGAINST, "--output-format", "json"))
    (project / "reference" / "learned_noise.safetensors").unlink()
    again = labelfix(*AGAINST, "--output-format", "json")
    assert found_in(again) == kept
    assert "estimating the noise of reference for this run" in again.stderr


def test_check_reference__its_own_workspace_may_hold_the_batch(labelfix, project):
    apart = found_in(labelfix(*AGAINST, "--output-format", "json"))
    together = labelfix(*AGAINST[:-1], "reference", "--output-format", "json")
    assert found_in(together) == apart
    assert (project / "reference" / "batch" / "embeddings").is_dir()


def test_check_reference__no_workspace(labelfix, project):
    outcome = labelfix("check", "new", "new.csv", "--reference", "nowhere")
    assert outcome.code == 2
    assert outcome.stderr.splitlines()[-2:] == [
        "error: expected a trained workspace at nowhere, found none",
        "Make one from labels that you trust: labelfix run IMAGES MANIFEST --out FILE "
        "--workspace nowhere",
    ]


def test_check_reference__of_the_paper(labelfix, project):
    assert labelfix("train", *PAPER, "--workspace", "reference").code == 0
    outcome = labelfix(*AGAINST)
    assert outcome.code == 2
    assert "expected a workspace trained with --method noise-aware" in outcome.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--encoder", "hog"), "--encoder cannot be combined with --reference"),
        (("--seed", "1"), "--seed cannot be combined with --reference"),
        (("--expect-wrong-rate", "0"), "--expect-wrong-rate: expected a rate above 0"),
        (("--expect-wrong-rate", "10"), "--expect-wrong-rate"),
    ],
)
def test_check_reference__options_that_say_nothing(labelfix, project, options, message):
    outcome = labelfix(*AGAINST, *options)
    assert outcome.code == 2
    assert message in outcome.stderr


# --- how it ends ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--output-format", "xml"), "--output-format: expected one of full, concise"),
        (("--max-wrong-rate", "2"), "--max-wrong-rate"),
        (("--select", "wrong-lable"), "did you mean 'wrong-label'"),
        (("--history", "labels.txt"), "--history labels.txt: expected a name that ends in .jsonl"),
        (("--history", "manifest.csv"), "--history manifest.csv is the manifest itself"),
        (("--history", "truth.csv"), "truth.csv, line 2: expected a check of labelfix"),
        (("--output-format", "parquet"), "--output-format parquet needs --output-file FILE"),
        (("--update-baseline",), "--update-baseline needs --baseline FILE"),
        (("--baseline-reason", "x"), "--baseline-reason needs --update-baseline"),
        (("--baseline", "none.json"), "expected a baseline at none.json, found no file"),
        (("--output-file", "manifest.csv"), "is the manifest itself"),
        (("--output-file", "x", "--report", "x"), "expected different files"),
        (("--output-file", "images"), "is a folder"),
        (("--expect-wrong-rate", "5%"), "--expect-wrong-rate needs --reference WORKSPACE"),
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
    outcome = labelfix(*ALONE, "--fail-on", "never", "-w", "of_its_own")
    assert outcome.code == 2
    assert "can be read" in outcome.stderr


def test_check__an_error_outranks_findings(labelfix, project, monkeypatch):
    """The batch fails, and then its output cannot be written."""
    import labelfix.check.formats.registry as available

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


@pytest.mark.parametrize("command", [ALONE, AGAINST], ids=["alone", "against"])
def test_check__wrong_name_of_a_column_is_told_before_any_work(labelfix, project, command):
    outcome = labelfix(*command, "--split-column", "part")
    assert outcome.code == 2
    assert "expected a column 'part', found the columns 'image', 'label'" in outcome.stderr
    assert "up to date" not in outcome.stderr
    assert not (project / "of_new" / "batch").exists()


# --- what it writes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "output_format",
    FORMATS,
)
def test_check__output_file_holds_what_stdout_would(labelfix, project, found, output_format):
    shown = labelfix(*ALONE, "--output-format", output_format)
    written = labelfix(*ALONE, "--output-format", output_format, "--output-file", "out/findings")
    assert shown.code == written.code == 1
    assert written.stdout == ""
    assert (project / "out" / "findings").read_text(encoding="utf-8") == shown.stdout
    assert f"Found {found} findings ({found} errors, 0 warnings)." in written.stderr


@pytest.mark.parametrize("name", ["history.jsonl", "history.csv"])
def test_check__history_has_a_line_for_each_check(labelfix, project, found, name):
    for number in (1, 2):
        outcome = labelfix(*ALONE, "--history", name, "--report", "report.html")
        assert f"check {number} in {name}" in outcome.stderr
    checks = read_history(project / name)
    assert [check.counts["wrong-label"] for check in checks] == [found, found]
    assert [check.verdict for check in checks] == ["failed", "failed"]
    page = (project / "report.html").read_text(encoding="utf-8")
    assert page.count("<title>20") == 2  # a dot for each, which tells its day


def test_check__json_is_the_format_json(labelfix, project):
    short = labelfix(*ALONE, "--json")
    assert short.code == 1
    assert short.stdout == labelfix(*ALONE, "--output-format", "json").stdout
    other = labelfix(*ALONE, "--json", "--output-format", "sarif")
    assert other.code == 2
    assert "--json cannot be combined with --output-format sarif" in other.stderr


def test_check__on_a_terminal_the_likeliest_and_counts(labelfix, project, monkeypatch, found):
    plain = labelfix(*ALONE).stdout
    monkeypatch.setattr(findings_view, "MOST_SHOWN", 3)
    assert labelfix(*ALONE).stdout == plain  # a pipe gets all of it as ever
    monkeypatch.setattr(console, "has_terminal", lambda: True)
    shown = labelfix(*ALONE).stdout.splitlines()
    assert sum(": wrong-label " in line for line in shown) == 3
    assert f"and {found - 3} less likely findings; --all shows them" in shown
    assert any(line.startswith(f"wrong-label  error    {found}  ") for line in shown)
    every = labelfix(*ALONE, "--all").stdout.splitlines()
    assert sum(": wrong-label " in line for line in every) == found


def test_check__quiet(labelfix, project, found):
    outcome = labelfix(*ALONE, "--quiet", "--output-format", "json")
    assert outcome.stderr == ""
    assert len(found_in(outcome)["findings"]) == found


def test_check__baseline(labelfix, project, found):
    use = ("--baseline", "baseline.json")
    accept = ("--update-baseline", "--baseline-reason", "seen by ann")
    outcome = labelfix(*ALONE, *use, *accept)
    assert outcome.code == 0, outcome.stdout
    assert f"The baseline knows {found} more findings." in outcome.stdout
    written = json.loads((project / "baseline.json").read_text())
    assert {entry["reason"] for entry in written["findings"]} == {"seen by ann"}
    assert labelfix(*ALONE, *use, "--max-wrong-rate", "1%").code == 0
    relabel_rows(project / "manifest.csv", {1: "6"})
    shown = found_in(labelfix(*ALONE, *use, "--output-format", "json"))
    assert 2 in rows_of(shown, "wrong-label")
    assert not {entry["content_hash"] for entry in written["findings"]}.intersection(
        finding["content_hash"] for finding in shown["findings"]
    )
    assert 0 < shown["known"] <= found


def test_check__nothing_is_accepted_that_was_not_told(labelfix, project, monkeypatch):
    import labelfix.report.page as page
    from labelfix.errors import OutputError

    def fail(*_):
        raise OutputError("the disk is full")

    monkeypatch.setattr(page, "write_report", fail)
    use = ("--baseline", "baseline.json", "--update-baseline", "--report", "page.html")
    assert labelfix(*ALONE, *use).code == 2
    assert not (project / "baseline.json").exists()


def test_check__baseline_does_not_care_where_rows_stand(labelfix, project):
    use = ("--baseline", "baseline.json")
    assert labelfix(*ALONE, *use, "--update-baseline").code == 0
    header, *rows = (project / "manifest.csv").read_text().splitlines()
    turned = "\n".join([header, "", *reversed(rows)]) + "\n"
    (project / "turned.csv").write_text(turned)
    command = ("check", "images", "turned.csv", *ALONE[3:], *use, "--output-format", "json")
    found = found_in(labelfix(*command))
    accepted = json.loads((project / "baseline.json").read_text())["findings"]
    hashes = {entry["content_hash"] for entry in accepted}
    assert hashes.isdisjoint(finding["content_hash"] for finding in found["findings"])
    assert len(WRONG) - 3 <= found["known"] <= len(accepted)


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


# --- its own workspace ---------------------------------------------------------------------------


def test_check__leaves_the_workspace_of_run_alone(labelfix, project):
    """Another batch beside a trained workspace: judged in one of its own, which it says."""
    before = {path: path.read_bytes() for path in (project / ".labelfix").glob("*.*")}
    batch = ("check", "new", "new.csv", "--encoder", "hog", "--fast", "--fail-on", "never")
    outcome = labelfix(*batch)
    assert outcome.code == 0, outcome.stderr
    assert "working in .labelfix-check; " in outcome.stderr
    assert (project / ".labelfix-check" / "corrections.parquet").is_file()
    assert {path: path.read_bytes() for path in (project / ".labelfix").glob("*.*")} == before
    again = labelfix(*batch)
    assert again.stderr.count("up to date, skipped") == 4
    assert "working in" not in again.stderr


def test_check__audit_note_names_its_workspace(labelfix, project):
    batch = ("check", "new", "new.csv", "--encoder", "hog", "--fast", "--fail-on", "never")
    note = [line for line in labelfix(*batch).stdout.splitlines() if "labelfix audit" in line]
    for line in note:
        assert line.endswith("--out questions.csv --workspace .labelfix-check")
    if note:
        command = note[0].partition(": labelfix ")[2].split()
        assert labelfix(*command).code == 0


@pytest.mark.parametrize("command", ["run", "embed", "check", "bench"])
def test_another_data_set__is_refused_before_anything_is_replaced(labelfix, project, command):
    before = {path: path.read_bytes() for path in (project / ".labelfix").glob("*.*")}
    words = [command, "new", "new.csv", "--encoder", "hog", "-w", ".labelfix"]
    outcome = labelfix(*words, *(["--out", "fixed.csv"] if command == "run" else []))
    assert outcome.code == 2
    assert "the workspace .labelfix holds another data set: expected most of its 240 images of" in (
        outcome.stderr
    )
    assert "manifest.csv, found none of them among the 60 images of new, listed in new.csv" in (
        outcome.stderr
    )
    assert "with --workspace, or replace the other one: labelfix run --force" in outcome.stderr
    assert {path: path.read_bytes() for path in (project / ".labelfix").glob("*.*")} == before
    assert not (project / "fixed.csv").exists()


def test_another_data_set__with_force(labelfix, project):
    words = ("embed", "new", "new.csv", "--encoder", "hog")
    assert labelfix(*words).code == 2
    assert labelfix(*words, "--force").code == 0
    assert labelfix(*words).code == 0


# --- too little to judge -------------------------------------------------------------------------


@pytest.fixture
def five(labelfix, project, tmp_path_factory):
    """A check of five labels, all wrong, whose workspace the first that asks has made."""
    labels = dict(zip([f"{row:04d}.png" for row in range(5)], "12340", strict=True))
    write_manifest(project / "five.csv", labels, labels.values())
    command = ("check", "images", "five.csv", "--encoder", "hog", "--fast", "-w", "five")
    kept = tmp_path_factory.getbasetemp() / "workspace of five labels"
    if not kept.exists():
        assert labelfix(*command, "--fail-on", "never").code == 0
        shutil.copytree(project / "five", kept)
    shutil.copytree(kept, project / "five", dirs_exist_ok=True)
    return command


def test_check__cannot_tell_of_five_labels(labelfix, project, five):
    outcome = labelfix(*five, "--max-wrong-rate", "2%", "--report", "page.html")
    assert outcome.code == 2, outcome.stderr
    assert "The batch passes" not in outcome.stdout
    [why] = [line for line in outcome.stdout.splitlines() if line.startswith("Too little")]
    assert "5 of 5 labels are of classes with fewer than 5 images" in why
    assert "Needed: a reference (--reference WORKSPACE), 5 images of each class" in outcome.stdout
    assert "Cannot tell whether the batch passes." in outcome.stdout
    page = (project / "page.html").read_text(encoding="utf-8")
    assert '<p class="outcome">Cannot tell</p>' in page
    assert "too few to judge them" in page


@pytest.mark.parametrize(
    ("options", "code", "verdict"),
    [
        ((), 2, "cannot tell"),
        (("--max-wrong-rate", "2%", "--on", "upper"), 1, "failed"),
        (("--max-wrong-rate", "2%", "--allow-undecided"), 0, "passed"),
        (("--fail-on", "never"), 0, "passed"),
        (("--select", "near-duplicate"), 0, "passed"),
    ],
)
def test_check__who_wants_otherwise(labelfix, five, options, code, verdict):
    outcome = labelfix(*five, *options, "--output-format", "json", "--quiet")
    assert outcome.code == code
    assert found_in(outcome)["verdict"] == verdict
    assert bool(outcome.stderr) == (code == 2)  # even if quiet, an exit code of 2 is explained


# --- the report ----------------------------------------------------------------------------------


def test_check__report_beside_the_findings(labelfix, project, found):
    outcome = labelfix(*ALONE, "--report", "page.html", "--output-format", "concise")
    assert outcome.code == 1
    page = (project / "page.html").read_text(encoding="utf-8")
    assert page.count("data-rule=") >= found
    assert "report written to page.html" in outcome.stderr


def test_report__of_a_workspace(labelfix, project, found):
    outcome = labelfix("report", "--out", "page.html", "--truth", "truth.csv", "--json")
    assert outcome.code == 0, outcome.stderr
    shown = json.loads(outcome.stdout)
    assert shown["findings"] >= found
    assert shown["bytes"] == len((project / "page.html").read_bytes())
    page = (project / "page.html").read_text(encoding="utf-8")
    assert "Content-Security-Policy" in page
    assert "calibration" in page.lower()


def test_same_numbers__in_run_check_report_and_json(labelfix, project):
    """A person who compares them finds the same words, the same counts and the same rounding."""
    stages = ("images", "manifest.csv", "--encoder", "hog", "--fast", "-w", ".labelfix")
    run = labelfix("run", *stages, "--out", "fixed.csv")
    check = labelfix("check", *stages, "--report", "page.html", "--output-format", "concise")
    markdown = labelfix("check", *stages, "--output-format", "markdown")
    of_run = json.loads(labelfix("run", *stages, "--out", "fixed.csv", "--json").stdout)
    of_check = json.loads(labelfix("check", *stages, "--output-format", "json").stdout)
    of_report = json.loads(labelfix("report", "--out", "own.html", "--json").stdout)
    pages = [
        " ".join(re.sub("<[^>]+>", " ", (project / name).read_text(encoding="utf-8")).split())
        for name in ("page.html", "own.html")
    ]

    for one in (of_check, of_report):
        assert one["labels"] == of_run["labels"]
        assert one["wrong_share"] == of_run["wrong_share"]
    labels, share = of_run["labels"], of_run["wrong_share"]
    assert labels["wrong"] >= 15
    assert labels["wrong"] == of_run["relabelled"] == of_check["counts"]["wrong-label"]
    assert labels["doubtful"] == of_check["counts"].get("uncertain-label", 0)
    assert labels["for_review"] == of_run["for_review"]
    counts = (
        f"Labels: {labels['wrong']} wrong, {labels['doubtful']} doubtful, "
        f"{labels['for_review']} for review."
    )
    ends = f"95 % interval {percent(share['low'])} to {percent(share['high'])}"
    estimate = f"{percent(share['share'])} ({ends}), from {ROWS} rows."
    for shown in (run.stdout, check.stdout, markdown.stdout):
        assert f"Estimated share of wrong labels: {estimate}" in shown
        assert counts in shown
    for page in pages:
        assert f"Estimated share of wrong labels {percent(share['share'])} {ends}" in page
        assert counts in page


def test_report__into_a_folder_and_then_one_file(labelfix, project):
    outcome = labelfix("report", "--out", "page", "--quiet")
    assert outcome.stdout.split() == ["written", "to", "page/index.html", "and", "page/index_files"]
    assert (project / "page" / "index_files" / "findings-1.html").is_file()
    outcome = labelfix("report", "--out", "page", "--single-file", "--json", "--quiet")
    shown = json.loads(outcome.stdout)
    assert (shown["out"], shown["folder"], shown["left_out"]) == ("page/index.html", None, {})
    assert not (project / "page" / "index_files").exists()


def test_report__a_folder_of_the_user_is_in_the_way(labelfix, project):
    (project / "page_files").mkdir()
    for command in (("report", "--out", "page.html"), (*ALONE, "--report", "page.html")):
        outcome = labelfix(*command)
        assert outcome.code == 2
        assert "found another folder" in outcome.stderr
    assert not (project / "page.html").exists()


def test_check__single_file_needs_a_report(labelfix, project):
    outcome = labelfix(*ALONE, "--single-file")
    assert outcome.code == 2
    assert "--single-file needs --report FILE" in outcome.stderr
    assert labelfix(*ALONE, "--single-file", "--report", "page.html").code == 1


def test_report__images_that_have_moved(labelfix, project):
    (project / "images").rename(project / "moved")
    (project / "empty").mkdir()
    pages = []
    for folder in ("empty", "moved"):
        assert labelfix("report", "--out", "page.html", "--images", folder).code == 0
        pages.append((project / "page.html").read_text(encoding="utf-8"))
    assert pages[0].count("data:image/") == 0
    assert pages[1].count("data:image/") > 10
    outcome = labelfix("report", "--out", "page.html", "--images", "nowhere")
    assert outcome.code == 2
    assert "--images: expected the image folder at nowhere" in outcome.stderr


def test_report__nothing_judged_yet(labelfix, project):
    (project / ".labelfix" / "corrections.parquet.record.json").unlink()
    outcome = labelfix("report", "--out", "page.html")
    assert outcome.code == 2
    assert "Run labelfix run or labelfix relabel first." in outcome.stderr
    assert not (project / "page.html").exists()


def test_report__no_workspace(labelfix, tmp_path):
    outcome = labelfix("report", "--out", "page.html")
    assert outcome.code == 2
    assert "expected a workspace at .labelfix, found none" in outcome.stderr


def test_report__truth_of_other_images(labelfix, project):
    (project / "truth.csv").write_text("image,true_label\nother.png,1\n")
    outcome = labelfix("report", "--out", "page.html", "--truth", "truth.csv")
    assert outcome.code == 2
    assert "found none of them" in outcome.stderr
