"""The files about the noise, to the letter."""

import json
from dataclasses import replace

import numpy as np
import pytest

from labelfix.correction.noise_files import (
    noise_as_json,
    write_annotators,
    write_noise_transition,
)
from labelfix.data.shares import AnnotatorQuality, WrongShare
from labelfix.noise.candidates import DoubtScale
from labelfix.noise.estimate import LearnedNoise, NoiseEstimate
from labelfix.noise.evidence import Mixing
from labelfix.noise.hypotheses import NoiseModel
from labelfix.noise.mixture import Mixture
from labelfix.noise.nearness import LeastNearness
from labelfix.noise.outlook import Outlook

NAMES = ["cat", 'a "dog", large']


@pytest.fixture
def estimate():
    mixtures = [Mixture.first(slope, 1.0, 2) for slope in (0.0, 1.5)]
    belief = np.array([0.5, 0.25, 0.25])
    model = NoiseModel(mixtures, belief, 1.0, DoubtScale(np.linspace(0, 1, 3)))
    overall = WrongShare(rows=40, share=0.2625, low=0.15, high=0.4)
    return NoiseEstimate(
        LearnedNoise(model, Mixing(0.85, 0.25), 5, LeastNearness(np.zeros(2), 0.0), overall),
        transition=np.array([[2 / 3, 1 / 3], [0.05, 0.95]]),
        wrong=(
            WrongShare(rows=30, share=1 / 3, low=0.2, high=0.5),
            WrongShare(rows=10, share=0.05, low=0.0, high=0.1234564),
            overall,
        ),
        annotators=(
            AnnotatorQuality(name="ann", labels=5, right_share=2 / 3, low=0.5, high=0.9),
            AnnotatorQuality(name="bo, jr", labels=30, right_share=1.0, low=0.95, high=1.0),
            AnnotatorQuality(name="", labels=5, right_share=0.25, low=0.0, high=0.75),
        ),
        audited=3,
        outlook=Outlook(50, 0.1234567, 0.0246913),
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
        "all_right": 0.25,
        "doubt_slope": 0.5,  # (0.5 x 0 + 0.25 x 1.5) / 0.75
        "audited_rows": 3,
        "outlook": {"answers": 50, "now": 0.123457, "then": 0.024691, "settles": True},
        "own_exponent": 0.85,
        "neighbour_exponent": 0.25,
        "neighbours_that_vote": 5,
        "wrong_share": {"rows": 40, "share": 0.2625, "low": 0.15, "high": 0.4},
        "wrong_share_of_class": [
            {"rows": 30, "share": 0.333333, "low": 0.2, "high": 0.5},
            {"rows": 10, "share": 0.05, "low": 0.0, "high": 0.123456},
        ],
    }


def test_noise_as_json__nobody_could_be_asked(estimate):
    assert noise_as_json(replace(estimate, outlook=None), NAMES)["outlook"] is None
