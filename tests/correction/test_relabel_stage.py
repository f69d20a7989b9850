"""The relabel stage: every form of the table, the record, and what does not fit is refused."""

import csv
import itertools
import json
import math
import pickle
import shutil
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from small_training import SmallTraining

from labelfix.correction.relabel_stage import run_relabel
from labelfix.correction.train_stage import run_train
from labelfix.data import records
from labelfix.data.corrections import EVIDENCE_COLUMNS, NOISE_METADATA, load_corrections
from labelfix.data.records import Rerun, RowCounts, record_path
from labelfix.errors import InputError, MissingStageError, OutputError, WorkspaceError
from labelfix.options.index_options import IndexOptions
from labelfix.options.relabel_options import RelabelOptions
from labelfix.retrieval.stage import run_index
from labelfix.runtime.progress import Silent

OPTIONS = RelabelOptions(device="cpu", batch_size=32)
CROSS_FIT = {"least_steps": 60, "batch_size": 16, "folds": 3}
DIFFUSION = {"least_steps": 60, "batch_size": 64}
NOISE_AWARE = SmallTraining(
    device="cpu", epochs=1, width=64, learning_rate=3e-2, cross_fit=CROSS_FIT
)
PAPER = SmallTraining(
    method="paper", device="cpu", width=32, learning_rate=1e-2, diffusion=DIFFUSION
)
BOTH = pytest.mark.parametrize("train", [NOISE_AWARE, PAPER], ids=["noise-aware", "paper"])
NO_VECTOR = 4
NO_LABEL = 7


@pytest.fixture
def points(clusters):
    made = clusters(40, 3, wrong_share=0.2)
    made.vectors[NO_VECTOR] = 0
    return made


@pytest.fixture
def labels(points):
    texts = [f"{label:03d}" for label in points.given]  # 000, 001, 002: text that looks a number
    texts[NO_LABEL] = ""
    return texts


@pytest.fixture
def indexed(embed_vectors, points, labels):
    made = embed_vectors(points.vectors, labels, missing="quarantine")
    run_index(made, IndexOptions(neighbours=5, device="cpu"), Silent(), Rerun())
    return made


@pytest.fixture
def workspace(indexed, tmp_path_factory):
    """A trained workspace; the first that asks has trained it."""
    kept = tmp_path_factory.getbasetemp() / "trained to relabel"
    if not kept.exists():
        before = {path.name for path in indexed.root.iterdir()}
        run_train(indexed, NOISE_AWARE, Silent(), Rerun())
        learned = kept.with_name("learned")
        learned.mkdir()
        for path in indexed.root.iterdir():
            if path.name not in before:
                shutil.copy2(path, learned)
        learned.rename(kept)
    shutil.copytree(kept, indexed.root, dirs_exist_ok=True)
    return indexed


@pytest.fixture
def out(tmp_path):
    return tmp_path / "fixed.csv"


def relabel(workspace, out, options=OPTIONS, rerun=None, progress=None):
    return run_relabel(workspace, out, options, progress or Silent(), rerun or Rerun())


def read_rows(path):
    """The rows of any form: numbers as floats, what is missing as None."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
    numbers = ("confidence", "self_confidence", "neighbour_agreement", "review_rank")
    for row in rows:
        row |= {name: float(row[name]) if row[name] else None for name in numbers}
        row["suggested_label"] = row["suggested_label"] or None
    return rows


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "jsonl"])
def test_run_relabel__every_form(indexed, tmp_path, labels, ending, train):
    run_train(indexed, train, Silent(), Rerun())
    workspace, out = indexed, tmp_path / f"fixed.{ending}"
    _, corrected = relabel(workspace, out)
    rows = read_rows(out)
    assert list(rows[0]) == ["image", "label", *EVIDENCE_COLUMNS]
    assert [row["image"] for row in rows] == [f"{row:03d}.png" for row in range(40)]
    assert [row["given_label"] for row in rows] == labels
    frame = corrected.to_pandas()
    for name in ("label", *EVIDENCE_COLUMNS):
        missing = {"review_rank": 0}.get(name)
        expected = [
            None if value != value or value == missing else value for value in frame[name].tolist()
        ]
        assert [row[name] for row in rows] == expected, name


@pytest.mark.slow
def test_run_relabel__rows_add_up(workspace, out):
    result, corrected = relabel(workspace, out)
    assert result.record.rows == RowCounts(rows_in=40, used=38, quarantined=1, rejected=1)
    assert corrected.action[NO_VECTOR] == corrected.action[NO_LABEL] == "quarantined"
    assert corrected.reason[NO_VECTOR] == "its embedding is not finite or all zeros"
    assert corrected.reason[NO_LABEL] == "no label"
    assert corrected.count("quarantined") == 2
    assert math.isnan(corrected.confidence[NO_LABEL])
    assert corrected.label[NO_LABEL] == ""


@pytest.mark.slow
def test_run_relabel__corrections_are_kept(workspace, out):
    _, corrected = relabel(workspace, out)
    kept = load_corrections(workspace.corrections)
    for name, values in corrected.columns().items():
        assert np.array_equal(getattr(kept, name), values, equal_nan=values.dtype.kind == "f"), name
    written, share = vars(kept.wrong_share), vars(corrected.wrong_share)
    assert written == pytest.approx(share, abs=1e-6)
    images = pq.read_table(workspace.corrections)["image"].to_pylist()
    assert images == [f"{row:03d}.png" for row in range(40)]


def test_run_relabel__up_to_date_writes_the_table_alone(workspace, tmp_path, out, listener):
    first, corrected = relabel(workspace, out)
    listener.begun.clear()
    result, again = relabel(
        workspace, tmp_path / "sub" / "other.csv", rerun=Rerun(frozen=True), progress=listener
    )
    assert result.skipped
    assert result.record == first.record
    assert listener.begun == []
    assert again.label.tolist() == corrected.label.tolist()
    assert (tmp_path / "sub" / "other.csv").read_bytes() == out.read_bytes()


@pytest.mark.slow
def test_run_relabel__forced_is_the_same(workspace, out):
    relabel(workspace, out)
    written = out.read_bytes()
    out.unlink()
    assert not relabel(workspace, out, rerun=Rerun(force=True))[0].skipped
    assert out.read_bytes() == written


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "difference"),
    [
        (replace(OPTIONS, min_confidence=0.9), "min confidence was 0.0, is 0.9"),
        (replace(OPTIONS, min_precision=0.9), "min precision was not set, is 0.9"),
    ],
)
def test_run_relabel__other_options(workspace, out, listener, options, difference):
    relabel(workspace, out)
    with pytest.raises(WorkspaceError, match=f"is out of date: {difference}"):
        relabel(workspace, out, options, Rerun(frozen=True))
    result, corrected = relabel(workspace, out, options, progress=listener)
    assert not result.skipped
    assert listener.said[-1] == f"{difference[:1].upper()}{difference[1:]}; relabelling again"
    changed = corrected.confidence[corrected.action == "relabel"]
    assert len(changed)
    assert (changed.mean() if options.min_precision else changed.min()) >= 0.9


@pytest.mark.slow
def test_run_relabel__higher_precision_changes_fewer_labels_and_the_surest(workspace, out):
    _, every = relabel(workspace, out)
    candidates = np.flatnonzero(every.action == "relabel")
    assert len(candidates) > 1
    changed = []
    for precision in (0.0, 0.5, 0.9, 0.99, 1.0):
        _, corrected = relabel(workspace, out, replace(OPTIONS, min_precision=precision))
        rows = np.flatnonzero(corrected.action == "relabel")
        assert set(rows) <= set(candidates)
        left = sorted(set(candidates) - set(rows))
        assert (corrected.action[left] == "review").all()
        assert not len(rows) or corrected.confidence[rows].mean() >= precision
        changed.append(set(rows))
    assert all(fewer <= more for more, fewer in itertools.pairwise(changed))
    assert changed[0] == set(candidates)
    assert changed[-1] == set()


def test_run_relabel__noise_is_written_and_recorded(workspace, out):
    result, corrected = relabel(workspace, out)
    metadata = pq.read_schema(workspace.corrections).metadata
    noise = json.loads(metadata[NOISE_METADATA])
    assert noise["class_names"] == ["000", "001", "002"]
    assert noise["wrong_share"] == result.record.details["wrong_share"]
    matrix = np.array(noise["noise_transition"])
    assert np.abs(matrix.sum(axis=1) - 1).max() < 1e-5
    with workspace.noise_transition.open(encoding="utf-8", newline="") as file:
        every, *classes = csv.DictReader(file)
    assert list(every) == [
        "label", "rows", "wrong_share", "wrong_share_low", "wrong_share_high",
        "given=000", "given=001", "given=002",
    ]  # fmt: skip
    assert (every["label"], every["rows"], every["given=000"]) == ("", "38", "")
    assert [row["label"] for row in classes] == noise["class_names"]
    found = [[float(row[f"given={name}"]) for name in noise["class_names"]] for row in classes]
    assert found == matrix.tolist()
    used = corrected.action != "quarantined"
    for row in classes:
        of_class = corrected.self_confidence[used & (corrected.given_label == row["label"])]
        assert int(row["rows"]) == len(of_class)
        # No label counts as wrong with less than 1 / (1 + e^9).
        assert float(row["wrong_share"]) == pytest.approx((1 - of_class).mean(), abs=1.3e-4)
        assert float(row["wrong_share"]) >= (1 - of_class).mean() - 2e-6
    for row in (every, *classes):
        low, share, high = (float(row[f"wrong_share{end}"]) for end in ("_low", "", "_high"))
        assert 0 <= low <= share <= high <= 1
    assert set(result.record.outputs) == {
        "corrections.parquet",
        "learned_noise.safetensors",
        "noise_transition.csv",
    }


@pytest.mark.slow
@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_text("")])
def test_run_relabel__damaged_noise_transition_is_made_again(workspace, out, listener, damage):
    relabel(workspace, out)
    whole = workspace.noise_transition.read_bytes()
    damage(workspace.noise_transition)
    assert not relabel(workspace, out, progress=listener)[0].skipped
    assert listener.said[-1] == "A file is missing or damaged; relabelling again"
    assert workspace.noise_transition.read_bytes() == whole


@pytest.mark.slow
def test_run_relabel__paper_knows_of_no_noise_and_removes_its_files(workspace, out, listener):
    relabel(workspace, out)
    workspace.annotators.write_text("of an earlier run")
    run_train(workspace, PAPER, Silent(), Rerun())
    result, _ = relabel(workspace, out, progress=listener)
    assert listener.said[-1] == "Denoiser changed; relabelling again"
    assert "wrong_share" not in result.record.details
    assert set(result.record.outputs) == {"corrections.parquet"}
    assert not workspace.noise_transition.exists()
    assert not workspace.annotators.exists()
    assert NOISE_METADATA not in (pq.read_schema(workspace.corrections).metadata or {})
    run_train(workspace, NOISE_AWARE, Silent(), Rerun())
    relabel(workspace, out)
    assert workspace.noise_transition.exists()


@pytest.mark.slow
def test_run_relabel__review_ranks_begin_with_the_likeliest_wrong(workspace, out):
    _, corrected = relabel(workspace, out, replace(OPTIONS, min_precision=1.0))
    for_review = corrected.action == "review"
    assert for_review.sum() > 1
    assert (corrected.review_rank[~for_review] == 0).all()
    order = np.argsort(corrected.review_rank[for_review])
    assert sorted(corrected.review_rank[for_review]) == list(range(1, for_review.sum() + 1))
    assert (np.diff(corrected.self_confidence[for_review][order]) >= 0).all()


@pytest.mark.slow
def test_run_relabel__damaged_corrections_are_made_again(workspace, out, listener):
    relabel(workspace, out)
    whole = workspace.corrections.read_bytes()
    workspace.corrections.write_bytes(whole[:-9])
    assert not relabel(workspace, out, progress=listener)[0].skipped
    assert listener.said[-1] == ("A file is missing or damaged; relabelling again")
    assert workspace.corrections.read_bytes() == whole


def check_refused(kind, workspace, out, message):
    with pytest.raises(kind) as caught:
        relabel(workspace, out)
    assert str(caught.value) == message
    assert not out.exists()
    assert not workspace.corrections.exists()


def test_run_relabel__before_train(indexed, out):
    check_refused(
        MissingStageError,
        indexed,
        out,
        f"no trained denoiser at {indexed.denoiser}\nRun labelfix train first.",
    )


def test_run_relabel__before_index(workspace, out):
    record_path(workspace.neighbours).unlink()
    check_refused(
        MissingStageError,
        workspace,
        out,
        f"no neighbours at {workspace.neighbours}\nRun labelfix index first.",
    )


@pytest.mark.slow
def test_run_relabel__label_changed_after_training(workspace, out, embed_vectors, points, labels):
    labels[0] = "001" if labels[0] != "001" else "002"
    embed_vectors(points.vectors, labels, missing="quarantine")
    check_refused(
        MissingStageError,
        workspace,
        out,
        f"{workspace.denoiser} was trained on other labels than the current ones\n"
        "Run labelfix train again.",
    )


@pytest.mark.slow
def test_run_relabel__indexed_again_after_training(workspace, out):
    run_index(workspace, IndexOptions(neighbours=4, device="cpu"), Silent(), Rerun())
    check_refused(
        MissingStageError,
        workspace,
        out,
        f"{workspace.denoiser} was trained on other neighbours than the current ones\n"
        "Run labelfix train again.",
    )


@pytest.mark.slow
def test_run_relabel__manifest_changed_since_embed(workspace, out, tmp_path):
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("000", "001"), encoding="utf-8")
    check_refused(
        InputError,
        workspace,
        out,
        f"{manifest} has changed since it was embedded\n"
        "Run labelfix embed, index and train again, or labelfix run; what is still right is kept.",
    )


def test_run_relabel__manifest_is_gone(workspace, out, tmp_path, labels):
    """The workspace has all of it."""
    (tmp_path / "manifest.csv").unlink()
    relabel(workspace, out)
    assert [row["given_label"] for row in read_rows(out)] == labels


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("lost", ["denoiser", "denoiser_config"])
@pytest.mark.parametrize("damage", ["flip", "unlink"])
def test_run_relabel__damaged_denoiser(indexed, out, train, lost, damage):
    workspace = indexed
    run_train(workspace, train, Silent(), Rerun())
    path = getattr(workspace, lost)
    data = bytearray(path.read_bytes())
    data[-30] ^= 1
    path.write_bytes(data) if damage == "flip" else path.unlink()
    check_refused(
        MissingStageError,
        workspace,
        out,
        f"{workspace.denoiser} is missing or damaged\nRun labelfix train again.",
    )
    run_train(workspace, train, Silent(), Rerun())
    relabel(workspace, out)


class Payload:
    """A pickle of it makes a file when it is loaded."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (open, (str(self.target), "w"))


@pytest.mark.slow
@BOTH
def test_run_relabel__pickled_weights_with_a_forged_record(indexed, out, tmp_path, train):
    workspace = indexed
    run_train(workspace, train, Silent(), Rerun())
    workspace.denoiser.write_bytes(pickle.dumps(Payload(tmp_path / "made")))
    record = records.read_record(workspace.denoiser)
    forged = {
        **record.outputs,
        workspace.denoiser.name: records.fingerprint_file(workspace.denoiser),
    }
    records.write_record(workspace.denoiser, replace(record, outputs=forged))
    with pytest.raises(WorkspaceError, match=r"train --force to train (it|them) again"):
        relabel(workspace, out)
    assert not (tmp_path / "made").exists()
    assert not out.exists()


def test_run_relabel__out_is_the_manifest(workspace, tmp_path):
    manifest = tmp_path / "manifest.csv"
    before = manifest.read_bytes()
    with pytest.raises(OutputError, match="is the manifest itself, which is never written to"):
        relabel(workspace, manifest)
    assert manifest.read_bytes() == before


@pytest.mark.slow
def test_run_relabel__unknown_form(workspace, tmp_path):
    with pytest.raises(OutputError, match="expected a name that ends in one of"):
        relabel(workspace, tmp_path / "fixed.xlsx")
    assert not workspace.corrections.exists()


@pytest.mark.slow
def test_relabel__command(workspace, labelfix, tmp_path):
    outcome = labelfix("relabel", "--out", "fixed.csv", "--min-confidence", "0.7")
    assert outcome.code == 0
    rows = read_rows(tmp_path / "fixed.csv")
    changed = [row for row in rows if row["action"] == "relabel"]
    assert all(row["confidence"] >= 0.7 for row in changed)
    assert all(row["label"] == row["suggested_label"] for row in changed)
    assert all(row["label"] == row["given_label"] for row in rows if row not in changed)
    assert f"relabelled  {len(changed):>10,}\n" in outcome.stdout
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("000", "001"), encoding="utf-8")
    outcome = labelfix("relabel", "--out", "fixed.csv")
    assert outcome.code == 2
    assert "has changed since it was embedded" in outcome.stderr
    assert read_rows(tmp_path / "fixed.csv") == rows


def test_relabel__before_embed(labelfix, tmp_path):
    outcome = labelfix("relabel", "--out", "fixed.csv")
    assert outcome.code == 2
    assert outcome.stdout == ""
    assert "Run labelfix embed IMAGES MANIFEST first" in outcome.stderr
    assert not (tmp_path / "fixed.csv").exists()
