"""Images that training has not seen: by hand, with denoisers that say what they are told to."""

import numpy as np
import pytest
import torch

from labelfix.data.audited_labels import NOT_AUDITED, OTHER, UNTOLD
from labelfix.data.image_labels import LabelledImages
from labelfix.data.neighbours import NearestImages, Neighbours
from labelfix.methods.method import GivenLabels
from labelfix.methods.noise_aware.cross_fit import CrossFit
from labelfix.methods.noise_aware.label_denoiser import LabelDenoiser
from labelfix.methods.noise_aware.posteriors import weigh_posteriors
from labelfix.methods.noise_aware.rounds import cross_fit
from labelfix.methods.noise_aware.unseen_images import Reading, weigh_unseen
from labelfix.methods.rows import GivenRows, UnseenRows
from labelfix.noise.audits import ImageAudits
from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.runtime.progress import Silent

MATRIX = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.05, 0.05, 0.9]])
SEEN, NEW, K = 24, 6, 4
NAMES = ["a", "b", "c"]


def saying(probabilities):
    """A denoiser that reads row i of (N, C) from the i-th unit vector."""
    count, classes = probabilities.shape
    network = LabelDenoiser(count, count, classes)
    with torch.no_grad():
        network.hidden.weight.copy_(torch.eye(count) / np.sqrt(count))
        network.hidden.bias.zero_()
        network.output.weight.copy_(torch.from_numpy(np.log(probabilities)).T)
        network.output.bias.zero_()
    return network.eval()


class Made:
    """Two folds' denoisers that differ, and new images; image 1 has a copy, of fold `fold`."""

    def __init__(self, fold=1):
        random = np.random.default_rng(0)
        self.said = random.dirichlet([1.0] * 3, (2, SEEN + NEW))
        self.labels = random.integers(0, 3, SEEN)
        vectors = np.eye(SEEN + NEW, dtype=np.float32)
        indices = np.array(
            [random.permutation(np.delete(np.arange(SEEN), i))[:K] for i in range(SEEN)]
        )
        neighbours = Neighbours(indices, np.full((SEEN, K), 0.6, dtype=np.float32))
        folds = np.arange(SEEN) % 2
        self.fit = CrossFit([saying(each) for each in self.said], folds, MATRIX)
        labelled = LabelledImages(
            class_names=NAMES,
            labels=self.labels,
            row_images=np.arange(SEEN),
            row_labels=self.labels,
        )
        texts = np.array([NAMES[label] for label in self.labels], dtype=object)
        self.rows = GivenRows(vectors[:SEEN], neighbours, labelled, texts, NAMES, [""] * SEEN)
        nearest = np.array([random.permutation(SEEN)[:K] for _ in range(NEW)])
        nearest[1, 0] = 10 + fold
        similarities = np.full((NEW, K), 0.6, dtype=np.float32)
        similarities[1, 0] = 0.995
        self.nearest, self.vectors = NearestImages(nearest, similarities), vectors[SEEN:]

    def unseen(self, given, answers=None):
        texts = np.array(["" if label < 0 else NAMES[label] for label in given], dtype=object)
        every = np.arange(NEW)
        return UnseenRows(
            self.vectors, self.nearest, every, np.array(given), texts, NAMES,
            self.rows.support, [""] * NEW,
            audits=None if answers is None else ImageAudits(answers, np.full(NEW, np.nan)),
        )  # fmt: skip

    def by_hand(self, image, believed, folds):
        """p(true | image) as the mean over some folds' denoisers."""
        found = []
        for fold in folds:
            voters = [
                other
                for place, other in enumerate(self.nearest.indices[image][: believed.voters])
                if self.nearest.similarities[image, place] < 0.99
            ]
            posteriors = self.said[fold][voters] * MATRIX[:, self.labels[voters]].T
            posteriors /= posteriors.sum(axis=1, keepdims=True)
            mixed = (self.said[fold][SEEN + image] + 1e-4) ** believed.mixing.own_exponent
            mixed *= (posteriors.mean(axis=0) + 1e-4) ** believed.mixing.neighbour_exponent
            found.append(mixed / mixed.sum())
        return np.mean(found, axis=0)


def learned_of(made):
    return weigh_posteriors(made.rows, made.fit, "cpu", Silent())[1].learned


def weigh(made, given, answers=None):
    learned, unseen = learned_of(made), made.unseen(given, answers)
    reading = Reading(unseen, made.rows, made.fit, learned, "cpu")
    return weigh_unseen(unseen, reading, learned.model, Silent())


def believed_by_hand(model, true, given):
    """(C,) p(true | image, given) of one image: each hypothesis by its equations."""
    doubt = np.interp(1 - true.max(), model.scale.quantiles, np.linspace(0, 1, 1001))
    total = np.zeros(len(true))
    for weight, mixture in zip(model.weights, model.mixtures, strict=False):
        joint = true**mixture.sharpness
        joint /= joint.sum()
        tilt = np.exp(mixture.slope * (doubt - 0.5))
        for of_class in range(len(true) if given >= 0 else 0):
            shares = mixture.weights[of_class] * [1, 1, tilt, tilt]
            shares = shares / shares.sum()
            if of_class == given:
                joint[of_class] *= shares[0]
            else:
                alike = true[given] / max(1 - true[of_class], 1e-3)
                chances = [0.5, mixture.confusions[of_class, given], alike]
                joint[of_class] *= shares[1:] @ chances
        total += weight * joint / joint.sum()
    sharp = true**model.sharpness_if_right
    if_right = sharp / sharp.sum() if given < 0 else np.eye(len(true))[given]
    total += model.weights[-1] * if_right
    total /= total.sum()
    error = model.encoder_error if given >= 0 else 0
    return (1 - error) * total + error * if_right


@pytest.fixture(params=[0, 1], ids=["copy in fold 0", "copy in fold 1"])
def made(request):
    return Made(request.param)


@pytest.mark.slow
def test_weigh_unseen__without_labels(made):
    learned = learned_of(made)
    assert learned.mixing.neighbour_exponent > 0.05  # so that a vote would be seen
    evidence, share, _ = weigh(made, [-1] * NEW)
    assert share is None
    assert np.isnan(evidence.self_confidence).all()
    for image in range(NEW):
        judges = [made.fit.folds[made.nearest.indices[1, 0]]] if image == 1 else [0, 1]
        true = believed_by_hand(learned.model, made.by_hand(image, learned, judges), -1)
        assert evidence.suggested[image] == true.argmax()
        assert evidence.best_confidence[image] == pytest.approx(true.max(), abs=2e-5)
        assert evidence.second[image] == np.argsort(-true)[1]
        assert evidence.second_confidence[image] == pytest.approx(np.sort(true)[1], abs=2e-5)


@pytest.mark.slow
def test_weigh_unseen__with_labels(made):
    learned = learned_of(made)
    given = np.array([0, 1, 2, 0, -1, 2])
    evidence, share, transition = weigh(made, given)
    assert share.rows == 5
    right = []
    # Each class starts with a right label, and with hardly any of the others.
    given_to_true = np.eye(3) + 1e-3 / 3
    for image in np.flatnonzero(given >= 0):
        judges = [made.fit.folds[made.nearest.indices[1, 0]]] if image == 1 else [0, 1]
        true = made.by_hand(image, learned, judges)
        believed_true = believed_by_hand(learned.model, true, given[image])
        given_to_true[given[image]] += believed_true
        right.append(believed_true[given[image]])
        assert evidence.self_confidence[image] == pytest.approx(right[-1], abs=2e-5)
    assert share.share == pytest.approx(1 - np.mean(right), abs=1.3e-4)
    expected = given_to_true.T / given_to_true.T.sum(axis=1, keepdims=True)
    assert transition == pytest.approx(expected, abs=2e-5)
    assert np.isnan(evidence.self_confidence[4])


def test_weigh_unseen__label_of_a_class_that_the_only_judge_has_never_seen():
    """Class c is in fold 1 alone, and so is the copy of image 1: nobody can judge it."""
    made = Made(fold=1)
    made.labels[:] = np.where(made.fit.folds == 1, 2, np.arange(SEEN) // 2 % 2)
    evidence, *_ = weigh(made, [2, 2, 0, 1, -1, 2])
    assert evidence.supported.tolist() == [True, False, True, True, True, True]


def test_weigh_unseen__far_from_everything_is_not_typical(made):
    made.nearest.similarities[2] = 0.1
    evidence, *_ = weigh(made, [-1] * NEW)
    assert evidence.typical.tolist() == [True, True, False, True, True, True]


def arrays_of(evidence):
    """Names and arrays of an evidence; of no class vectors there are none."""
    return [(name, values) for name, values in vars(evidence).items() if values is not None]


def test_weigh_unseen__what_a_person_has_said_is_certain_and_no_question():
    """Two labels are wrong and one is right for certain; of the others nothing changes."""
    made, given = Made(), [0, 1, 2, 0, -1, 2]
    answers = np.array([1, 1, OTHER, UNTOLD, 2, NOT_AUDITED])
    before, share, _ = weigh(made, given)
    evidence, again, transition = weigh(made, given, answers)
    assert again.rows == share.rows == 5
    unasked = (1 - before.self_confidence[[3, 5]]).sum()
    assert again.share == pytest.approx((2 + unasked) / 5, abs=1.3e-4)
    assert evidence.suggested[[0, 1, 4]].tolist() == [1, 1, 2]
    assert evidence.best_confidence[[0, 1, 4]].tolist() == [1, 1, 1]
    assert evidence.self_confidence[[0, 1, 2]].tolist() == [0, 1, 0]
    assert evidence.second[[0, 1, 4]].tolist() == [-1, -1, -1]
    assert evidence.suggested[2] != 2
    assert evidence.question_value[[0, 1, 2]] == pytest.approx(np.zeros(3), abs=1e-12)
    for name, values in arrays_of(before):
        same = np.array_equal(getattr(evidence, name)[[3, 5]], values[[3, 5]])
        assert same or name == "typical", name
    assert transition.sum(axis=1) == pytest.approx(np.ones(3))


@pytest.fixture(scope="module")
def trained(clusters):
    """A real training on 200 of 260 images, and 60 that it has not seen."""
    points = clusters(260, 3, wrong_share=0.2)
    vectors = points.vectors / np.linalg.norm(points.vectors, axis=1, keepdims=True)
    seen, new = vectors[:200], vectors[200:]
    similarities = seen @ seen.T
    np.fill_diagonal(similarities, -2)
    order = np.argsort(-similarities, axis=1, kind="stable")[:, :5]
    neighbours = Neighbours(order, np.take_along_axis(similarities, order, axis=1))
    labels = points.given[:200]
    options = CrossFitOptions(folds=4, least_steps=80, width=64, batch_size=64, learning_rate=0.02)
    fit = cross_fit(GivenLabels(seen, labels, neighbours, 3), options, "cpu", Silent())
    labelled = LabelledImages(
        class_names=NAMES, labels=labels, row_images=np.arange(200), row_labels=labels
    )
    texts = np.array([NAMES[label] for label in labels], dtype=object)
    rows = GivenRows(seen, neighbours, labelled, texts, NAMES, [""] * 200)
    to_new = new @ seen.T
    nearest = np.argsort(-to_new, axis=1, kind="stable")[:, :5]
    found = NearestImages(nearest, np.take_along_axis(to_new, nearest, axis=1))
    given = np.where(np.arange(60) % 3, points.given[200:], -1)
    return rows, fit, new, found, given, points.truth[200:]


def weigh_some(trained, chosen):
    rows, fit, new, found, given, _ = trained
    labels = np.array(["" if label < 0 else NAMES[label] for label in given[chosen]], dtype=object)
    unseen = UnseenRows(
        new[chosen], NearestImages(found.indices[chosen], found.similarities[chosen]),
        np.arange(len(chosen)), given[chosen], labels, NAMES, rows.support, [""] * len(chosen),
    )  # fmt: skip
    learned = weigh_posteriors(rows, fit, "cpu", Silent())[1].learned
    reading = Reading(unseen, rows, fit, learned, "cpu")
    return weigh_unseen(unseen, reading, learned.model, Silent())[0]


@pytest.mark.slow
def test_weigh_unseen__real_training(trained):
    evidence = weigh_some(trained, np.arange(60))
    assert (evidence.suggested == trained[-1]).mean() >= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("rows_held", [1024, 65536])
def test_weigh_unseen__the_same_bits_whatever_stands_beside(trained, monkeypatch, rows_held):
    """Unrounded: digits after the sixth would hide a difference now and show it another time."""
    monkeypatch.setattr("labelfix.methods.row_evidence.DECIMALS", 17)
    monkeypatch.setattr("labelfix.methods.noise_aware.unseen_images.ROWS_HELD", rows_held)
    every = weigh_some(trained, np.arange(60))
    turned = weigh_some(trained, np.arange(60)[::-1])
    repeated = weigh_some(trained, np.tile(np.arange(60), 20))
    for name, values in arrays_of(every):
        assert np.array_equal(
            getattr(turned, name)[::-1], values, equal_nan=values.dtype.kind == "f"
        ), name
        for start in range(0, 1200, 60):
            again = getattr(repeated, name)[start : start + 60]
            assert np.array_equal(again, values, equal_nan=values.dtype.kind == "f"), name
    for row in (0, 7, 31):
        alone = weigh_some(trained, np.array([row]))
        for name, values in arrays_of(every):
            assert np.array_equal(
                getattr(alone, name)[0], values[row], equal_nan=values.dtype.kind == "f"
            ), name
