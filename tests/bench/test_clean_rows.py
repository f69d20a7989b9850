import numpy as np
import pytest

from labelfix.bench.clean_rows import clean_images, with_noise
from labelfix.data.corrections import Corrections
from labelfix.data.image_labels import LabelledImages
from labelfix.data.neighbours import Neighbours
from labelfix.errors import InputError
from labelfix.methods.rows import GivenRows
from labelfix.noise.candidates import DoubtScale
from labelfix.noise.hypotheses import NoiseModel
from labelfix.noise.mixture import Mixture

ROWS = 60
LOG_TRUE = np.log(np.full((ROWS, 3), 1 / 3))


@pytest.fixture
def rows():
    labels = np.arange(ROWS) % 2
    labels[-2:] = 2  # a class of two images
    each = np.arange(ROWS)
    labelled = LabelledImages(
        class_names=["a", "b", "c"], labels=labels, row_images=each, row_labels=labels
    )
    near = Neighbours(((each + 1) % ROWS)[:, None], np.full((ROWS, 1), 0.5, dtype=np.float32))
    names = np.array(["a", "b", "c"], dtype=object)[labels]
    return GivenRows(np.zeros((ROWS, 2)), near, labelled, names, ["a", "b", "c"], [""] * ROWS)


def corrections_of(rows, sure):
    text = rows.labels
    number = np.full(ROWS, 0.5)
    return Corrections(
        label=text,
        given_label=text,
        suggested_label=text,
        confidence=number,
        self_confidence=sure,
        neighbour_agreement=number,
        action=np.full(ROWS, "keep", dtype=object),
        reason=text,
        review_rank=np.zeros(ROWS, dtype=np.int64),
        second_label=text,
        second_confidence=number,
        question_value=number,
    )


def test_clean_images__sure_ones_of_classes_with_enough(rows):
    sure = np.full(ROWS, 0.95)
    sure[:4] = 0.5
    sure[4] = np.nan
    found = clean_images(rows, corrections_of(rows, sure), LOG_TRUE, 1000, 0)
    assert found.tolist() == list(range(5, ROWS - 2))
    some = clean_images(rows, corrections_of(rows, sure), LOG_TRUE, 30, 0)
    assert 25 <= len(some) <= 30
    assert set(some.tolist()) <= set(found.tolist())


def test_clean_images__too_few(rows):
    sure = np.where(np.arange(ROWS) < 10, 0.95, 0.2)
    with pytest.raises(InputError, match=r"at least 20 rows of 2 classes.*found 10 of 2"):
        clean_images(rows, corrections_of(rows, sure), LOG_TRUE, 1000, 0)


def test_with_noise__classes_that_are_left_and_draws_that_differ(rows):
    model = NoiseModel(
        [Mixture(0.0, 1.0, np.tile([0.5, 0.5, 0, 0.0], (3, 1)), (1 - np.eye(3)) / 2)],
        np.array([1.0, 0.0]),
        1.0,
        DoubtScale(np.linspace(0, 1, 3)),
    )
    names = [f"{row}.png" for row in range(ROWS)]
    images = np.arange(3, 53)
    first, again, other = (
        with_noise(rows, images, model, LOG_TRUE, names, seed=0, draw=draw) for draw in (0, 0, 1)
    )
    assert first.class_names == ["a", "b"]
    assert first.images == names[3:53]
    assert first.true.tolist() == (images % 2).tolist()
    assert (
        8 < first.wrong < 30
    )  # half of three quarters would be, but for the absent class: a third
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_clean_images__doubtful_ones_first_where_they_are_rare(rows):
    sure = np.where(np.arange(ROWS) % 3 == 0, 0.95, 0.2)
    sure[:30] = 0.95  # 30 clean ones of the less doubtful half, 10 of the others
    likeliest = np.linspace(0.99, 0.4, ROWS)
    log_true = np.log(np.column_stack([likeliest, 0.5 - likeliest / 2, 0.5 - likeliest / 2]))
    found = clean_images(rows, corrections_of(rows, sure), log_true, 25, 0)
    assert (found >= 30).sum() == 10
    assert len(found) == 25
