"""How well an encoder recognises images, and the warning about a weak one."""

import json

import numpy as np
import pytest

from labelfix.data.shares import WrongShare
from labelfix.noise.encoder_strength import (
    EncoderStrength,
    recognition,
    strength_as_json,
    strength_from_json,
)


def strength(encoder="hog", recognised=0.8, low=0.15, high=0.32):
    confused = [("grass", "gravel", 0.04)]
    return EncoderStrength(
        encoder=encoder, recognised=recognised, confused=confused, low=low, high=high
    )


def test_recognition__by_hand():
    chances = np.array([[0.7, 0.2, 0.1], [0.3, 0.7, 0.0], [0.0, 0.0, 1.0], [0.0, 0.4, 0.6]])
    with np.errstate(divide="ignore"):
        found = recognition(np.log(chances).astype(np.float32))
    assert found.share == pytest.approx((0.7 + 0.7 + 1 + 0.6) / 4)
    pairs = [pair[:2] for pair in found.confused]
    assert pairs == [(0, 1), (1, 2), (0, 2)]
    assert [pair[2] for pair in found.confused] == pytest.approx([0.5 / 4, 0.4 / 4, 0.1 / 4])


def test_recognition__pairs_that_are_never_confused_are_not_named():
    with np.errstate(divide="ignore"):
        found = recognition(np.log(np.eye(4)))
    assert (found.share, list(found.confused)) == (1.0, [])


@pytest.mark.parametrize(
    ("recognised", "low", "high", "is_weak"),
    [
        (0.8, 0.15, 0.32, True),
        (0.982, 0.19, 0.2067, False),  # hog on the digits
        (0.982, 0.0, 0.5, False),  # few rows, but a good encoder
        (0.8, 0.2, 0.22, False),  # hard classes, and yet a sure result
        (0.89, 0.1, 0.16, True),
        (0.9, 0.1, 0.16, False),
    ],
)
def test_is_weak__both_sides(recognised, low, high, is_weak):
    found = strength(recognised=recognised, low=low, high=high)
    assert found.is_weak == is_weak
    assert bool(found.warning()) == is_weak


def test_warning__what_is_wrong_and_the_way_out():
    assert strength().warning() == (
        "Weak encoder: without the label, hog recognises only about 80% of the images and "
        "confuses 'grass' with 'gravel'. So 15% to 32% of the labels may be wrong, and changed "
        "labels often are. Try --encoder clip, which also reads class names (--prompts FILE), "
        "--encoder simclr, which is trained on these images, or audit 50 rows: "
        "labelfix audit --budget 50 --out questions.csv"
    )


def test_warning__never_advises_the_encoder_that_is_used():
    clip = strength("clip:ViT-B-32@laion2b_s34b_b79k + simclr").warning()
    assert "Try a larger model of --encoder clip:MODEL@WEIGHTS, --prompts FILE, or audit" in clip
    assert "simclr, which" not in clip
    assert "--encoder clip, which" in strength("simclr:resnet10t").warning()


def test_judging__another_batch():
    wrong = WrongShare(rows=9, share=0.1, low=0.09, high=0.11)
    assert not strength().judging(wrong).is_weak
    assert strength().judging(None).is_weak


def test_strength_as_json__and_back():
    written = json.loads(json.dumps(strength_as_json(strength())))
    assert strength_from_json(written) == strength()
    assert written["is_weak"] is True
    assert written["warning"] == strength().warning()
    assert written["confused"] == [{"classes": ["grass", "gravel"], "share": 0.04}]
    assert strength_from_json(None) is None
