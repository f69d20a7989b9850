"""`LabelCleaner`: what it learns, predicts, judges, keeps, and what scikit-learn asks of it."""

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import labelfix
from labelfix import ArrayError, LabelCleaner, TrainOptions, correct_labels
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun
from labelfix.data.workspace import open_workspace
from labelfix.library import unseen_arrays  # noqa: F401 - takes the options' classes as they are
from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.index_options import IndexOptions
from labelfix.options.relabel_options import RelabelOptions
from labelfix.pipeline import PipelineOptions, run_pipeline
from labelfix.runtime.progress import Silent

QUICK = TrainOptions(epochs=1, width=32, learning_rate=3e-2)


@pytest.fixture(scope="module")
def points(clusters):
    return clusters(90, 3, wrong_share=0.1)


@pytest.fixture(scope="module")
def new(clusters):
    return clusters(30, 3, wrong_share=0.2)


def cleaner(**parameters):
    return LabelCleaner(**{"device": "cpu", "train": QUICK, "progress": False, **parameters})


@pytest.fixture(scope="module")
def fitted(points):
    return cleaner().fit(points.vectors, points.given)


def same(first, second):
    """Whether two corrections are equal in every value and type."""
    return all(
        values.dtype == getattr(second, name).dtype
        and np.array_equal(values, getattr(second, name), equal_nan=values.dtype.kind == "f")
        for name, values in first.columns().items()
    )


@pytest.mark.slow
def test_fit__is_correct_labels(points, fitted):
    alone = correct_labels(points.vectors, points.given, device="cpu", train=QUICK)
    assert same(alone, fitted.corrections_)
    assert (fitted.corrections_.label == points.truth).mean() > 0.95
    assert fitted.classes_.tolist() == [0, 1, 2]
    assert fitted.n_features_in_ == 16
    assert not hasattr(fitted, "feature_names_in_")


def test_predict_proba__new_images(new, fitted):
    found = fitted.predict_proba(new.vectors)
    assert found.shape == (30, 3)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == new.truth).mean() > 0.9
    assert np.array_equal(fitted.predict(new.vectors), found.argmax(axis=1))
    assert fitted.score(new.vectors, new.truth) == (fitted.predict(new.vectors) == new.truth).mean()


def test_predict_proba__is_the_prediction_of_judge(new, fitted):
    found = fitted.predict_proba(new.vectors)
    judged = fitted.judge(new.vectors)
    assert set(judged.action) <= {"predict", "review"}
    assert judged.label.tolist() == found.argmax(axis=1).tolist()
    np.testing.assert_allclose(judged.confidence, found.max(axis=1), atol=1e-6)


def test_predict_proba__one_row_alone_is_the_same_to_the_bit(new, fitted):
    together = fitted.predict_proba(new.vectors)
    assert np.array_equal(fitted.predict_proba(new.vectors[7:8]), together[7:8])


def test_predict_proba__unusable_rows_get_the_classes_shares(points, fitted):
    rows = np.vstack([points.vectors[:1], np.full((1, 16), np.nan), np.zeros((1, 16))])
    found = fitted.predict_proba(rows)
    shares = np.bincount(points.given) / 90
    np.testing.assert_allclose(found[1:], [shares, shares])
    assert not np.allclose(found[0], shares)


@pytest.mark.slow
def test_predict_proba__method_of_the_paper(points, new):
    paper = cleaner(method="paper", train=TrainOptions(width=64, learning_rate=1e-2))
    paper.fit(points.vectors, points.given)
    found = paper.predict_proba(new.vectors)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == new.truth).mean() > 0.9
    assert paper.corrections_.noise_matrix is None


def test_judge__wrong_labels_of_new_images(new, fitted):
    judged = fitted.judge(new.vectors, new.given)
    wrong = new.given != new.truth
    assert judged.self_confidence[wrong].mean() < 0.3
    assert judged.self_confidence[~wrong].mean() > 0.8
    assert judged.given_label.tolist() == new.given.tolist()
    assert judged.noise_matrix.class_names == (0, 1, 2)


@pytest.mark.parametrize("missing", [None, float("nan"), "", " ", pd.NA])
def test_judge__labels_that_are_missing(new, fitted, missing):
    labels = [missing, *new.given[1:].tolist()]
    judged = fitted.judge(new.vectors, labels)
    assert judged.given_label[0] == ""
    assert judged.action[0] in ("predict", "review")
    assert judged.given_label[1:].tolist() == new.given[1:].tolist()


def test_judge__a_label_of_no_known_class(new, fitted):
    judged = fitted.judge(new.vectors[:2], [99, 1])
    assert judged.reason[0] == "unknown_label"
    assert judged.label[0] == 99


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["0"] * 30, r"y\[0\]: expected an integer as the labels of the training are"),
        ([1.5] * 30, r"y\[0\]: expected an integer .* found 1.5"),
        ([True] * 30, r"y\[0\]: expected an integer .* found True"),
        ([0] * 29, r"expected y of shape \(30,\), .* found shape \(29,\)"),
    ],
)
def test_judge__labels_refused(new, fitted, labels, message):
    with pytest.raises(ArrayError, match=message):
        fitted.judge(new.vectors, labels)


def test_predict__other_features(fitted):
    with pytest.raises(ValueError, match="X has 3 features, but LabelCleaner is expecting 16"):
        fitted.predict(np.ones((2, 3)))


def test_predict__before_fit():
    with pytest.raises(NotFittedError, match="this LabelCleaner is not fitted yet"):
        cleaner().predict([[1.0]])
    with pytest.raises(labelfix.MissingStageError, match="not fitted"):
        cleaner().judge([[1.0]])


@pytest.mark.slow
def test_fit__several_encoders(tmp_path, points, new):
    views = [points.vectors, 3 * points.vectors[:, :5]]
    kept = cleaner().fit(views, points.given)
    assert kept.n_features_in_ == 21
    others = [new.vectors, new.vectors[:, :5]]
    kept.save(tmp_path)
    back = LabelCleaner.load(tmp_path)
    assert np.array_equal(back.predict_proba(others), kept.predict_proba(others))
    assert (kept.predict(others) == new.truth).mean() > 0.9
    with pytest.raises(ArrayError, match="X has 26 features, but LabelCleaner is expecting 21"):
        kept.judge([new.vectors, new.vectors[:, :10]])


# ---------------------------------------------------------------- pandas and labels


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["int64", "Int64", "UInt8"])
def test_fit__pandas(points, fitted, dtype):
    names = [f"x{column}" for column in range(16)]
    table = pd.DataFrame(points.vectors, columns=names)
    found = cleaner().fit(table, pd.Series(points.given, dtype=dtype))
    assert found.corrections_.label.tolist() == fitted.corrections_.label.tolist()
    assert found.feature_names_in_.tolist() == names
    with pytest.raises(ArrayError, match="expected the columns that fit had"):
        found.predict(table[names[::-1]])


@pytest.mark.slow
def test_fit__text_labels(points, fitted):
    names = np.array(["cat", "dog", "owl"])
    found = cleaner().fit(points.vectors, pd.Series(names[points.given]))
    assert found.classes_.tolist() == names.tolist()
    assert found.corrections_.label.tolist() == names[fitted.corrections_.label].tolist()
    assert found.predict(points.vectors[:3]).tolist() == names[points.truth[:3]].tolist()


@pytest.mark.parametrize(
    ("vectors", "labels", "message"),
    [
        (np.eye(4), None, "requires y to be passed, but the target y is None"),
        (np.eye(4), [1, 1, 1, 1], "expected at least 2 classes"),
        (np.eye(3), [1, 2, 1, 2], r"expected embeddings of shape \(4, D\)"),
        (np.eye(4), pd.Series([1, None, 1, 2], dtype="Int64"), "given_labels"),
    ],
)
def test_fit__refused(vectors, labels, message):
    with pytest.raises(ValueError, match=message) as caught:
        cleaner().fit(vectors, labels)
    assert isinstance(caught.value, ArrayError)


def test_fit__options_are_checked_there_and_not_before():
    wrong = LabelCleaner(device="tpu")
    with pytest.raises(ArrayError, match="expected one of auto, cpu, cuda, found 'tpu'"):
        wrong.fit(np.eye(4), [0, 1, 0, 1])


# ---------------------------------------------------------------- files


@pytest.mark.slow
def test_save__load_gives_the_same(tmp_path, points, new):
    audited = [None] * 90
    audited[3] = "none of them"
    given = np.array(["a", "b", "c"])[points.given]
    table = pd.DataFrame(points.vectors, columns=[f"x{column}" for column in range(16)])
    kept = cleaner(seed=4, min_confidence=0.6).fit(table, given, audited=audited)
    kept.save(tmp_path / "cleaner")
    back = LabelCleaner.load(tmp_path / "cleaner")
    assert same(kept.corrections_, back.corrections_)
    assert back.corrections_.wrong_share == kept.corrections_.wrong_share
    assert back.get_params() == {**kept.get_params(), "progress": None}
    assert back.feature_names_in_.tolist() == kept.feature_names_in_.tolist()
    np.testing.assert_array_equal(
        back.corrections_.noise_matrix.transition, kept.corrections_.noise_matrix.transition
    )
    assert np.array_equal(kept.predict_proba(new.vectors), back.predict_proba(new.vectors))
    names = np.array(["a", "b", "c"])[new.given]
    assert same(kept.judge(new.vectors, names), back.judge(new.vectors, names))


def test_save__integers_come_back_as_integers(tmp_path, fitted):
    fitted.save(tmp_path)
    back = LabelCleaner.load(tmp_path)
    assert same(fitted.corrections_, back.corrections_)
    assert back.classes_.dtype.kind == "i"
    suffixes = {path.suffix for path in tmp_path.iterdir()}
    assert suffixes == {".safetensors", ".json", ".parquet"}


def test_save__a_folder_of_somebody_else(tmp_path, fitted):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(labelfix.OutputError, match="expected an empty folder or a saved"):
        fitted.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_load__nothing_there(tmp_path):
    with pytest.raises(labelfix.MissingStageError, match="expected a saved LabelCleaner or a"):
        LabelCleaner.load(tmp_path)


@pytest.mark.parametrize(
    "name", ["rows.safetensors", "denoiser.safetensors", "learned_noise.safetensors"]
)
def test_load__a_damaged_file(tmp_path, fitted, name):
    fitted.save(tmp_path)
    (tmp_path / name).write_bytes(b"torn")
    with pytest.raises(labelfix.WorkspaceError, match=r"safetensors|damaged"):
        LabelCleaner.load(tmp_path)


def test_load__another_format(tmp_path, fitted):
    fitted.save(tmp_path)
    about = json.loads((tmp_path / "cleaner.json").read_text(encoding="utf-8"))
    (tmp_path / "cleaner.json").write_text(json.dumps({**about, "format": 99}), encoding="utf-8")
    with pytest.raises(labelfix.WorkspaceError, match="is of format 99; this labelfix reads 1"):
        LabelCleaner.load(tmp_path)


def make_workspace(folder: Path, points):
    """What `labelfix run` leaves of precomputed vectors."""
    np.save(folder / "vectors.npy", points.vectors)
    rows = [f"{row}.png,class {label}" for row, label in enumerate(points.given)]
    (folder / "manifest.csv").write_text("\n".join(["image,label", *rows]), encoding="utf-8")
    workspace = open_workspace(folder / "ws")
    encoder = EmbedOptions(encoder=f"precomputed:{folder / 'vectors.npy'}", device="cpu")
    options = PipelineOptions(
        embed=encoder,
        index=IndexOptions(device="cpu"),
        train=TrainOptions(epochs=1, width=32, learning_rate=3e-2, device="cpu"),
        relabel=RelabelOptions(device="cpu"),
    )
    inputs = EmbedInputs(images=folder, manifest=folder / "manifest.csv")
    return run_pipeline(workspace, inputs, None, options, Silent(), Rerun(), lambda _: None)


@pytest.mark.slow
def test_load__a_workspace_of_the_command(tmp_path, points, new, fitted):
    corrected = make_workspace(tmp_path, points)
    loaded = LabelCleaner.load(tmp_path / "ws")
    assert same(loaded.corrections_, corrected)
    assert loaded.classes_.tolist() == ["class 0", "class 1", "class 2"]
    assert np.array_equal(loaded.predict_proba(new.vectors), fitted.predict_proba(new.vectors))


def test_load__a_workspace_that_is_not_trained(tmp_path):
    open_workspace(tmp_path / "ws")
    with pytest.raises(labelfix.MissingStageError, match="Run labelfix embed"):
        LabelCleaner.load(tmp_path / "ws")


def test_pickle__gives_the_same(new, fitted):
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict_proba(new.vectors), fitted.predict_proba(new.vectors))


# ---------------------------------------------------------------- scikit-learn

EXPECTED_FAILURES = {
    "check_complex_data": "complex labels are refused, in other words than the check wants",
    "check_dtype_object": "an array of objects is refused: it may hold None",
    "check_estimators_empty_data_messages": "refused, in other words than the check wants",
    "check_classifiers_one_label": "its labels are floats, which are refused: NaN would hide there",
    "check_classifiers_regression_target": "floats are refused, in other words than wanted",
    "check_supervised_y_2d": "labels of shape (N, 1) are refused instead of warned of",
    "check_fit2d_1sample": "refused, in other words than the check wants",
    "check_fit2d_predict1d": "refused, in other words than the check wants",
}
"""Checks of scikit-learn that do not apply, each with its reason."""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.filterwarnings("ignore:Estimator LabelCleaner does not inherit:UserWarning")
def test_check_estimator__passes_but_for_what_does_not_apply(monkeypatch):
    for name, value in (("folds", 3), ("least_steps", 30)):
        monkeypatch.setitem(CrossFitOptions.__init__.__kwdefaults__, name, value)
    results = check_estimator(
        cleaner(), expected_failed_checks=EXPECTED_FAILURES, on_skip=None, on_fail=None
    )
    by_status = {}
    for one in results:
        by_status.setdefault(one["status"], set()).add(one["check_name"])
    assert "failed" not in by_status, [one for one in results if one["status"] == "failed"]
    assert by_status["xfail"] == set(EXPECTED_FAILURES), "each of them must still fail"
    assert by_status.get("skipped", set()) <= {"check_array_api_input"}
    assert len(by_status["passed"]) > 35


@pytest.mark.slow
def test_pipeline__with_a_scaler(points, new):
    pipeline = make_pipeline(StandardScaler(), cleaner())
    pipeline.fit(points.vectors, points.given, labelcleaner__audited=[None] * 90)
    assert (pipeline.predict(new.vectors) == new.truth).mean() > 0.9
    assert pipeline.predict_proba(new.vectors).shape == (30, 3)
    assert len(pipeline[-1].corrections_) == 90


def test_clone__keeps_the_parameters_alone(fitted):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "corrections_")


def test_set_params__unknown_name():
    with pytest.raises(ArrayError, match="found 'speed'"):
        cleaner().set_params(speed=1)


def test_repr__only_what_differs():
    assert repr(LabelCleaner(seed=3, fast=True)) == "LabelCleaner(seed=3, fast=True)"
