"""The relabel stage for new images: what is judged and predicted, kept, skipped and refused."""

import csv
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_training import SmallTraining

from labelfix.correction.new_images import run_relabel_new
from labelfix.correction.train_stage import run_train
from labelfix.data.corrections import load_corrections
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun, RowCounts, read_record
from labelfix.data.workspace import Workspace, open_workspace
from labelfix.embedding.stage import run_embed
from labelfix.errors import InputError, MissingStageError, OutputError, WorkspaceError
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.index_options import IndexOptions
from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.relabel_options import RelabelOptions
from labelfix.retrieval.stage import run_index
from labelfix.runtime.progress import Silent

OPTIONS = RelabelOptions(device="cpu", batch_size=32)
CROSS_FIT = {"least_steps": 60, "batch_size": 16, "folds": 3}
DIFFUSION = {"least_steps": 200, "batch_size": 64}
NOISE_AWARE = SmallTraining(
    device="cpu", epochs=1, width=64, learning_rate=3e-2, cross_fit=CROSS_FIT
)
PAPER = SmallTraining(
    method="paper", device="cpu", width=32, learning_rate=1e-2, diffusion=DIFFUSION
)
SEEN, NEW = 60, 30
NAMES = ["ant", "bee", "cow"]


@pytest.fixture(scope="module")
def points(clusters):
    return clusters(SEEN + NEW, 3, wrong_share=0.1)


@pytest.fixture
def truth(points):
    return [NAMES[label] for label in points.truth[SEEN:]]


@pytest.fixture(scope="module")
def indexed_once(points, tmp_path_factory):
    """Embedded and indexed."""
    folder = tmp_path_factory.mktemp("indexed")
    rows = [f"{row:03d}.png,{NAMES[label]}" for row, label in enumerate(points.given[:SEEN])]
    (folder / "manifest.csv").write_text("\n".join(["image,label", *rows]) + "\n")
    np.save(folder / "vectors.npy", points.vectors[:SEEN])
    made = open_workspace(folder / "w")
    encoder = EmbedOptions(encoder=f"precomputed:{folder / 'vectors.npy'}", device="cpu")
    run_embed(
        made,
        EmbedInputs(images=folder, manifest=folder / "manifest.csv"),
        encoder,
        Silent(),
        Rerun(),
    )
    run_index(made, IndexOptions(neighbours=5, device="cpu"), Silent(), Rerun())
    return made


@pytest.fixture(scope="module")
def trained_once(indexed_once, tmp_path_factory):
    """Trained by both methods."""
    made = {}
    for train in (NOISE_AWARE, PAPER):
        root = tmp_path_factory.mktemp(train.method) / "w"
        shutil.copytree(indexed_once.root, root)
        made[train.method] = Workspace(root)
        run_train(made[train.method], train, Silent(), Rerun())
    return made


@pytest.fixture
def indexed(indexed_once, tmp_path):
    return Workspace(shutil.copytree(indexed_once.root, tmp_path / "indexed"))


@pytest.fixture
def workspace(trained_once, tmp_path):
    return Workspace(shutil.copytree(trained_once["noise-aware"].root, tmp_path / "w"))


@pytest.fixture(params=["noise-aware", "paper"])
def either(request, trained_once, tmp_path):
    """Trained by either method."""
    return Workspace(shutil.copytree(trained_once[request.param].root, tmp_path / "w"))


@pytest.fixture
def give(tmp_path, points):
    """Write some of the new rows, with labels if there are any, and their vectors."""

    def write(labels=None, rows=range(NEW), name="new.csv", vectors=None):
        rows = list(rows)
        lines = ["image,site" + (",label" if labels else "")]
        for place, row in enumerate(rows):
            label = f",{labels[place]}" if labels else ""
            lines.append(f"n{row:02d}.png,site {row}{label}")
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        vectors = points.vectors[SEEN:][rows] if vectors is None else vectors
        np.save(tmp_path / f"{name}.npy", vectors)
        return EmbedInputs(
            images=tmp_path, manifest=tmp_path / name, embeddings=(tmp_path / f"{name}.npy",)
        )

    return write


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.csv"


def relabel(workspace, inputs, out, options=OPTIONS, rerun=None, progress=None):
    results = []
    corrected = run_relabel_new(
        workspace, inputs, out, options, progress or Silent(), rerun or Rerun(), results.append
    )
    return corrected, results


def rows_in(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bytes_below(folder, without="new"):
    """Every file of a workspace but those of new images."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != without
    }


def test_run_relabel_new__without_labels(either, give, out, truth):
    corrected, results = relabel(either, give(), out)
    rows = rows_in(out)
    assert list(rows[0]) == [
        "image", "site", "label", "given_label", "suggested_label", "confidence",
        "self_confidence", "neighbour_agreement", "action", "review_rank",
    ]  # fmt: skip
    assert [row["site"] for row in rows] == [f"site {row}" for row in range(NEW)]
    assert [row["label"] for row in rows] == truth
    for row in rows:
        assert row["suggested_label"] == row["label"]
        assert (row["given_label"], row["self_confidence"], row["action"]) == ("", "", "predict")
        assert float(row["confidence"]) > 0.5
        assert float(row["neighbour_agreement"]) >= 0.4
    assert corrected.count("predict") == NEW
    assert [result.record.stage for result in results] == ["embed", "relabel"]
    assert results[1].record.rows == RowCounts(rows_in=NEW, used=NEW)
    assert "wrong_share" not in results[1].record.details


def test_run_relabel_new__wrong_labels_are_found(either, give, out, truth):
    wrong = {3: "ant", 10: "bee", 20: "cow"}
    given = [wrong.get(row, label) for row, label in enumerate(truth)]
    wrong = [row for row, label in enumerate(given) if label != truth[row]]
    corrected, results = relabel(either, give(given), out)
    assert corrected.label.tolist() == truth
    assert np.flatnonzero(corrected.action == "relabel").tolist() == wrong
    assert corrected.count("keep") == NEW - len(wrong)
    assert corrected.given_label.tolist() == given
    if share := results[1].record.details.get("wrong_share"):
        assert share["rows"] == NEW
        assert share["low"] <= len(wrong) / NEW <= share["high"]


def test_run_relabel_new__rows_with_and_without_labels(workspace, give, out, truth):
    """The first is predicted, the second kept, the third is of a class that nobody knows."""
    corrected, _ = relabel(workspace, give(["", truth[1], "dodo", " "], range(4)), out)
    assert corrected.action.tolist() == ["predict", "keep", "review", "predict"]
    assert corrected.label.tolist() == [truth[0], truth[1], "dodo", truth[3]]
    assert corrected.given_label.tolist() == ["", truth[1], "dodo", " "]
    assert corrected.suggested_label.tolist() == truth[:4]
    assert corrected.reason.tolist() == ["", "", "unknown_label", ""]
    assert np.isnan(corrected.confidence).tolist() == [False, False, True, False]
    assert np.isnan(corrected.self_confidence).tolist() == [True, False, True, True]
    assert corrected.neighbour_agreement[2] == 0
    assert corrected.review_rank.tolist() == [0, 0, 1, 0]


def test_run_relabel_new__unknown_labels_are_told_of(workspace, give, out, listener):
    relabel(workspace, give(["dodo", "ant", "", "Ant"], range(4)), out, progress=listener)
    assert "1 row has a label that the workspace does not know: 'dodo'" in listener.said


def test_run_relabel_new__image_unlike_all_others(workspace, give, out, points):
    """Its prediction stands, and somebody should look at it, and before it at a label in doubt."""
    strange = np.linalg.svd(points.vectors, full_matrices=True)[2][-1]
    vectors = np.stack([strange, points.vectors[SEEN + 1], points.vectors[SEEN + 2]])
    known = NAMES[points.truth[SEEN + 1]]
    inputs = give(["", known, "dodo"], range(3), vectors=vectors)
    corrected, _ = relabel(workspace, inputs, out)
    assert corrected.action.tolist() == ["review", "keep", "review"]
    assert corrected.reason[0] == "off_topic"
    assert corrected.label[0] == corrected.suggested_label[0] in NAMES
    assert corrected.confidence[0] > 0
    assert corrected.review_rank.tolist() == [2, 0, 1]


@pytest.mark.slow
def test_run_relabel_new__one_image_as_among_others(either, give, out, tmp_path):
    relabel(either, give(), out)
    header, *lines = out.read_text().splitlines()
    for row in (0, 17):
        relabel(either, give(rows=[row]), tmp_path / "one.csv")
        assert (tmp_path / "one.csv").read_text().splitlines() == [header, lines[row]]
    turned = list(range(NEW))[::-1]
    relabel(either, give(rows=turned), tmp_path / "turned.csv")
    assert (tmp_path / "turned.csv").read_text().splitlines() == [header, *lines[::-1]]


def test_run_relabel_new__precision_holds_here_too(workspace, give, out, truth):
    given = [NAMES[(NAMES.index(truth[0]) + 1) % 3], *truth[1:]]
    options = replace(OPTIONS, min_precision=1.0)
    corrected, _ = relabel(workspace, give(given), out, options)
    assert corrected.action[0] == "review"
    assert corrected.label.tolist() == given


def test_run_relabel_new__copy_of_an_image_that_was_seen(workspace, give, out, points):
    """A wrong label that the copy has too is found all the same: the copy does not vote."""
    image = int(np.flatnonzero(points.given[:SEEN] != points.truth[:SEEN])[0])
    given, true = NAMES[points.given[image]], NAMES[points.truth[image]]
    corrected, _ = relabel(workspace, give([given], [0], vectors=points.vectors[[image]]), out)
    assert (corrected.label[0], corrected.action[0]) == (true, "relabel")


def test_run_relabel_new__nothing_else_is_touched(workspace, give, out):
    before = bytes_below(workspace.root)
    assert {path.name for path in before} >= {"denoiser.safetensors", "part-00000.parquet"}
    corrected, _ = relabel(workspace, give(), out)
    assert bytes_below(workspace.root) == before
    kept = load_corrections(workspace.new / "corrections.parquet")
    assert kept.label.tolist() == corrected.label.tolist()
    assert read_record(workspace.new / "corrections.parquet").stage == "relabel"


@pytest.mark.slow
def test_run_relabel_new__up_to_date_writes_the_table_alone(workspace, give, out, listener):
    relabel(workspace, give(), out)
    written = out.read_bytes()
    out.unlink()
    listener.begun.clear()
    _, results = relabel(workspace, give(), out, rerun=Rerun(frozen=True), progress=listener)
    assert [result.skipped for result in results] == [True, True]
    assert listener.begun == []
    assert out.read_bytes() == written
    _, results = relabel(workspace, give(), out, rerun=Rerun(force=True))
    assert [result.skipped for result in results] == [False, False]
    assert out.read_bytes() == written


@pytest.mark.slow
def test_run_relabel_new__other_labels_keep_the_embeddings(workspace, give, out, truth, listener):
    relabel(workspace, give(truth), out)
    _, results = relabel(workspace, give(truth[::-1]), out, progress=listener)
    assert [result.skipped for result in results] == [True, False]
    assert "Manifest changed; relabelling again" in listener.said


@pytest.mark.slow
def test_run_relabel_new__another_training(workspace, give, out, listener):
    relabel(workspace, give(), out)
    run_train(workspace, replace(NOISE_AWARE, seed=1), Silent(), Rerun())
    _, results = relabel(workspace, give(), out, progress=listener)
    assert [result.skipped for result in results] == [True, False]
    assert "Denoiser changed; relabelling again" in listener.said


@pytest.mark.slow
def test_run_relabel_new__other_images_replace_the_first(workspace, give, out):
    relabel(workspace, give(), out)
    with pytest.raises(WorkspaceError, match=r"--frozen: .*new/embeddings is out of date"):
        relabel(workspace, give(rows=range(5)), out, rerun=Rerun(frozen=True))
    corrected, _ = relabel(workspace, give(rows=range(5)), out)
    assert len(corrected) == 5


def test_run_relabel_new__vector_that_is_not_usable(workspace, give, out, points, truth):
    vectors = points.vectors[SEEN:].copy()
    vectors[2] = np.nan
    given = ["", truth[1], truth[2], *truth[3:]]
    corrected, results = relabel(workspace, give(given, vectors=vectors), out)
    assert corrected.action[:3].tolist() == ["predict", "keep", "quarantined"]
    assert corrected.reason[2] == "its embedding is not finite or all zeros"
    assert corrected.label[2] == truth[2]
    assert results[1].record.rows == RowCounts(rows_in=NEW, used=NEW - 1, quarantined=1)


def test_run_relabel_new__image_in_several_rows(workspace, give, out, truth, tmp_path):
    """Each row is judged by its own label, whoever gave it."""
    give(rows=[0, 1])
    other = NAMES[(NAMES.index(truth[0]) + 1) % 3]
    (tmp_path / "new.csv").write_text(
        f"image,label,annotator\nn00.png,{truth[0]},x\nn00.png,{other},y\nn00.png,,x\n"
    )
    table = pa.table({"image": ["n00.png"], "embedding": [np.load(tmp_path / "new.csv.npy")[0]]})
    pq.write_table(table, tmp_path / "new.parquet")
    inputs = EmbedInputs(
        images=tmp_path, manifest=tmp_path / "new.csv", embeddings=(tmp_path / "new.parquet",)
    )
    corrected, _ = relabel(workspace, inputs, out)
    assert corrected.label.tolist() == [truth[0]] * 3
    assert corrected.action.tolist() == ["keep", "relabel", "predict"]
    assert [row["annotator"] for row in rows_in(out)] == ["x", "y", "x"]


def test_run_relabel_new__numbers_stay_numbers(workspace, give, out, tmp_path):
    """A Parquet column of another type than the predictions becomes text, and only then."""
    inputs = give(rows=[0, 1])
    table = pa.table({"image": ["n00.png", "n01.png"], "label": pa.array([7, None])})
    pq.write_table(table, tmp_path / "new.parquet")
    out = tmp_path / "out.parquet"
    relabel(workspace, replace(inputs, manifest=tmp_path / "new.parquet"), out)
    written = pq.read_table(out)
    assert written.schema.field("label").type == pa.string()
    assert written["label"][0].as_py() == "7"


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["ivf", "hnsw"])
def test_run_relabel_new__index_that_is_not_exact(indexed, give, out, truth, engine):
    run_index(indexed, IndexOptions(engine=engine, neighbours=5, device="cpu"), Silent(), Rerun())
    run_train(indexed, NOISE_AWARE, Silent(), Rerun())
    corrected, _ = relabel(indexed, give(), out)
    assert corrected.label.tolist() == truth
    shutil.rmtree(indexed.index)
    with pytest.raises(MissingStageError, match=r"missing or damaged\nRun labelfix index again"):
        relabel(indexed, give(), out, rerun=Rerun(force=True))


def test_run_relabel_new__index_of_an_exact_search_is_not_needed(workspace, give, out):
    relabel(workspace, give(), out)
    with_index = out.read_bytes()
    shutil.rmtree(workspace.index)
    relabel(workspace, give(), out, rerun=Rerun(force=True))
    assert out.read_bytes() == with_index


def test_run_relabel_new__before_train(indexed, give, out):
    with pytest.raises(MissingStageError, match="no trained denoiser"):
        relabel(indexed, give(), out)
    assert not indexed.new.exists()


def test_run_relabel_new__out_is_the_manifest(workspace, give, tmp_path):
    inputs = give()
    before = inputs.manifest.read_bytes()
    with pytest.raises(OutputError, match="is the manifest itself, which is never written to"):
        relabel(workspace, inputs, inputs.manifest)
    assert inputs.manifest.read_bytes() == before


def test_run_relabel_new__vectors_are_needed_where_there_were_vectors(workspace, give, out):
    with pytest.raises(InputError, match=r"found none\n.* add --embeddings FILE"):
        relabel(workspace, replace(give(), embeddings=()), out)


def test_run_relabel_new__vectors_of_another_length(workspace, give, out):
    inputs = give(vectors=np.ones((NEW, 3), dtype=np.float32))
    with pytest.raises(InputError, match=r"expected embeddings of 16 values, .* found 3"):
        relabel(workspace, inputs, out)
    assert not out.exists()


def test_run_relabel_new__label_column_that_is_not_there(workspace, give, out):
    inputs = replace(give(), options=ManifestOptions(label_column="species"))
    with pytest.raises(InputError, match="expected a label column, 'species'"):
        relabel(workspace, inputs, out)
