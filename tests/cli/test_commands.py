"""embed, index, train, relabel and run on a small project, through the real command line."""

import csv
import json
import os
import re
import shlex
import shutil
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import typer
from small_training import FOLDS

from labelfix.cli.app import COMMANDS, app
from labelfix.data.corrections import NOISE_METADATA
from labelfix.data.share_text import percent

RUN = ("run", "images", "manifest.csv", "--encoder", "hog", "--out", "fixed.csv")
EMBED = ("embed", "images", "manifest.csv", "--encoder", "hog")
STAGES = (EMBED, ("index",), ("train",), ("relabel", "--out", "fixed.csv"))


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def how_stages_went(stderr: str) -> dict[str, str]:
    """For each stage that said so: `up to date, skipped` or `done`."""
    went = {}
    for line in stderr.splitlines():
        stage, _, rest = line.partition(" ")
        if rest.strip().startswith(("up to date, skipped", "done in")):
            went[stage] = "done" if "done in" in rest else "skipped"
    return went


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_run__again_skips_every_stage_and_says_so(labelfix, project):
    before = contents(project)
    (project / "fixed.csv").unlink()
    outcome = labelfix(*RUN)
    assert outcome.code == 0
    lines = outcome.stderr.splitlines()
    assert lines[0] == "embed   up to date, skipped: 36 images, 964 values each, hog, float32"
    assert lines[1] == "index   up to date, skipped: 10 neighbours each, exact search"
    assert re.fullmatch(
        rf"train   up to date, skipped: {FOLDS} folds, about \d+ % wrong labels assumed", lines[2]
    )
    assert lines[3:] == ["relabel up to date, skipped: 36 of 36 rows"]
    assert (project / "fixed.csv").read_bytes() == before["fixed.csv"]


def test_run__summary_agrees_with_the_table(labelfix, tmp_path, corrected_vectors):
    outcome = labelfix(*corrected_vectors)
    rows = rows_of(tmp_path / "fixed.csv")
    count = {
        action: sum(row["action"] == action for row in rows)
        for action in ("keep", "relabel", "review", "quarantined")
    }
    assert outcome.stdout.splitlines()[:5] == [
        "rows                60",
        f"kept        {count['keep']:>10}",
        f"relabelled  {count['relabel']:>10}",
        f"for review  {count['review']:>10}",
        f"quarantined {count['quarantined']:>10}",
    ]
    changed = [row for row in rows if row["action"] == "relabel"]
    assert changed
    confusions = Counter((row["given_label"], row["label"]) for row in changed)
    with (tmp_path / ".labelfix" / "noise_transition.csv").open(encoding="utf-8") as file:
        noise = next(csv.DictReader(file))
    share, low, high = (float(noise[f"wrong_share{end}"]) for end in ("", "_low", "_high"))
    metadata = pq.read_schema(tmp_path / ".labelfix" / "corrections.parquet").metadata
    outlook = json.loads(metadata[NOISE_METADATA])["outlook"]
    now, then = 100 * outlook["now"], 100 * outlook["then"]
    narrower = (
        f"Auditing 50 images would narrow the interval from about ±{now:.{int(now < 2)}f} "
        f"to ±{then:.{int(then < 2)}f} points: labelfix audit --budget 50 --out questions.csv"
    )
    doubtful = re.search(r"Labels: \d+ wrong, (\d+) doubtful", outcome.stdout)[1]
    assert outcome.stdout.splitlines()[5:] == [
        f"Estimated share of wrong labels: {percent(share)} "
        f"(95 % interval {percent(low)} to {percent(high)}), from {len(rows)} rows.",
        f"Labels: {count['relabel']} wrong, {doubtful} doubtful, {count['review']} for review.",
        *([narrower] if outlook["settles"] else []),
        "most common confusions (given -> suggested, rows)",
        *(
            f"  {given} -> {suggested}{count:>8}"
            for (given, suggested), count in sorted(
                confusions.items(), key=lambda item: (-item[1], item[0])
            )
        ),
        "written to fixed.csv",
    ]
    assert [row["given_label"] for row in rows] == [
        row["label"] for row in rows_of(tmp_path / "manifest.csv")
    ]


@pytest.mark.slow
def test_run__changed_label_only_trains_again(labelfix, project):
    manifest = project / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("000.png,dog", "000.png,cat"))
    outcome = labelfix(*RUN)
    assert outcome.code == 0
    assert how_stages_went(outcome.stderr) == {
        "embed": "skipped",
        "index": "skipped",
        "train": "done",
        "relabel": "done",
    }
    assert rows_of(project / "fixed.csv")[0]["given_label"] == "cat"


def test_run__changed_extra_column_trains_nothing(labelfix, project):
    manifest = project / "manifest.csv"
    head, *rows = manifest.read_text().splitlines()
    manifest.write_text("\n".join([f"{head},note", *(f"{row},x" for row in rows)]) + "\n")
    outcome = labelfix(*RUN)
    went = how_stages_went(outcome.stderr)
    assert (went["embed"], went["index"], went["train"]) == ("skipped", "skipped", "skipped")
    assert {row["note"] for row in rows_of(project / "fixed.csv")} == {"x"}


@pytest.mark.slow
def test_run__force_does_all_again_with_the_same_bytes(labelfix, project):
    before = contents(project)
    outcome = labelfix(*RUN, "--force")
    assert set(how_stages_went(outcome.stderr).values()) == {"done"}
    after = contents(project)
    for name in ("fixed.csv", ".labelfix/denoiser.safetensors", ".labelfix/neighbours.parquet"):
        assert after[name] == before[name]


def test_run__frozen(labelfix, project):
    before = contents(project)
    assert labelfix(*RUN, "--frozen").code == 0
    outcome = labelfix(*RUN, "--frozen", "--neighbours", "5")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.splitlines()[-2:] == [
        "error: --frozen: .labelfix/neighbours.parquet is out of date: neighbours was 10, is 5",
        "Run it without --frozen, or with the options it was made with.",
    ]
    after = contents(project)
    for name in ("fixed.csv", ".labelfix/neighbours.parquet", ".labelfix/denoiser.safetensors"):
        assert after[name] == before[name]


@pytest.mark.slow
def test_run__one_folder_per_class(labelfix, project):
    for row in rows_of(project / "manifest.csv"):
        target = project / "classes" / row["label"] / row["image"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project / "images" / row["image"], target)
    outcome = labelfix("run", "classes", "--encoder", "hog", "--out", "fixed.csv", "-w", "other")
    assert outcome.code == 0
    assert outcome.stdout.startswith("rows                36\n")
    assert rows_of(project / "fixed.csv")[0]["image"].startswith("cat/")


def test_check__by_a_finished_project(labelfix, project):
    """Nothing is trained: the batch is the images that the project was trained on."""
    command = ("check", "images", "manifest.csv", "--reference", ".labelfix", "-w", "other")
    outcome = labelfix(*command, "--output-format", "json", "--fail-on", "never")
    assert outcome.code == 0, outcome.stderr
    found = json.loads(outcome.stdout)
    assert (found["rows"], found["rows_checked"], found["passed"]) == (36, 36, True)
    assert found["counts"] == dict(Counter(each["rule"] for each in found["findings"]))
    assert 0 <= found["wrong_share"]["low"] <= found["wrong_share"]["high"] <= 1


@pytest.mark.slow
def test_stages__one_by_one_give_what_run_gives(labelfix, project):
    expected = contents(project)
    shutil.rmtree(project / ".labelfix")
    (project / "fixed.csv").unlink()
    outcomes = [labelfix(*stage) for stage in STAGES]
    assert [outcome.code for outcome in outcomes] == [0, 0, 0, 0]
    assert [outcome.stdout for outcome in outcomes[:3]] == [
        ".labelfix/embeddings\n",
        ".labelfix/neighbours.parquet\n",
        ".labelfix/denoiser.safetensors\n",
    ]
    assert outcomes[3].stdout.endswith("written to fixed.csv\n")
    after = contents(project)
    for name in ("fixed.csv", ".labelfix/denoiser.safetensors", ".labelfix/neighbours.parquet"):
        assert after[name] == expected[name]


@pytest.mark.parametrize(
    ("command", "missing", "expected"),
    [
        (("index",), "embeddings", ("embeddings in", "Run labelfix embed IMAGES MANIFEST first.")),
        (("train",), "embeddings", ("embeddings in", "Run labelfix embed IMAGES MANIFEST first.")),
        (("train",), "neighbours.parquet", ("neighbours at", "Run labelfix index first.")),
        (
            ("relabel", "--out", "new.csv"),
            "embeddings",
            ("embeddings in", "Run labelfix embed IMAGES MANIFEST first."),
        ),
        (
            ("relabel", "--out", "new.csv"),
            "neighbours.parquet",
            ("neighbours at", "Run labelfix index first."),
        ),
        (
            ("relabel", "--out", "new.csv"),
            "denoiser.safetensors",
            ("trained denoiser at", "Run labelfix train first."),
        ),
    ],
)
def test_stage__before_the_one_it_needs(labelfix, project, command, missing, expected):
    (project / ".labelfix" / f"{missing}.record.json").unlink()
    what, hint = expected
    outcome = labelfix(*command)
    assert (outcome.code, outcome.stdout) == (2, "")
    problem, way_out = outcome.stderr.splitlines()
    assert (
        problem.startswith("error: no ") and what in problem and f".labelfix/{missing}" in problem
    )
    assert way_out == hint
    assert not (project / "new.csv").exists()


@pytest.mark.parametrize("command", ["index", "train", "relabel"])
def test_stage__in_an_empty_folder(labelfix, command, tmp_path):
    out = ["--out", "fixed.csv"] if command == "relabel" else []
    outcome = labelfix(command, *out)
    assert outcome.code == 2
    assert outcome.stderr == (
        "error: expected a workspace at .labelfix, found none\n"
        "Run labelfix embed IMAGES MANIFEST first, or name its folder with --workspace.\n"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".jsonl", ".CSV"])
def test_relabel__out_in_every_form(labelfix, project, ending):
    out = project / "below" / f"new{ending}"
    assert labelfix("relabel", "--out", out).code == 0
    expected = rows_of(project / "fixed.csv")
    if ending == ".parquet":
        rows = pq.read_table(out).to_pylist()
    elif ending == ".jsonl":
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    else:
        text = out.read_text(encoding="utf-8")
        rows = list(csv.DictReader(text.splitlines(), delimiter="\t" if ending == ".tsv" else ","))
    assert [list(row) for row in rows] == [list(row) for row in expected]
    for name in ("image", "label", "action"):
        assert [row[name] for row in rows] == [row[name] for row in expected]
    confidences = [float(row["confidence"]) for row in rows]
    assert confidences == [float(row["confidence"]) for row in expected]


@pytest.mark.parametrize("command", [RUN[:-1], ("relabel", "--out")])
@pytest.mark.parametrize("spelling", ["manifest.csv", "./images/../manifest.csv", "link.csv"])
def test_out__the_manifest_itself(labelfix, project, command, spelling):
    (project / "link.csv").symlink_to("manifest.csv")
    before = contents(project)
    outcome = labelfix(*command, spelling)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("error: --out ")
    assert "is the manifest itself, which is never written to" in outcome.stderr
    assert (project / "link.csv").is_symlink()
    assert contents(project)["manifest.csv"] == before["manifest.csv"]


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        ("fixed.xlsx", "expected a name that ends in one of .csv, .tsv, .parquet, .jsonl"),
        ("fixed", "expected a name that ends in one of .csv, .tsv, .parquet, .jsonl"),
        ("folder.csv", "is a folder"),
        ("manifest.csv/fixed.csv", "cannot be written: "),
    ],
)
def test_run__impossible_out_is_refused_before_any_work(
    labelfix, tmp_path, write_images, out, expected
):
    write_images(tmp_path, ["cat", "dog"] * 3)
    (tmp_path / "folder.csv").mkdir()
    outcome = labelfix(*RUN[:-1], out)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert expected in outcome.stderr
    assert "bug" not in outcome.stderr
    assert not (tmp_path / ".labelfix" / "embeddings").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_run__read_only_out_is_refused_before_any_work(labelfix, tmp_path, write_images):
    write_images(tmp_path, ["cat", "dog"] * 3)
    folder = tmp_path / "read_only"
    folder.mkdir(mode=0o555)
    outcome = labelfix(*RUN[:-1], "read_only/fixed.csv")
    assert outcome.code == 2
    assert outcome.stderr == (
        "error: --out read_only/fixed.csv cannot be written: Permission denied\n"
        "Name a place that you may write to.\n"
    )
    assert not (tmp_path / ".labelfix" / "embeddings").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_run__read_only_input(labelfix, tmp_path, write_images):
    write_images(tmp_path / "input", ["cat", "dog"] * 6)
    before = contents(tmp_path / "input")
    for path in [tmp_path / "input", *(tmp_path / "input").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    command = ("run", "input/images", "input/manifest.csv", "--encoder", "hog")
    assert labelfix(*command, "--out", "fixed.csv").code == 0
    assert contents(tmp_path / "input") == before
    for path in [tmp_path / "input", *(tmp_path / "input").rglob("*")]:
        path.chmod(0o755)


def test_index__removes_what_a_killed_run_left(labelfix, project):
    workspace = project / ".labelfix"
    for torn in ("denoiser.json", "embeddings/part-00000.parquet", "index/vectors.index"):
        (workspace / f"{torn}.labelfix-part-0a1b2c3d").write_text("torn")
    assert labelfix("index").code == 0
    assert not list(workspace.rglob("*.labelfix-part-*"))


def test_relabel__manifest_changed_since(labelfix, project):
    (project / "manifest.csv").write_text("image,label\n000.png,cat\n001.png,dog\n")
    before = contents(project)
    outcome = labelfix("relabel", "--out", "fixed.csv")
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: manifest.csv has changed since it was embedded\n")
    assert contents(project)["fixed.csv"] == before["fixed.csv"]


def test_embed__wrong_option_is_named(labelfix, project):
    outcome = labelfix(*EMBED, "--batch-size", "0")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == "error: --batch-size: expected at least 1, found 0\n"


@pytest.mark.parametrize("command", [EMBED, RUN], ids=["embed", "run"])
def test_annotator_column__that_is_not_there(labelfix, tmp_path, write_images, command):
    write_images(tmp_path, ["cat", "dog"] * 2)
    outcome = labelfix(*command, "--annotator-column", "who")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        "error: manifest.csv: expected an annotator column, 'who'; "
        "found the columns 'image', 'label'\n"
        "Name the right one with --annotator-column.\n"
    )


@pytest.mark.parametrize("command", [EMBED, RUN], ids=["embed", "run"])
def test_verified_column__that_is_not_there(labelfix, tmp_path, write_images, command):
    write_images(tmp_path, ["cat", "dog"] * 2)
    outcome = labelfix(*command, "--verified-column", "expert")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "expected a verified column, 'expert'; found the columns" in outcome.stderr
    assert "Name the right one with --verified-column.\n" in outcome.stderr


def test_embed__annotators_are_kept_in_the_workspace(labelfix, tmp_path, write_images):
    manifest = write_images(tmp_path, ["cat", "dog"] * 2)
    head, *rows = manifest.read_text().splitlines()
    rows = [f"{row},{who}" for row in (*rows, "000.png,dog") for who in ("p", "q")]
    manifest.write_text("\n".join([f"{head},who", *rows]) + "\n")
    outcome = labelfix(*EMBED, "--annotator-column", "who")
    assert outcome.code == 0
    assert "4 images have several annotations, by 2 annotators\n" in outcome.stderr
    metadata = pq.read_schema(tmp_path / ".labelfix" / "manifest.parquet").metadata
    assert json.loads(metadata[b"labelfix"])["annotator_column"] == "who"


@pytest.mark.parametrize("name", COMMANDS)
def test_example__parses(name):
    _, example = COMMANDS[name]
    example = example.removeprefix("Example: ").replace("\\\n", "")  # as a shell reads it
    program, *arguments = shlex.split(example)
    words = name.split()
    assert (program, arguments[: len(words)]) == ("labelfix", words)
    command = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]
    with command.make_context(name, arguments[len(words) :]) as context:
        assert context.args == []


def test_settings__required_option_from_a_file(labelfix, project):
    (project / "labelfix.toml").write_text("[relabel]\nout = 'other.csv'\n", encoding="utf-8")
    assert labelfix("relabel").code == 0
    assert (project / "other.csv").read_bytes() == (project / "fixed.csv").read_bytes()
