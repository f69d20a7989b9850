"""The index stage: its record, and the index as a cache that is made again when it is not right."""

import numpy as np
import pytest

from labelfix.data.neighbours import load_neighbours
from labelfix.data.records import Rerun, RowCounts, record_path
from labelfix.errors import MissingStageError, WorkspaceError
from labelfix.options.index_options import IndexOptions
from labelfix.retrieval.registry import ENGINES
from labelfix.retrieval.stage import INDEX_FILE, run_index

OPTIONS = IndexOptions(neighbours=3, device="cpu")
LABELS = ["cat", "dog"] * 10


@pytest.fixture
def vectors():
    return np.random.default_rng(0).normal(size=(20, 6))


@pytest.fixture
def workspace(embed_vectors, vectors):
    return embed_vectors(vectors, LABELS)


def nearest(vectors, k):
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarities = units @ units.T
    np.fill_diagonal(similarities, -np.inf)
    return np.argsort(-similarities, axis=1)[:, :k]


def flip_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_run_index__neighbours_and_record(workspace, vectors, listener):
    result = run_index(workspace, OPTIONS, listener, Rerun())
    assert not result.skipped
    assert result.artefact == workspace.neighbours
    assert np.array_equal(load_neighbours(workspace.neighbours).indices, nearest(vectors, 3))
    record = result.record
    assert record.rows == RowCounts(rows_in=20, used=20)
    assert record.details == {"engine": "exact", "neighbours": 3, "exact": True, "recall": 1.0}
    assert record.options == {"engine": "exact", "neighbours": 3, "device": "cpu"}
    assert set(record.outputs) == {"neighbours.parquet", f"index/{INDEX_FILE}"}


@pytest.mark.parametrize("engine", ["ivf", "hnsw"])
def test_run_index__recall_is_recorded(embed_vectors, engine, listener):
    vectors = np.random.default_rng(1).normal(size=(500, 8))
    workspace = embed_vectors(vectors, ["cat", "dog"] * 250)
    options = IndexOptions(engine=engine, device="cpu")
    details = run_index(workspace, options, listener, Rerun()).record.details
    found = load_neighbours(workspace.neighbours).indices
    true = nearest(vectors, 10)
    hits = [len(set(a) & set(b)) for a, b in zip(found, true, strict=True)]
    assert details == {
        "engine": engine,
        "neighbours": 10,
        "exact": False,
        "recall": pytest.approx(sum(hits) / 5000, abs=5e-5),
    }
    assert details["recall"] < 1 if engine == "ivf" else details["recall"] > 0.95


def test_run_index__fewer_images_than_neighbours(workspace, listener):
    result = run_index(workspace, IndexOptions(neighbours=50, device="cpu"), listener, Rerun())
    assert result.record.details["neighbours"] == 19
    assert load_neighbours(workspace.neighbours).indices.shape == (20, 19)


@pytest.mark.parametrize("engine", ENGINES)
def test_run_index__up_to_date_is_skipped(workspace, engine, listener):
    options = IndexOptions(engine=engine, neighbours=3, device="cpu")
    first = run_index(workspace, options, listener, Rerun())
    written = workspace.neighbours.stat().st_mtime_ns
    again = run_index(workspace, options, listener, Rerun(frozen=True))
    assert again.skipped
    assert again.record == first.record
    assert workspace.neighbours.stat().st_mtime_ns == written


def test_run_index__force(workspace, listener):
    run_index(workspace, OPTIONS, listener, Rerun())
    inode = workspace.neighbours.stat().st_ino
    assert not run_index(workspace, OPTIONS, listener, Rerun(force=True)).skipped
    assert workspace.neighbours.stat().st_ino != inode


@pytest.mark.parametrize("lost", [f"index/{INDEX_FILE}", "neighbours.parquet"])
@pytest.mark.parametrize("damage", ["unlink", flip_bit])
def test_run_index__missing_or_damaged_is_made_again(workspace, listener, lost, damage):
    run_index(workspace, OPTIONS, listener, Rerun())
    path = workspace.root / lost
    whole = path.read_bytes()
    path.unlink() if damage == "unlink" else damage(path)
    assert not run_index(workspace, OPTIONS, listener, Rerun()).skipped
    assert listener.said[-1] == ("A file is missing or damaged; indexing again")
    assert path.read_bytes() == whole


def test_run_index__torn_record(workspace, listener):
    run_index(workspace, OPTIONS, listener, Rerun())
    record = record_path(workspace.neighbours)
    record.write_bytes(record.read_bytes()[:100])
    assert not run_index(workspace, OPTIONS, listener, Rerun()).skipped
    assert run_index(workspace, OPTIONS, listener, Rerun()).skipped


def test_run_index__foreign_is_made_again(workspace, embed_vectors, vectors, listener):
    run_index(workspace, OPTIONS, listener, Rerun())
    embed_vectors(vectors[::-1], LABELS)
    assert not run_index(workspace, OPTIONS, listener, Rerun()).skipped
    assert listener.said[-1] == "Embeddings changed; indexing again"
    assert np.array_equal(load_neighbours(workspace.neighbours).indices, nearest(vectors[::-1], 3))


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        (IndexOptions(engine="torch", neighbours=3, device="cpu"), "engine was exact, is torch"),
        (IndexOptions(engine="exact", neighbours=4, device="cpu"), "neighbours was 3, is 4"),
    ],
)
def test_run_index__other_options(workspace, listener, options, difference):
    run_index(workspace, OPTIONS, listener, Rerun())
    before = workspace.neighbours.read_bytes()
    with pytest.raises(WorkspaceError) as caught:
        run_index(workspace, options, listener, Rerun(frozen=True))
    assert str(caught.value) == (
        f"--frozen: {workspace.neighbours} is out of date: {difference}\n"
        "Run it without --frozen, or with the options it was made with."
    )
    assert workspace.neighbours.read_bytes() == before
    assert not run_index(workspace, options, listener, Rerun()).skipped
    assert listener.said[-1] == f"{difference[:1].upper()}{difference[1:]}; indexing again"


def test_run_index__frozen_and_foreign(workspace, embed_vectors, vectors, listener):
    run_index(workspace, OPTIONS, listener, Rerun())
    embed_vectors(vectors[::-1], LABELS)
    with pytest.raises(WorkspaceError, match="is out of date: embeddings changed"):
        run_index(workspace, OPTIONS, listener, Rerun(frozen=True))


def test_run_index__no_embeddings(workspace, listener):
    record_path(workspace.embeddings).unlink()
    with pytest.raises(MissingStageError) as caught:
        run_index(workspace, OPTIONS, listener, Rerun())
    assert str(caught.value) == (
        f"no finished embeddings in {workspace.embeddings}\n"
        "Run labelfix embed IMAGES MANIFEST first."
    )


def test_run_index__damaged_embeddings(workspace, listener):
    flip_bit(workspace.embeddings / "part-00000.parquet")
    with pytest.raises(WorkspaceError, match="missing or damaged\nRun labelfix embed again"):
        run_index(workspace, OPTIONS, listener, Rerun())


def test_index__before_embed(labelfix):
    outcome = labelfix("index")
    assert outcome.code == 2
    assert outcome.stdout == ""
    assert "Run labelfix embed IMAGES MANIFEST first" in outcome.stderr
