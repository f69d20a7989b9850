"""A batch against a reference: what a row is judged by, and what the whole batch tells."""

import numpy as np
import pytest

from labelfix.config import CrossFitOptions, RelabelOptions
from labelfix.correction.row_corrections import correct_unseen
from labelfix.data.image_labels import LabelledImages
from labelfix.data.neighbours import NearestImages, Neighbours
from labelfix.methods.method import GivenLabels
from labelfix.methods.noise_aware.noise_aware_method import CrossFitJudge
from labelfix.methods.noise_aware.posteriors import weigh_posteriors
from labelfix.methods.noise_aware.rounds import cross_fit
from labelfix.methods.rows import GivenRows, SeenRows, UnseenRows
from labelfix.progress import Silent

SEEN, NEW, K = 240, 200, 5
NAMES = ["ant", "bee", "cow", "dog"]


@pytest.fixture(scope="module")
def reference(clusters):
    """240 images with right labels, trained on; 200 more; what the former have taught."""
    points = clusters(SEEN + NEW, 4)
    vectors = points.vectors / np.linalg.norm(points.vectors, axis=1, keepdims=True)
    seen = vectors[:SEEN]
    similarities = seen @ seen.T
    np.fill_diagonal(similarities, -2)
    order = np.argsort(-similarities, axis=1, kind="stable")[:, :K]
    neighbours = Neighbours(order, np.take_along_axis(similarities, order, axis=1))
    labels = points.truth[:SEEN]
    options = CrossFitOptions(folds=4, least_steps=80, width=64, batch_size=64, learning_rate=0.02)
    fit = cross_fit(GivenLabels(seen, labels, neighbours, 4), options, "cpu", Silent())
    labelled = LabelledImages(
        class_names=NAMES, labels=labels, row_images=np.arange(SEEN), row_labels=labels
    )
    texts = np.array([NAMES[label] for label in labels], dtype=object)
    rows = GivenRows(seen, neighbours, labelled, texts, NAMES, [""] * SEEN)
    learned = weigh_posteriors(rows, fit, "cpu", Silent())[1].learned
    return rows, fit, learned, vectors[SEEN:], points.truth[SEEN:]


@pytest.fixture
def judge(reference):
    rows, fit, learned, vectors, _ = reference

    def judge_some(texts, chosen=None, expected=0.1):
        chosen = np.arange(NEW) if chosen is None else np.asarray(chosen)
        near = vectors[chosen] @ rows.vectors.T
        order = np.argsort(-near, axis=1, kind="stable")[:, :K]
        unseen = UnseenRows(
            vectors[chosen],
            NearestImages(order, np.take_along_axis(near, order, axis=1)),
            np.arange(len(chosen)),
            np.array([NAMES.index(text) if text in NAMES else -1 for text in texts]),
            np.array(texts, dtype=object),
            NAMES,
            rows.support,
            [""] * len(chosen),
            expected_wrong_rate=expected,
        )
        seen, judge = SeenRows(rows, learned), CrossFitJudge(fit)
        return correct_unseen(unseen, seen, judge, RelabelOptions("cpu"), "cpu", Silent())

    return judge_some


@pytest.fixture
def true_texts(reference):
    return [NAMES[label] for label in reference[-1]]


def with_wrong(texts, share, seed=0):
    random = np.random.default_rng(seed)
    wrong = random.choice(len(texts), round(share * len(texts)), replace=False)
    changed = list(texts)
    for row in wrong:
        others = [name for name in NAMES if name != texts[row]]
        changed[row] = others[random.integers(len(others))]
    return changed, wrong


def test_weigh_batch__a_reference_without_mistakes_still_finds_those_of_a_batch(judge, true_texts):
    """By the reference's own noise, of which there is none, every label would be believed."""
    texts, wrong = with_wrong(true_texts, 0.1)
    judged = judge(texts)
    found = np.flatnonzero(judged.corrections.action == "relabel")
    assert set(found) <= set(wrong)
    assert len(found) >= 0.95 * len(wrong)
    assert [judged.corrections.label[row] for row in found] == [true_texts[row] for row in found]
    overall = judged.rate.overall
    assert overall.rows == NEW
    assert overall.low <= 0.1 <= overall.high
    assert overall.share == pytest.approx(0.1, abs=0.02)


def test_weigh_batch__right_labels_stay(judge, true_texts):
    judged = judge(true_texts)
    assert set(judged.corrections.action) == {"keep"}
    assert judged.rate.overall.share < 0.01


def test_weigh_batch__a_row_is_judged_the_same_whatever_stands_beside(judge, true_texts):
    texts, _ = with_wrong(true_texts, 0.1)
    every = judge(texts)
    noisy, _ = with_wrong(true_texts, 0.7, seed=1)
    beside = judge([*texts[:50], *noisy[50:]])
    alone = judge([texts[7]], [7])
    assert beside.rate.overall.share > every.rate.overall.share + 0.2
    for name, values in every.corrections.columns().items():
        if name == "review_rank":  # the order within the batch
            continue
        is_float = values.dtype.kind == "f"
        one = getattr(alone.corrections, name)
        assert np.array_equal(one, values[7:8], equal_nan=is_float), name
        first = getattr(beside.corrections, name)[:50]
        assert np.array_equal(first, values[:50], equal_nan=is_float), name


def test_weigh_batch__labels_that_are_blank_or_unknown(judge, true_texts):
    texts = ["", "elk", *true_texts[2:]]
    judged = judge(texts)
    assert judged.corrections.action[0] == "predict"
    assert judged.corrections.label[0] == true_texts[0]
    assert judged.corrections.reason[1] == "unknown_label"
    assert judged.corrections.label[1] == "elk"
    assert judged.rows.tolist() == list(range(2, NEW))
    assert judged.rate.overall.rows == NEW - 2


def test_weigh_batch__no_label_of_a_known_class(judge):
    assert judge(["elk"] * 3, [0, 1, 2]).rate is None


def test_weigh_batch__more_wrong_labels_expected_are_believed_sooner(judge, true_texts):
    texts, wrong = with_wrong(true_texts, 0.1)
    little, much = (judge(texts, expected=rate).corrections for rate in (0.01, 0.5))
    assert (much.self_confidence[wrong] < little.self_confidence[wrong]).all()
