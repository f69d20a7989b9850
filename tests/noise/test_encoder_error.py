"""How often the encoder is at fault: by the number of images, by its strength, and by an audit."""

import numpy as np
import pytest

from labelfix.noise.audits import AuditedRows
from labelfix.noise.belief import Belief
from labelfix.noise.candidates import DoubtScale
from labelfix.noise.encoder_error import (
    LARGEST_ERROR,
    USUAL_ERROR,
    WEAK,
    audited_encoder_error,
    encoder_error,
    wrong_about,
)

SCALE = DoubtScale(np.linspace(0, 1, 11))


@pytest.mark.parametrize(
    ("images", "classes", "wrong_about", "expected"),
    [
        (1000, 10, 0.2, USUAL_ERROR),
        (444, 10, 0.2, USUAL_ERROR * 1.5),
        (20, 10, 0.2, LARGEST_ERROR),
        (3000, 10, 0.2, USUAL_ERROR / 3),
        (50_000, 10, 0.2, USUAL_ERROR / 50),
        (1000, 10, WEAK / 5, USUAL_ERROR / 25),
        (1000, 10, 0.0, 0.0),
        (1000, 10, -0.1, 0.0),
        (0, 2, 0.5, LARGEST_ERROR),
    ],
)
def test_encoder_error__falls_with_images_and_with_strength(images, classes, wrong_about, expected):
    assert encoder_error(images, classes, wrong_about) == pytest.approx(expected, rel=2e-3)


def test_wrong_about__what_is_contradicted_beyond_what_is_wrong():
    """Of four labels the image contradicts three, of which two are expected to be wrong."""
    log_true = np.log([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.1, 0.9]])
    images = SCALE.candidates(log_true, np.array([1, 1, 1, 1]))
    right = np.array([[0.1, 0.2, 0.8, 0.9]])
    belief = Belief(images.classes, np.exp(images.log_true), right, np.array([1.0]))
    standard_error = (0.1 * 0.9 + 0.2 * 0.8 + 0.8 * 0.2 + 0.9 * 0.1) ** 0.5 / 4
    assert wrong_about(images, belief) == pytest.approx(3 / 4 - 2 / 4 + standard_error)


def audit_of(*wrong, believed=0.9):
    """Images of class 0 with label 1, believed wrong by 0.9, and whether a person says so."""
    log_true = np.log(np.tile([0.9, 0.1], (len(wrong), 1)))
    images = SCALE.candidates(log_true, np.ones(len(wrong), dtype=np.int64))
    answers = np.where(wrong, 0, 1)
    right = np.full((1, len(wrong)), 1 - believed)
    belief = Belief(images.classes, np.exp(images.log_true), right, np.array([1.0]))
    return AuditedRows(images, answers, np.full(len(wrong), np.nan)), belief


def test_audited_encoder_error__few_answers_change_nothing():
    assert audited_encoder_error(0.2, *audit_of(*[False] * 9)) == 0.2
    assert audited_encoder_error(0.2, None, None) == 0.2
    assert audited_encoder_error(0.0, *audit_of(*[False] * 40)) == 0.0


def test_audited_encoder_error__goes_to_what_persons_say():
    """Of 400 labels that are wrong by 0.9, all, 3/4 of that many, or none are wrong."""
    always = audited_encoder_error(0.25, *audit_of(*[True] * 360, *[False] * 40))
    mostly = audited_encoder_error(0.25, *audit_of(*[True] * 270, *[False] * 130))
    never = audited_encoder_error(0.25, *audit_of(*[False] * 400))
    assert always < 0.04
    assert mostly == pytest.approx(0.25, abs=0.03)
    assert never > 0.95
