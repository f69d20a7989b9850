"""The relabel stage: every form of the table, the record, and what does not fit is refused."""

import csv
import json
import math
import pickle
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from labelfix.config import IndexOptions, RelabelOptions, TrainOptions
from labelfix.correction.stage import run_relabel
from labelfix.data import records
from labelfix.data.corrections import EVIDENCE_COLUMNS, load_corrections
from labelfix.data.records import RowCounts, record_path
from labelfix.data.stage import Rerun
from labelfix.diffusion.stage import run_train
from labelfix.errors import InputError, MissingStageError, OutputError, WorkspaceError
from labelfix.progress import Silent
from labelfix.retrieval.stage import run_index

OPTIONS = RelabelOptions(device="cpu", batch_size=32)
TRAIN = TrainOptions(
    device="cpu", least_steps=60, epochs=1, batch_size=64, width=32, learning_rate=1e-2
)
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
def workspace(indexed):
    run_train(indexed, TRAIN, Silent(), Rerun())
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
    numbers = ("confidence", "self_confidence", "neighbour_agreement")
    for row in rows:
        row |= {name: float(row[name]) if row[name] else None for name in numbers}
        row["suggested_label"] = row["suggested_label"] or None
    return rows


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "jsonl"])
def test_run_relabel__every_form(workspace, tmp_path, labels, ending):
    out = tmp_path / f"fixed.{ending}"
    _, corrected = relabel(workspace, out)
    rows = read_rows(out)
    assert list(rows[0]) == ["image", "label", *EVIDENCE_COLUMNS]
    assert [row["image"] for row in rows] == [f"{row:03d}.png" for row in range(40)]
    assert [row["given_label"] for row in rows] == labels
    frame = corrected.to_pandas()
    for name in ("label", *EVIDENCE_COLUMNS):
        expected = [None if value != value else value for value in frame[name].tolist()]
        assert [row[name] for row in rows] == expected, name


def test_run_relabel__rows_add_up(workspace, out):
    result, corrected = relabel(workspace, out)
    assert result.record.rows == RowCounts(40, 38, quarantined=1, rejected=1)
    assert corrected.action[NO_VECTOR] == corrected.action[NO_LABEL] == "quarantined"
    assert corrected.reason[NO_VECTOR] == "its embedding is not finite or all zeros"
    assert corrected.reason[NO_LABEL] == "no label"
    assert corrected.count("quarantined") == 2
    assert math.isnan(corrected.confidence[NO_LABEL])
    assert corrected.label[NO_LABEL] == ""


def test_run_relabel__corrections_are_kept(workspace, out):
    _, corrected = relabel(workspace, out)
    kept = load_corrections(workspace.corrections)
    for name, values in vars(corrected).items():
        assert np.array_equal(getattr(kept, name), values, equal_nan=values.dtype.kind == "f"), name
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


def test_run_relabel__forced_is_the_same(workspace, out):
    relabel(workspace, out)
    written = out.read_bytes()
    out.unlink()
    assert not relabel(workspace, out, rerun=Rerun(force=True))[0].skipped
    assert out.read_bytes() == written


def test_run_relabel__other_options(workspace, out, listener):
    relabel(workspace, out)
    options = replace(OPTIONS, min_confidence=0.9)
    with pytest.raises(
        WorkspaceError, match=r"would have to be made again: min_confidence was 0\.5, is 0\.9"
    ):
        relabel(workspace, out, options, Rerun(frozen=True))
    result, corrected = relabel(workspace, out, options, progress=listener)
    assert not result.skipped
    assert listener.said[-1] == ("making corrections.parquet again: min_confidence was 0.5, is 0.9")
    assert (corrected.confidence[corrected.action == "relabel"] >= 0.9).all()


def test_run_relabel__damaged_corrections_are_made_again(workspace, out, listener):
    relabel(workspace, out)
    whole = workspace.corrections.read_bytes()
    workspace.corrections.write_bytes(whole[:-9])
    assert not relabel(workspace, out, progress=listener)[0].skipped
    assert listener.said[-1] == (
        "making corrections.parquet again: a file of it is missing or damaged"
    )
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


def test_run_relabel__label_changed_after_training(workspace, out, embed_vectors, points, labels):
    labels[0] = "001" if labels[0] != "001" else "002"
    embed_vectors(points.vectors, labels, missing="quarantine")
    check_refused(
        MissingStageError,
        workspace,
        out,
        f"{workspace.denoiser} was trained on other labels than are there now\n"
        "Run labelfix train again.",
    )


def test_run_relabel__indexed_again_after_training(workspace, out):
    run_index(workspace, IndexOptions(neighbours=4, device="cpu"), Silent(), Rerun())
    check_refused(
        MissingStageError,
        workspace,
        out,
        f"{workspace.denoiser} was trained on other neighbours than are there now\n"
        "Run labelfix train again.",
    )


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


@pytest.mark.parametrize("lost", ["denoiser", "denoiser_config"])
@pytest.mark.parametrize("damage", ["flip", "unlink"])
def test_run_relabel__damaged_denoiser(workspace, out, lost, damage):
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
    run_train(workspace, TRAIN, Silent(), Rerun())
    relabel(workspace, out)


class Payload:
    """A pickle of it makes a file when it is loaded."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (open, (str(self.target), "w"))


def test_run_relabel__pickled_weights_with_a_forged_record(workspace, out, tmp_path):
    workspace.denoiser.write_bytes(pickle.dumps(Payload(tmp_path / "made")))
    record = records.read_record(workspace.denoiser)
    forged = {
        **record.outputs,
        workspace.denoiser.name: records.fingerprint_file(workspace.denoiser),
    }
    records.write_record(workspace.denoiser, replace(record, outputs=forged))
    with pytest.raises(WorkspaceError, match="Run labelfix train --force to make it again"):
        relabel(workspace, out)
    assert not (tmp_path / "made").exists()
    assert not out.exists()


def test_run_relabel__out_is_the_manifest(workspace, tmp_path):
    manifest = tmp_path / "manifest.csv"
    before = manifest.read_bytes()
    with pytest.raises(OutputError, match="is the manifest itself, which is never written to"):
        relabel(workspace, manifest)
    assert manifest.read_bytes() == before


def test_run_relabel__unknown_form(workspace, tmp_path):
    with pytest.raises(OutputError, match="expected a name that ends in one of"):
        relabel(workspace, tmp_path / "fixed.xlsx")
    assert not workspace.corrections.exists()


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
    assert "Run labelfix embed IMAGES MANIFEST first." in outcome.stderr
    assert not (tmp_path / "fixed.csv").exists()
