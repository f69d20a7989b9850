"""Posteriors of real trainings on clusters: what is corrected, what is left, what is estimated."""

from dataclasses import replace

import numpy as np
import pytest

from labelfix.config import CrossFitOptions, RelabelOptions
from labelfix.correction.decision import decide
from labelfix.data.audited_labels import NOT_AUDITED, OTHER, UNTOLD
from labelfix.data.image_labels import Annotations, LabelledImages
from labelfix.data.neighbours import Neighbours
from labelfix.methods.method import GivenLabels
from labelfix.methods.noise_aware.posteriors import (
    known_elsewhere,
    learn_noise,
    weigh_posteriors,
)
from labelfix.methods.noise_aware.rounds import cross_fit
from labelfix.methods.noise_aware.true_labels import TrueLabels
from labelfix.methods.rows import GivenRows
from labelfix.noise.audits import DISCREPANCY_SPREAD, ImageAudits
from labelfix.noise.evidence import Mixing
from labelfix.progress import Silent

TINY = CrossFitOptions(
    folds=4, epochs=10, least_steps=100, width=64, batch_size=64, learning_rate=0.02
)
COUNT = 600


def nearest(vectors, k=5):
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -2)
    indices = np.argsort(-similarities, axis=1, kind="stable")[:, :k]
    return Neighbours(indices, np.take_along_axis(similarities, indices, axis=1))


def rows_of(vectors, labels, *, row_images=None, row_labels=None, annotations=None):
    """Rows to be corrected; left out, each image is a row."""
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    row_images = np.arange(len(labels)) if row_images is None else row_images
    row_labels = labels if row_labels is None else row_labels
    names = [f"c{label}" for label in range(labels.max() + 1)]
    texts = np.array([names[label] for label in row_labels], dtype=object)
    labelled = LabelledImages(
        class_names=names, labels=labels, row_images=row_images, row_labels=row_labels
    )
    reasons = [""] * len(row_images)
    return GivenRows(vectors, nearest(vectors), labelled, texts, names, reasons, annotations)


def weigh(rows):
    labels = rows.labelled.labels
    data = GivenLabels(rows.vectors, labels, rows.neighbours, len(rows.class_values))
    return weigh_posteriors(rows, cross_fit(data, TINY, "cpu", Silent()), "cpu", Silent())


def after(evidence, options=None):
    """(R,) labels as they are decided."""
    changed = decide(evidence, options or RelabelOptions()) == "relabel"
    return np.where(changed, evidence.suggested, evidence.given)


@pytest.fixture(scope="module")
def made(clusters):
    return clusters(COUNT, 3, wrong_share=0.3)


@pytest.fixture(scope="module")
def weighed(made):
    return weigh(rows_of(made.vectors, made.given))


def test_weigh_posteriors__three_in_ten_labels_wrong(made, weighed):
    evidence, _ = weighed
    assert np.array_equal(evidence.given, made.given)
    assert (after(evidence) == made.truth).mean() > 0.97
    assert (made.given == made.truth).mean() == 0.7


def test_weigh_posteriors__share_of_wrong_labels(made, weighed):
    _, estimate = weighed
    assert estimate.learned.wrong.rows == COUNT
    assert estimate.learned.wrong.share == pytest.approx(0.3, abs=0.04)
    assert estimate.learned.wrong.low <= 0.3 <= estimate.learned.wrong.high
    assert len(estimate.wrong) == 4
    for label, share in enumerate(estimate.wrong[:-1]):
        of_label = made.given == label
        assert share.rows == of_label.sum()
        wrong = (made.truth[of_label] != label).mean()
        assert share.share == pytest.approx(wrong, abs=0.07)
        assert share.low <= wrong <= share.high
    assert estimate.transition.sum(axis=1) == pytest.approx(np.ones(3))
    assert estimate.transition.diagonal() == pytest.approx([0.7] * 3, abs=0.1)
    assert estimate.annotators == ()


def test_weigh_posteriors__confidences(weighed):
    evidence, _ = weighed
    same = evidence.suggested == evidence.given
    assert np.array_equal(evidence.self_confidence[same], evidence.best_confidence[same])
    assert (evidence.best_confidence >= evidence.self_confidence).all()
    assert (evidence.second_confidence <= evidence.best_confidence).all()
    assert (evidence.second != evidence.suggested).all()
    assert (evidence.second >= 0).all()
    assert (evidence.best_confidence + evidence.second_confidence <= 1 + 1e-6).all()
    assert (evidence.question_value >= 0).all()
    assert (evidence.question_value <= 0.25).all()
    # That all labels are right only makes a given label likelier.
    assert (1 - evidence.suspicion <= evidence.self_confidence + 1e-6).all()
    for values in (
        evidence.self_confidence,
        evidence.best_confidence,
        evidence.second_confidence,
    ):
        assert values.min() >= 0
        assert values.max() <= 1
        assert np.array_equal(values, values.round(6))
    # Right ones are told from wrong ones.
    assert np.median(evidence.self_confidence[same]) > 0.9
    assert np.median(evidence.self_confidence[~same]) < 0.1


def test_weigh_posteriors__precise_labels_are_fewer_and_right(made, weighed):
    evidence, _ = weighed
    new = after(evidence, RelabelOptions(min_precision=0.99))
    changed = new != made.given
    assert 0 < changed.sum() <= (after(evidence) != made.given).sum()
    assert (new == made.truth)[changed].mean() > 0.98


def test_weigh_posteriors__right_labels_all_stay(made):
    evidence, estimate = weigh(rows_of(made.vectors, made.truth))
    assert np.array_equal(after(evidence), made.truth)
    assert estimate.learned.wrong.low == 0
    assert estimate.learned.wrong.share < 0.01


def test_weigh_posteriors__image_of_no_class_gets_no_new_label(made):
    """Three images point away from all clusters; whatever they are called, nothing else is sure."""
    random = np.random.default_rng(1)
    strangers = np.linalg.svd(made.vectors, full_matrices=True)[2][-3:]  # least like the others
    vectors = np.concatenate([made.vectors, 4 * strangers + 0.01 * random.normal(size=(3, 16))])
    labels = np.concatenate([made.given, [0, 1, 2]])
    evidence, _ = weigh(rows_of(vectors.astype(np.float32), labels))
    assert not evidence.typical[-3:].any()
    assert np.array_equal(after(evidence)[-3:], [0, 1, 2])
    assert evidence.typical[:-3].mean() > 0.98


def test_weigh_posteriors__class_of_one_image(made):
    """A fourth class whose only image lies in the first cluster, and looks like that."""
    labels = made.given.copy()
    image = int(np.flatnonzero((made.truth == 0) & (made.given == 0))[0])
    labels[image] = 3
    evidence, estimate = weigh(rows_of(made.vectors, labels))
    assert np.flatnonzero(~evidence.supported).tolist() == [image]
    assert np.flatnonzero(evidence.suggested == 3).tolist() == [image]
    assert after(evidence)[image] == 3
    assert decide(evidence, RelabelOptions())[image] == "keep"
    assert estimate.wrong[3].rows == 1
    assert (after(evidence) != made.truth).sum() <= (labels != made.truth).sum()


def test_weigh_posteriors__rows_of_one_image_by_their_own_labels(made):
    """Image 0 has three rows, of which two say what it is; an image in no row stays one."""
    true = made.truth[0]
    labels = made.given.copy()
    labels[0] = true
    row_images = np.concatenate([[0, 0, 0], np.arange(1, COUNT - 1), [-1]])
    other = (true + 1) % 3
    row_labels = np.concatenate([[true, other, true], labels[1:-1], [0]])
    rows = rows_of(made.vectors, labels, row_images=row_images, row_labels=row_labels)
    evidence, estimate = weigh(rows)
    assert len(evidence.given) == COUNT + 1
    assert after(evidence)[:3].tolist() == [true] * 3
    assert evidence.self_confidence[0] == evidence.self_confidence[2] > 0.9
    assert evidence.self_confidence[1] < 0.1
    assert estimate.learned.wrong.rows == COUNT + 1


def test_weigh_posteriors__several_annotators(made):
    """One is always right and two guess half the time: their labels together decide."""
    random = np.random.default_rng(0)
    guesses = np.where(
        random.random((2, COUNT)) < 0.5, made.truth, random.integers(0, 3, (2, COUNT))
    )
    by_annotator = np.stack([*guesses, made.truth])
    votes = (by_annotator[..., None] == np.arange(3)).sum(axis=0)
    labels = votes.argmax(axis=1)
    annotations = Annotations(
        images=np.tile(np.arange(COUNT), 3),
        labels=by_annotator.reshape(-1),
        annotators=np.repeat([0, 1, 2], COUNT),
        names=["ann", "bob", "cat"],
    )
    evidence, estimate = weigh(rows_of(made.vectors, labels, annotations=annotations))
    assert (labels == made.truth).mean() < 0.95
    assert (after(evidence) == made.truth).mean() > 0.99
    ann, bob, cat = estimate.annotators
    assert [one.name for one in estimate.annotators] == ["ann", "bob", "cat"]
    assert cat.right_share > 0.97
    for one, said in ((ann, guesses[0]), (bob, guesses[1])):
        assert one.labels == COUNT
        assert one.right_share == pytest.approx((said == made.truth).mean(), abs=0.05)


def test_known_elsewhere__a_class_that_is_in_one_fold_alone_has_no_judge():
    """Class 2 is in fold 1 alone, so that the denoiser of fold 1 has never seen it."""
    labels = np.array([0, 0, 1, 1, 2, 2])
    folds = np.array([0, 1, 0, 1, 1, 1])
    images = np.array([0, 3, 4, 5, 0])
    given = np.array([0, 1, 2, 2, 2])
    known = known_elsewhere(labels, folds, images, given)
    assert known.tolist() == [True, True, False, False, True]


# Of half the images p(true | image) is 0.6 to 0.4 for the wrong class, of the others it is sure.
HARD = 200


def doubtful(answers=None, chances=np.nan):
    """400 rows of two classes, each named by its class; the image of the first 200 says otherwise.

    By labels alone they may be right or wrong.
    """
    truth = np.arange(400) % 2
    sure = np.where(np.arange(400) < HARD, 0.4, 0.98)
    true = np.where(np.arange(2) == truth[:, None], sure[:, None], 1 - sure[:, None])
    rows = rows_of(np.eye(400, dtype=np.float32), truth)
    if answers is not None:
        rows = replace(rows, audits=ImageAudits(answers, np.full(400, chances)))
    return rows, TrueLabels(np.log(true).astype(np.float32), Mixing(1.0, 0.0), 5)


def answers_of(number, said):
    """The first rows audited: `right`, `wrong` or `other`."""
    answers = np.full(400, NOT_AUDITED)
    asked = np.arange(number)
    answers[asked] = {"right": asked % 2, "wrong": 1 - asked % 2, "other": OTHER}[said]
    return answers


def right_of_the_rest(rows, believed):
    """The mean P(given is right) of doubtful rows that nobody was asked about."""
    noise = learn_noise(rows, believed)
    rest = np.arange(100, HARD)
    log_true = believed.log_probabilities[rest]
    return noise.believe(log_true, rest, rows.used_labels[rest]).mean_right.mean()


@pytest.mark.parametrize("said", ["right", "wrong", "other"])
def test_learn_noise__fewer_than_ten_answers_settle_nothing(said):
    """Nine answers are only left out of the rows that hypotheses are fitted on."""
    rows, believed = doubtful(answers_of(9, said))
    noise = learn_noise(rows, believed)
    assert (noise.discrepancy.shift, noise.discrepancy.spread) == (0.0, DISCREPANCY_SPREAD)
    others, _ = doubtful(answers_of(9, "right"))
    assert np.array_equal(noise.model.weights, learn_noise(others, believed).model.weights)


def test_learn_noise__twenty_answers_move_rows_that_nobody_was_asked_about():
    nobody = right_of_the_rest(*doubtful())
    assert 0.5 < nobody < 0.97
    assert right_of_the_rest(*doubtful(answers_of(20, "right"))) > nobody + 0.01
    for said in ("wrong", "other"):
        assert right_of_the_rest(*doubtful(answers_of(20, said))) < nobody - 0.3


@pytest.mark.parametrize(("said", "sign"), [("right", -1), ("wrong", 1)])
def test_learn_noise__answers_move_the_share(said, sign):
    noise = learn_noise(*doubtful(answers_of(40, said)))
    assert sign * noise.discrepancy.shift > 0
    assert noise.discrepancy.spread < DISCREPANCY_SPREAD


def test_learn_noise__who_could_not_tell_settles_nothing():
    rows, believed = doubtful(np.full(400, UNTOLD))
    nobody, found = learn_noise(doubtful()[0], believed), learn_noise(rows, believed)
    assert np.array_equal(nobody.model.weights, found.model.weights)
    assert nobody.discrepancy == found.discrepancy


def test_weigh_posteriors__audited_rows(made):
    """Twelve rows are verified, one is of no class; they count as what they are."""
    answers = np.full(COUNT, NOT_AUDITED)
    wrong = np.flatnonzero(made.given != made.truth)[:6]
    right = np.flatnonzero(made.given == made.truth)[:6]
    asked = np.concatenate([wrong, right])
    answers[asked] = made.truth[asked]
    stranger = int(np.flatnonzero(made.given == made.truth)[6])
    answers[stranger] = OTHER
    audits = ImageAudits(answers, np.full(COUNT, np.nan))
    rows = replace(rows_of(made.vectors, made.given), audits=audits)
    evidence, estimate = weigh(rows)
    assert estimate.audited == 13
    assert estimate.learned.wrong.rows == COUNT
    assert np.array_equal(evidence.suggested[asked], made.truth[asked])
    assert (evidence.best_confidence[asked] == 1).all()
    assert (evidence.self_confidence[wrong] == 0).all()
    assert (evidence.self_confidence[right] == 1).all()
    assert (evidence.second[asked] == -1).all()
    assert evidence.self_confidence[stranger] == 0
    assert evidence.suggested[stranger] != made.given[stranger]
    settled = [*asked, stranger]
    assert evidence.question_value[settled] == pytest.approx(np.zeros(13), abs=1e-12)
    assert estimate.learned.wrong.low <= 0.3 + 1 / COUNT <= estimate.learned.wrong.high
    assert estimate.learned.wrong.share == pytest.approx(0.3, abs=0.05)
    assert (after(evidence) == made.truth).mean() > 0.97


def test_weigh_posteriors__all_rows_audited(made):
    """Then the share of wrong labels is counted, and nothing is left to ask."""
    truth = np.where(np.arange(COUNT) % 50, made.truth, OTHER)
    audits = ImageAudits(truth, np.ones(COUNT))
    rows = replace(rows_of(made.vectors, made.given), audits=audits)
    evidence, estimate = weigh(rows)
    wrong = truth != made.given
    assert estimate.learned.wrong.share == pytest.approx(wrong.mean(), abs=1e-6)
    assert np.array_equal(evidence.self_confidence == 0, wrong)
    assert np.array_equal(evidence.suggested[truth >= 0], made.truth[truth >= 0])
    assert estimate.outlook is None
