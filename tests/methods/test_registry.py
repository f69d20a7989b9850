"""The table of methods, and what each of them has to keep to."""

import numpy as np
import pytest

from labelfix import config
from labelfix.config import RelabelOptions, TrainOptions
from labelfix.data.image_labels import LabelledImages
from labelfix.data.neighbours import NearestImages, Neighbours
from labelfix.errors import InputError, WorkspaceError
from labelfix.methods.method import GivenLabels, Origin
from labelfix.methods.registry import METHODS, find_method
from labelfix.methods.rows import GivenRows, SeenRows, UnseenRows
from labelfix.progress import Silent

SEEN, NEW, K = 120, 20, 5
NAMES = ["a", "b", "c"]
OPTIONS = RelabelOptions("cpu", batch_size=64)


@pytest.fixture(scope="module")
def images(clusters):
    """(140, D) vectors of length 1 with their given and true classes; the last 20 are unseen."""
    points = clusters(SEEN + NEW, 3, wrong_share=0.1)
    vectors = points.vectors / np.linalg.norm(points.vectors, axis=1, keepdims=True)
    return vectors, points.given, points.truth


@pytest.fixture(scope="module")
def rows(images):
    vectors, given, _ = images
    seen, labels = vectors[:SEEN], given[:SEEN]
    similarities = seen @ seen.T
    np.fill_diagonal(similarities, -2)
    order = np.argsort(-similarities, axis=1, kind="stable")[:, :K]
    return GivenRows(
        seen,
        Neighbours(order, np.take_along_axis(similarities, order, axis=1)),
        LabelledImages(
            class_names=NAMES, labels=labels, row_images=np.arange(SEEN), row_labels=labels
        ),
        np.array([NAMES[label] for label in labels], dtype=object),
        NAMES,
        [""] * SEEN,
    )


@pytest.fixture(scope="module")
def unseen(images, rows):
    vectors, given, _ = images
    near = vectors[SEEN:] @ rows.vectors.T
    order = np.argsort(-near, axis=1, kind="stable")[:, :K]
    return UnseenRows(
        vectors[SEEN:],
        NearestImages(order, np.take_along_axis(near, order, axis=1)),
        np.arange(NEW),
        given[SEEN:],
        np.array([NAMES[label] for label in given[SEEN:]], dtype=object),
        NAMES,
        rows.support,
        [""] * NEW,
    )


@pytest.fixture(scope="module", params=METHODS)
def trained(request, rows):
    """The name of a method, a judge of it, what its record tells, and the reports it made."""
    name = request.param
    data = GivenLabels(rows.vectors, rows.labelled.labels, rows.neighbours, len(NAMES))
    options = TrainOptions(name, device="cpu", width=32, learning_rate=0.02)
    reports = []
    judge, details = find_method(name).fit(
        data, options.of_method(), "cpu", Silent(), report=reports.append
    )
    return name, judge, details, reports


def test_methods__are_those_that_can_be_chosen():
    assert tuple(METHODS) == config.METHODS
    assert [find_method(name).name for name in METHODS] == list(METHODS)


def test_find_method__unknown():
    with pytest.raises(InputError, match=r"expected one of noise-aware, paper, found 'magic'"):
        find_method("magic")


def test_fit__reports_as_it_goes(trained):
    _, _, details, reports = trained
    assert details
    steps = [report.step for report in reports]
    assert steps
    assert steps == sorted(steps)


def test_judge__finds_most_true_labels(trained, images, rows, unseen):
    _, judge, *_ = trained
    _, _, truth = images
    evidence, estimate = judge.weigh(rows, OPTIONS, "cpu", Silent())
    assert (evidence.suggested == truth[:SEEN]).mean() > 0.9
    assert (estimate is not None) == judge.learns_noise
    assert judge.image_size is None
    found = judge.weigh_unseen(unseen, SeenRows(rows), OPTIONS, "cpu", Silent())
    assert (found.of_rows.suggested == truth[SEEN:]).mean() > 0.8
    assert (found.wrong is not None) == judge.learns_noise


def test_judge__is_read_back_as_it_was_saved(trained, rows, tmp_path):
    name, judge, *_ = trained
    files = tmp_path / "denoiser.safetensors", tmp_path / "denoiser.json"
    before, _ = judge.weigh(rows, OPTIONS, "cpu", Silent())
    judge.save(*files, Origin(NAMES, "f" * 64, "hog"))
    again = find_method(name).load(*files)
    assert again.learns_noise == judge.learns_noise
    after, _ = again.weigh(rows, OPTIONS, "cpu", Silent())
    assert (before.text, after.text) == (None, None)
    for attribute, values in vars(before).items():
        if values is None:
            continue
        same = np.array_equal(getattr(after, attribute), values, equal_nan=values.dtype.kind == "f")
        assert same, attribute


def test_load__files_of_another_method(trained, tmp_path):
    name, judge, *_ = trained
    files = tmp_path / "denoiser.safetensors", tmp_path / "denoiser.json"
    judge.save(*files, Origin(NAMES))
    for other in set(METHODS) - {name}:
        with pytest.raises(WorkspaceError, match="found something else"):
            find_method(other).load(*files)


def test_judge__noise_that_was_kept_is_taken(trained, rows, unseen):
    """What was kept of the noise gives the same as learning it again."""
    _, judge, *_ = trained
    estimate = judge.weigh(rows, OPTIONS, "cpu", Silent())[1]
    learned = estimate.learned if estimate else None
    now = judge.weigh_unseen(unseen, SeenRows(rows), OPTIONS, "cpu", Silent())
    kept = judge.weigh_unseen(unseen, SeenRows(rows, learned), OPTIONS, "cpu", Silent())
    assert np.array_equal(kept.of_rows.self_confidence, now.of_rows.self_confidence)
    assert kept.wrong == now.wrong
