"""The files about the noise, to the letter."""

import json

import numpy as np
import pytest
from labelfix.noise.model import NoiseModel, NoiseModels

from labelfix.correction.noise_files import (
    noise_as_json,
    write_annotators,
    write_noise_transition,
)
from labelfix.data.shares import AnnotatorQuality, WrongShare
from labelfix.noise.estimate import LearnedNoise, NoiseEstimate
from labelfix.noise.evidence import Mixing
from labelfix.noise.nearness import LeastNearness

NAMES = ["cat", 'a "dog", large']


@pytest.fixture
def estimate():
    likely = NoiseModel(np.eye(2), 0.1234567, weight=0.7654321)
    models = NoiseModels(likely, NoiseModel(np.eye(2)), NoiseModel(np.eye(2)))
    overall = WrongShare(40, 0.2625, 0.15, 0.4)
    return NoiseEstimate(
        LearnedNoise(models, Mixing(0.85, 0.25), 5, LeastNearness(np.zeros(2), 0.0), overall),
        transition=np.array([[2 / 3, 1 / 3], [0.05, 0.95]]),
        wrong=(
            WrongShare(30, 1 / 3, 0.2, 0.5),
            WrongShare(10, 0.05, 0.0, 0.1234564),
            overall,
        ),
        annotators=(
            AnnotatorQuality("ann", 5, 2 / 3, 0.5, 0.9),
            AnnotatorQuality("bo, jr", 30, 1.0, 0.95, 1.0),
            AnnotatorQuality("", 5, 0.25, 0.0, 0.75),
        ),
    )


def test_write_noise_transition__content(estimate, tmp_path):
    write_noise_transition(tmp_path / "noise.csv", estimate, NAMES)
    assert (tmp_path / "noise.csv").read_text(encoding="utf-8") == (
        'label,rows,wrong_share,wrong_share_low,wrong_share_high,given=cat,"given=a ""dog"", large"'
        "\n,40,0.2625,0.15,0.4,,"
        "\ncat,30,0.333333,0.2,0.5,0.666667,0.333333"
        '\n"a ""dog"", large",10,0.05,0.0,0.123456,0.05,0.95\n'
    )


def test_write_annotators__most_labels_first_then_by_name(estimate, tmp_path):
    write_annotators(tmp_path / "annotators.csv", estimate)
    assert (tmp_path / "annotators.csv").read_text(encoding="utf-8") == (
        "annotator,labels,right_share,right_share_low,right_share_high\n"
        '"bo, jr",30,1.0,0.95,1.0\n'
        ",5,0.25,0.0,0.75\n"
        "ann,5,0.666667,0.5,0.9\n"
    )


def test_noise_as_json__content(estimate):
    found = json.loads(json.dumps(noise_as_json(estimate, NAMES)))
    assert found == {
        "class_names": NAMES,
        "noise_transition": [[0.666667, 0.333333], [0.05, 0.95]],
        "image_dependence": 0.123457,
        "given_label_weight": 0.765432,
        "own_exponent": 0.85,
        "neighbour_exponent": 0.25,
        "neighbours_that_vote": 5,
        "wrong_share": {"rows": 40, "share": 0.2625, "low": 0.15, "high": 0.4},
        "wrong_share_of_class": [
            {"rows": 30, "share": 0.333333, "low": 0.2, "high": 0.5},
            {"rows": 10, "share": 0.05, "low": 0.0, "high": 0.123456},
        ],
    }
