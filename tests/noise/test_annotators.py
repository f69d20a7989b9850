"""Several annotators: each one's mixture and quality, and what their labels say together."""

from dataclasses import replace

import numpy as np
import pytest

from labelfix.data.image_labels import Annotations
from labelfix.noise.annotators import MOST_HYPOTHESES, Annotators, fit_annotators
from labelfix.noise.candidates import DoubtScale
from labelfix.noise.hypotheses import NoiseModel, fit_hypotheses
from labelfix.noise.mixture import Mixture

COUNT, FEW = 600, 3
NAMES = ["rare", "sure", "swaps", "wild"]


def annotations_of(*triples, names):
    images, labels, annotators = np.array(triples, dtype=np.int64).reshape(-1, 3).T
    return Annotations(images=images, labels=labels, annotators=annotators, names=list(names))


class Crowd:
    """Images of three overlapping classes, and who labelled them.

    `sure` is right, `wild` guesses, `swaps` takes 0 for 1 and 1 for 0, `rare` is right of `FEW`.
    """

    def __init__(self, make):
        self.made = make(COUNT, np.eye(3), distance=1.5)
        true = self.made.true
        self.labels = {
            "rare": true[:FEW],
            "sure": true,
            "swaps": np.array([1, 0, 2])[true],
            "wild": np.random.default_rng(1).integers(0, 3, COUNT),
        }
        triples = [
            (image, label, annotator)
            for annotator, labels in enumerate(self.labels.values())
            for image, label in enumerate(labels)
        ]
        self.annotations = annotations_of(*triples, names=self.labels)
        votes = sum(np.eye(3)[self.labels[name]] for name in NAMES[1:])
        self.images = self.made.images.with_labels(votes.argmax(axis=1))
        self.model = fit_hypotheses(self.images, self.made.scale, 3).model
        self.fitted, self.model_after = fit_annotators(self.annotations, self.images, self.model)


@pytest.fixture(scope="module")
def crowd(make):
    return Crowd(make)


def best(crowd):
    """The mixture of each annotator under the hypothesis that is believed most."""
    return crowd.fitted.mixtures[int(crowd.model_after.weights[:-1].argmax())]


def test_fit_annotators__good_and_bad_are_told_apart(crowd):
    rare, sure, swaps, wild = crowd.fitted.qualities
    assert [one.name for one in (rare, sure, swaps, wild)] == NAMES
    assert [one.labels for one in (rare, sure, swaps, wild)] == [FEW, COUNT, COUNT, COUNT]
    assert sure.right_share > 0.95
    for one in (swaps, wild):
        share = (crowd.labels[one.name] == crowd.made.true).mean()
        assert one.right_share == pytest.approx(share, abs=0.06)


def test_fit_annotators__interval_contains_the_share(crowd):
    for one in crowd.fitted.qualities:
        assert 0 <= one.low <= one.right_share <= one.high <= 1
        assert one.low <= (crowd.labels[one.name] == crowd.made.true[: one.labels]).mean()
    rare, sure, _, wild = crowd.fitted.qualities
    assert wild.high < sure.low
    assert rare.high - rare.low > sure.high - sure.low


def test_fit_annotators__mixtures_are_the_annotators_own(crowd):
    _, sure, swaps, wild = best(crowd)
    assert sure.weights[:, 0].min() > 0.9
    assert swaps.weights[:2, 0].max() < 0.2
    assert swaps.confusions[0, 1] > 0.8 < swaps.confusions[1, 0]
    assert wild.weights[:, 0] == pytest.approx(np.full(3, 1 / 3), abs=0.15)


def test_fit_annotators__few_labels_keep_to_what_is_common(crowd):
    """Three labels move a row of 20 by 3/23 a round at the most."""
    common = crowd.model_after.best
    rare = best(crowd)[0]
    assert rare.weights == pytest.approx(common.weights, abs=3 / 23)
    assert (rare.weights != common.weights).any()


def test_fit_annotators__labels_together_are_better_than_the_commonest(crowd):
    positions = np.arange(COUNT)
    likelihood = crowd.fitted.likelihood(crowd.images, positions)
    found = crowd.model_after.believe(crowd.images, likelihood)
    true = crowd.made.true
    assert (found.probabilities.argmax(axis=1) == true).mean() > 0.98
    assert (crowd.images.given == true).mean() < 0.8
    assert (crowd.made.posterior.argmax(axis=1) == true).mean() < 0.85


def test_fit_annotators__a_contradiction_takes_belief_that_all_are_right(crowd):
    assert crowd.model_after.all_right == 0
    sure_of_right = replace(crowd.model, weights=np.append(np.full(32, 0.001), 0.968))
    _, model = fit_annotators(crowd.annotations, crowd.images, sure_of_right)
    assert model.all_right == 0
    assert model.weights.sum() == pytest.approx(1)


def test_fit_annotators__where_nobody_contradicts_all_may_be_right(crowd):
    true = crowd.made.true
    halves = annotations_of(
        *((image, true[image], image % 2) for image in range(COUNT)), names=["a", "b"]
    )
    images = crowd.images.with_labels(true)
    model = fit_hypotheses(images, crowd.made.scale, 3).model
    fitted, after = fit_annotators(halves, images, model)
    assert after.all_right > 0.3
    assert all(one.right_share > 0.97 for one in fitted.qualities)


def test_fit_annotators__hypotheses_that_are_believed_most_stay(crowd):
    assert len(crowd.model_after.mixtures) <= MOST_HYPOTHESES
    assert len(crowd.fitted.mixtures) == len(crowd.model_after.mixtures)
    assert all(len(mixtures) == len(NAMES) for mixtures in crowd.fitted.mixtures)
    likeliest = crowd.model.mixtures[int(crowd.model.weights[:-1].argmax())]
    assert crowd.model_after.best is likeliest


def test_fit_annotators__order_of_the_labels_does_not_matter(crowd):
    order = np.random.default_rng(1).permutation(len(crowd.annotations.images))
    shuffled = replace(
        crowd.annotations,
        images=crowd.annotations.images[order],
        labels=crowd.annotations.labels[order],
        annotators=crowd.annotations.annotators[order],
    )
    again, _ = fit_annotators(shuffled, crowd.images, crowd.model)
    for one, other in zip(again.qualities, crowd.fitted.qualities, strict=True):
        assert one.right_share == pytest.approx(other.right_share)


# Two classes. Of class 0 "a" is right by 0.9 and "b" by 0.6; of class 1 by 0.7 and by 0.8.
SWAP = np.array([[0.0, 1.0], [1.0, 0.0]])
A = Mixture(0.0, 1.0, np.array([[0.9, 0.1, 0, 0], [0.7, 0.3, 0, 0]]), SWAP)
B = Mixture(0.0, 1.0, np.array([[0.6, 0.4, 0, 0], [0.8, 0.2, 0, 0]]), SWAP)
# Image 0 has two labels, of both annotators; image 1 none; image 2 one twice from the second.
LABELS = annotations_of((0, 0, 0), (0, 1, 1), (2, 1, 1), (2, 1, 1), names=["a", "b"])
TWO = Annotators(LABELS, [[A, B], [B, A]])
IMAGES = DoubtScale(np.linspace(0, 1, 11)).candidates(
    np.log(np.array([[0.8, 0.2], [0.5, 0.5], [0.3, 0.7]])), np.array([0, -1, 1])
)


def test_labels_of__images_in_any_order():
    rows, which = TWO.labels_of(np.array([2, 1, 0]))
    assert rows.tolist() == [0, 0, 2, 2]
    assert which.tolist() == [2, 3, 0, 1]


def test_likelihood__multiplies_what_every_label_says():
    """Up to a factor for each image, by which its largest is 1."""
    positions = np.array([2, 1, 0])
    of = TWO.likelihood(IMAGES.of(positions), positions)
    assert of(0, A) == pytest.approx(
        np.array([[0.4 * 0.4 / 0.64, 1], [1, 1], [1, 0.3 * 0.8 / (0.9 * 0.4)]])
    )
    assert of(1, B) == pytest.approx(
        np.array([[0.1 * 0.1 / 0.49, 1], [1, 1], [0.6 * 0.1 / (0.2 * 0.7), 1]])
    )


def test_likelihood__believed_of_all_labels():
    """Image 0: 0.8 * 0.9 * 0.4 against 0.2 * 0.3 * 0.8; image 1 keeps what it tells."""
    model = NoiseModel([A], np.array([1.0, 0.0]), 1.0, DoubtScale(np.linspace(0, 1, 11)))
    found = model.believe(IMAGES, TWO.likelihood(IMAGES, np.arange(3))).probabilities
    assert found[0] == pytest.approx(np.array([0.288, 0.048]) / 0.336)
    assert found[1] == pytest.approx([0.5, 0.5])


def test_likelihood__an_image_alone_is_as_with_others(crowd):
    positions = np.arange(COUNT)
    together = crowd.fitted.likelihood(crowd.images, positions)(0, crowd.model_after.best)
    for row in (0, 77, COUNT - 1):
        one = np.array([row])
        alone = crowd.fitted.likelihood(crowd.images.of(one), one)(0, crowd.model_after.best)
        assert (alone[0] == together[row]).all()
