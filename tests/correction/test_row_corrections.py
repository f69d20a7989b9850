"""Corrections of rows, with a denoiser that knows what it is to say of each image."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from labelfix.config import RelabelOptions
from labelfix.correction.row_corrections import correct_rows
from labelfix.data.image_labels import LabelledImages
from labelfix.data.neighbours import Neighbours
from labelfix.methods.noise_schedule import cosine_schedule
from labelfix.methods.paper.denoiser import Denoiser
from labelfix.methods.paper.denoiser_network import NetworkShape
from labelfix.methods.paper.paper_method import DenoiserJudge
from labelfix.methods.rows import GivenRows
from labelfix.progress import Silent


class Oracle(torch.nn.Module):
    """Predicts exactly the noise that leads to a given label_0 for each image.

    The embedding of image i is the i-th unit vector.
    """

    def __init__(self, targets):
        super().__init__()
        self.targets = torch.tensor(targets, dtype=torch.float32)

    def forward(self, label_t, embedding, timesteps):
        left = cosine_schedule(1000).alphas_cumprod[timesteps][:, None]
        return (label_t - left.sqrt() * (embedding @ self.targets)) / (1 - left).sqrt()


def correct(targets, labels, *, options=None, row_images=None, row_labels=None, reasons=None):
    """Correct rows of images for which the denoiser says `targets`.

    Args:
        targets: (N, C), what label_0 will be.
        labels: (N,) the given class of each image.
        options: of the decision.
        row_images, row_labels: of the rows; left out, each image is a row.
        reasons: of the rows.
    """
    count, classes = len(targets), len(targets[0])
    row_images = list(range(count)) if row_images is None else row_images
    row_labels = labels if row_labels is None else row_labels
    names = [f"c{index}" for index in range(classes)]
    texts = [names[label] if label >= 0 else "" for label in row_labels]
    rows = GivenRows(
        vectors=np.eye(count, dtype=np.float32),
        neighbours=Neighbours(
            np.array([[(image + 1) % count, (image + 2) % count] for image in range(count)]),
            np.zeros((count, 2), np.float32),
        ),
        labelled=LabelledImages(
            class_names=names,
            labels=np.array(labels),
            row_images=np.array(row_images),
            row_labels=np.array(row_labels),
        ),
        labels=np.array(texts, dtype=object),
        class_values=names,
        reasons=reasons or [""] * len(row_images),
    )
    denoiser = Denoiser(Oracle(targets), NetworkShape(classes, count, 1, 1000), names)
    options = options or RelabelOptions(batch_size=2)
    corrected, estimate = correct_rows(rows, DenoiserJudge(denoiser), options, "cpu", Silent())
    assert estimate is None, "the paper's method makes none"
    return corrected


# Five images of two classes: sure, wrong, in doubt of both, weakly against, and neither.
TARGETS = [[1.0, 0.0], [0.0, 1.0], [0.4, 0.6], [0.95, 0.05], [0.0, 0.0]]
LABELS = [0, 0, 0, 1, 1]


@pytest.fixture
def corrected():
    return correct(TARGETS, LABELS)


def test_correct_rows__labels_and_actions(corrected):
    assert corrected.given_label.tolist() == ["c0", "c0", "c0", "c1", "c1"]
    assert corrected.suggested_label.tolist() == ["c0", "c1", "c1", "c0", "c1"]
    assert corrected.action.tolist() == ["keep", "relabel", "relabel", "relabel", "keep"]
    assert corrected.label.tolist() == ["c0", "c1", "c1", "c0", "c1"]
    assert corrected.reason.tolist() == [""] * 5
    assert corrected.review_rank.tolist() == [0] * 5


def test_correct_rows__confidences(corrected):
    assert corrected.self_confidence.tolist() == pytest.approx([1, 0, 0.4, 0.05, 0.5], abs=1e-4)
    assert corrected.confidence.tolist() == pytest.approx([1, 1, 0.6, 0.95, 0.5], abs=1e-4)
    for values in (corrected.confidence, corrected.self_confidence):
        assert np.array_equal(values, values.round(6))
    changed = corrected.action == "relabel"
    assert np.array_equal(corrected.confidence[~changed], corrected.self_confidence[~changed])


def test_correct_rows__neighbour_agreement(corrected):
    # the two next: 0 0 | 0 1 | 1 1 | 1 0 | 0 0
    assert corrected.neighbour_agreement.tolist() == [1, 0.5, 0, 0.5, 0]


def test_correct_rows__decides_on_the_numbers_it_shows():
    """0.4999998 is shown as 0.5, which is as likely right as wrong."""
    label_0 = np.array([[0.4999998, 0.5000002], [0.499998, 0.500002]])
    denoiser = SimpleNamespace(label_0=lambda *_, **__: label_0)
    rows = GivenRows(
        np.eye(4, dtype=np.float32),
        Neighbours(np.array([[1], [0], [0], [0]]), np.zeros((4, 1), np.float32)),
        # the two images of b are in no row
        LabelledImages(
            class_names=["a", "b"],
            labels=np.array([0, 0, 1, 1]),
            row_images=np.arange(2),
            row_labels=np.zeros(2, np.int64),
        ),
        np.array(["a", "a"], dtype=object),
        ["a", "b"],
        ["", ""],
    )
    options = RelabelOptions(batch_size=2, min_confidence=0.500001)
    corrected, _ = correct_rows(rows, DenoiserJudge(denoiser), options, "cpu", Silent())
    assert corrected.self_confidence.tolist() == [0.5, 0.499998]
    assert corrected.action.tolist() == ["review", "relabel"]


@pytest.mark.parametrize("batch_size", [1, 3, 5, 4096])
def test_correct_rows__number_of_batches_changes_nothing(corrected, batch_size):
    other = correct(TARGETS, LABELS, options=RelabelOptions(batch_size=batch_size))
    assert other.action.tolist() == corrected.action.tolist()
    assert other.self_confidence == pytest.approx(corrected.self_confidence, abs=2e-6)


def test_correct_rows__min_confidence():
    options = RelabelOptions(min_confidence=0.97)
    corrected = correct(TARGETS, LABELS, options=options)
    assert corrected.action.tolist() == ["keep", "relabel", "review", "review", "keep"]
    assert corrected.label.tolist() == ["c0", "c1", "c0", "c1", "c1"]
    assert corrected.review_rank.tolist() == [0, 0, 2, 1, 0]  # the likelier wrong one first


def test_correct_rows__min_precision():
    """Of 1, 0.95 and 0.6 the surest: together they are right with 1, 0.975 and 0.85."""
    for precision, changed in [(0.85, [1, 2, 3]), (0.851, [1, 3]), (0.975, [1, 3]), (0.98, [1])]:
        options = RelabelOptions(min_precision=precision - 1e-4)
        corrected = correct(TARGETS, LABELS, options=options)
        assert np.flatnonzero(corrected.action == "relabel").tolist() == changed, precision
        left = sorted({1, 2, 3} - set(changed))
        assert (corrected.action[left] == "review").all()


def test_correct_rows__as_likely_as_another_class_is_kept():
    corrected = correct([[0.0, 0.0], [0.5, 0.5], [0.2, 0.2], [0.5, 0.5]], [1, 1, 0, 0])
    assert corrected.action.tolist() == ["keep"] * 4
    assert corrected.suggested_label.tolist() == corrected.given_label.tolist()


def test_correct_rows__class_of_one_image_is_kept_and_not_suggested():
    targets = [[0, 0, 1.0], [0.2, 0, 0.8], [0, 1.0, 0], [0, 1.0, 0], [1.0, 0, 0]]
    corrected = correct(targets, [0, 0, 1, 1, 2])
    # Rows 0 and 1 look like the single image of c2, which looks like c0.
    assert corrected.action.tolist()[4] == "keep"
    assert corrected.label[4] == corrected.suggested_label[4] == "c2"
    assert corrected.self_confidence[4] == pytest.approx(0, abs=1e-4)
    assert corrected.confidence[4] == corrected.self_confidence[4]
    assert corrected.reason.tolist() == ["", "", "", "", "insufficient_support"]
    assert "c2" not in corrected.suggested_label[:4]
    assert corrected.label.tolist()[:4] == ["c0", "c0", "c1", "c1"]


def test_correct_rows__support_is_of_images_not_rows():
    """Three rows of one image are one image's support."""
    corrected = correct(
        [[0, 1.0], [0, 1.0], [0, 1.0]],
        [0, 1, 1],
        row_images=[0, 0, 0, 1, 2],
        row_labels=[0, 0, 0, 1, 1],
    )
    assert corrected.action.tolist() == ["keep"] * 5
    assert corrected.reason.tolist() == ["insufficient_support"] * 3 + ["", ""]


def test_correct_rows__rows_of_one_image_are_judged_by_their_own_label():
    corrected = correct(
        [[1.0, 0], [0, 1.0], [1.0, 0], [0, 1.0]],
        [0, 1, 0, 1],
        row_images=[3, 0, 0, 2, 1],
        row_labels=[1, 0, 1, 0, 1],
    )
    assert corrected.action.tolist() == ["keep", "keep", "relabel", "keep", "keep"]
    assert corrected.label.tolist() == ["c1", "c0", "c0", "c0", "c1"]
    # image 0's neighbours are 1 (c1) and 2 (c0)
    assert corrected.neighbour_agreement.tolist()[1:3] == [0.5, 0.5]


def test_correct_rows__quarantined_rows_stay_in_place():
    corrected = correct(
        [[1.0, 0], [0, 1.0], [0, 1.0], [0, 1.0]],
        [0, 1, 0, 1],
        row_images=[0, -1, 1, -1, 2, 3],
        row_labels=[0, 1, 1, -1, 0, 1],
        reasons=["", "truncated", "", "no label", "", ""],
    )
    assert corrected.action.tolist() == [
        "keep", "quarantined", "keep", "quarantined", "relabel", "keep",
    ]  # fmt: skip
    assert corrected.label.tolist() == ["c0", "c1", "c1", "", "c1", "c1"]
    assert corrected.suggested_label.tolist() == ["c0", None, "c1", None, "c1", "c1"]
    assert corrected.reason.tolist() == ["", "truncated", "", "no label", "", ""]
    for values in (
        corrected.confidence,
        corrected.self_confidence,
        corrected.neighbour_agreement,
    ):
        assert np.isnan(values).tolist() == [False, True, False, True, False, False]


def test_correct_rows__given_rows_are_not_changed():
    corrected = correct([[0, 1.0]] * 4, [0, 0, 1, 1])
    assert corrected.label.tolist() == ["c1"] * 4
    assert corrected.given_label.tolist() == ["c0", "c0", "c1", "c1"]


def test_correct_rows__tells_of_every_row(listener):
    rows = GivenRows(
        np.eye(5, dtype=np.float32),
        Neighbours(np.array([[1], [0], [0], [0], [0]]), np.zeros((5, 1), np.float32)),
        LabelledImages(
            class_names=["a", "b"],
            labels=np.array(LABELS),
            row_images=np.arange(5),
            row_labels=np.array(LABELS),
        ),
        np.array(["a", "a", "a", "b", "b"], dtype=object),
        ["a", "b"],
        [""] * 5,
    )
    denoiser = Denoiser(Oracle(TARGETS), NetworkShape(2, 5, 1, 1000), ["a", "b"])
    correct_rows(rows, DenoiserJudge(denoiser), RelabelOptions(batch_size=2), "cpu", listener)
    assert listener.begun == [("denoising labels", 5, 0)]
    assert listener.advanced == 5
