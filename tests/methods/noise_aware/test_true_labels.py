"""p(true | image) against a loop by hand, with denoisers that say what they are told to."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from labelfix.data.audited_labels import NOT_AUDITED, OTHER, UNTOLD
from labelfix.data.neighbours import Neighbours
from labelfix.methods.noise_aware.cross_fit import CrossFit
from labelfix.methods.noise_aware.label_denoiser import LabelDenoiser
from labelfix.methods.noise_aware.true_labels import true_labels
from labelfix.noise.audits import ImageAudits
from labelfix.progress import Silent

MATRIX = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.05, 0.05, 0.9]])


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


def images(count=24, k=4, copies=()):
    """Two folds' denoisers that differ, labels, and neighbours; `copies` are at (row, place)."""
    random = np.random.default_rng(0)
    said = random.dirichlet([1.0] * 3, (2, count))
    indices = np.array(
        [random.permutation(np.delete(np.arange(count), i))[:k] for i in range(count)]
    )
    similarities = np.full((count, k), 0.6, dtype=np.float32)
    for row, place in copies:
        similarities[row, place] = 0.995
    labels = random.integers(0, 3, count)
    fold_of = np.arange(count) % 2
    return said, fold_of, labels, Neighbours(indices, similarities)


def believed(said, fold_of, labels, neighbours, matrix=MATRIX, answers=None):
    fit = CrossFit([saying(each) for each in said], fold_of, matrix)
    count = len(labels)
    rows = SimpleNamespace(
        vectors=np.eye(count, dtype=np.float32),
        labelled=SimpleNamespace(labels=labels),
        neighbours=neighbours,
        audits=None if answers is None else ImageAudits(answers, np.full(count, np.nan)),
        class_vectors=None,
    )
    return true_labels(rows, fit, "cpu", Silent())


def by_hand(said, fold_of, labels, neighbours, found, matrix=MATRIX, answers=None):
    """(N, C), with the mixing and the number of voters that were found."""
    answers = np.full(len(labels), NOT_AUDITED) if answers is None else answers
    rows = []
    for image, fold in enumerate(fold_of):
        posteriors = []
        for place, other in enumerate(neighbours.indices[image][: found.voters]):
            if answers[other] >= 0 and neighbours.similarities[image, place] < 0.99:
                posteriors.append(np.eye(len(matrix))[answers[other]])
            elif answers[other] != OTHER and neighbours.similarities[image, place] < 0.99:
                joint = said[fold][other] * matrix[:, labels[other]]
                posteriors.append(joint / joint.sum())
        mean = np.mean(posteriors, axis=0) if posteriors else np.full(len(matrix), 1 / len(matrix))
        mixed = (said[fold][image] + 1e-4) ** found.mixing.own_exponent
        mixed = mixed * (mean + 1e-4) ** found.mixing.neighbour_exponent
        rows.append(mixed / mixed.sum())
    return np.array(rows)


def test_true_labels__each_image_by_the_denoiser_of_its_fold():
    made = images()
    found = believed(*made)
    assert np.exp(found.log_probabilities) == pytest.approx(by_hand(*made, found), abs=2e-5)
    assert found.log_probabilities.dtype == np.float32
    assert np.exp(found.log_probabilities).sum(axis=1) == pytest.approx(np.ones(24), abs=1e-5)


def test_true_labels__copies_do_not_vote():
    """Image 0 has copies alone, image 1 one copy, image 2 a copy that is its nearest two."""
    copies = [(0, 0), (0, 1), (0, 2), (0, 3), (1, 1), (2, 0), (2, 1)]
    made = images(copies=copies)
    found = believed(*made)
    assert found.mixing.neighbour_exponent > 0.05  # so that a vote would be seen
    assert np.exp(found.log_probabilities) == pytest.approx(by_hand(*made, found), abs=2e-5)


@pytest.mark.parametrize("rows_at_once", [3, 10, 4096])
def test_true_labels__batches_change_nothing(rows_at_once, monkeypatch):
    monkeypatch.setattr("labelfix.methods.noise_aware.true_labels.ROWS_AT_ONCE", rows_at_once)
    made = images(copies=[(5, 0)])
    found = believed(*made)
    assert np.exp(found.log_probabilities) == pytest.approx(by_hand(*made, found), abs=2e-5)


def test_true_labels__an_image_has_no_say_in_its_own():
    """Another label of image 0 moves what is believed of those that it votes for."""
    said, fold_of, labels, neighbours = images()
    other = labels.copy()
    other[0] = (other[0] + 1) % 3
    found = believed(said, fold_of, other, neighbours)
    unaware = by_hand(said, fold_of, labels, neighbours, found)
    assert np.exp(found.log_probabilities[0]) == pytest.approx(unaware[0], abs=2e-5)
    asked = (neighbours.indices[:, : found.voters] == 0).any(axis=1)
    moved = np.abs(np.exp(found.log_probabilities) - unaware).max(axis=1) > 1e-3
    assert np.array_equal(moved, asked)


def crowd(far_are_wrong):
    """Images that denoisers know little of; the near neighbour is of the class, the far may be."""
    count = 400
    random = np.random.default_rng(0)
    truth = np.arange(count) % 2
    near, far = (
        (np.arange(count) + 2) % count,
        (np.arange(count) + (3 if far_are_wrong else 4)) % count,
    )
    said = np.full((2, count, 2), 0.5)
    labels = np.where(random.random(count) < 0.9, truth, 1 - truth)
    neighbours = Neighbours(np.stack([near, far], axis=1), np.full((count, 2), 0.6, np.float32))
    return said, np.arange(count) // 2 % 2, labels, neighbours


@pytest.mark.parametrize(("far_are_wrong", "voters"), [(True, 1), (False, 2)])
def test_true_labels__held_out_labels_choose_how_many_vote(far_are_wrong, voters):
    matrix = 0.8 * np.eye(2) + 0.1
    assert believed(*crowd(far_are_wrong), matrix=matrix).voters == voters


def test_true_labels__one_neighbour():
    made = images(k=1)
    found = believed(*made)
    assert found.voters == 1
    assert np.exp(found.log_probabilities) == pytest.approx(by_hand(*made, found), abs=2e-5)


def test_true_labels__verified_neighbours_vote_for_what_they_are_and_others_not_at_all():
    """Images 0 to 5 are verified, 6 to 8 of no class; a person could not tell what 9 and 10 are."""
    made = images(copies=[(20, 0)])
    answers = np.full(24, NOT_AUDITED)
    answers[:6] = [0, 1, 2, 2, 1, 0]
    answers[6:9] = OTHER
    answers[9:11] = UNTOLD
    found = believed(*made, answers=answers)
    assert found.mixing.neighbour_exponent > 0.05  # so that a vote would be seen
    true = np.exp(found.log_probabilities)
    assert true == pytest.approx(by_hand(*made, found, answers=answers), abs=2e-5)
    assert np.abs(true - by_hand(*made, found)).max() > 0.01


def test_true_labels__neighbours_of_no_class_alone_leave_the_image_to_itself():
    said, fold_of, labels, neighbours = images()
    answers = np.full(24, NOT_AUDITED)
    answers[neighbours.indices[0]] = OTHER
    found = believed(said, fold_of, labels, neighbours, answers=answers)
    own = (said[0][0] + 1e-4) ** found.mixing.own_exponent
    assert np.exp(found.log_probabilities[0]) == pytest.approx(own / own.sum(), abs=2e-5)
