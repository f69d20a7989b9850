"""Agreement of neighbours with labels, by hand and by a loop."""

from collections import Counter

import numpy as np
import pytest

from labelfix.simclr.epoch_reports import agreement_with, neighbour_agreement


def test_neighbour_agreement__by_hand():
    """Angles of 0, 1, 3 and 90, 91 degrees."""
    angles = np.radians([0, 1, 3, 90, 91])
    features = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert neighbour_agreement(features, ["a", "a", "a", "b", "b"], neighbours=1) == 1.0
    # The nearest to 0 is 1, to 1 is 0, to 3 is 1, which has another label now, to 90 is 91.
    assert neighbour_agreement(features, ["a", "a", "b", "b", "b"], neighbours=1) == 4 / 5


def test_neighbour_agreement__by_cosine_not_by_distance():
    features = np.array([[1, 0], [9, 0.1], [0, 1], [0.1, 9]], np.float32)
    assert neighbour_agreement(features, ["a", "a", "b", "b"], neighbours=1) == 1.0


def test_neighbour_agreement__an_image_is_not_its_own_neighbour():
    features = np.array([[1, 0], [1, 0.01]], np.float32)
    assert neighbour_agreement(features, ["a", "b"]) == 0.0


def test_neighbour_agreement__no_nearer_neighbour_outweighs_a_vote():
    """Of ten neighbours the six far ones win against the four near ones."""
    angles = np.radians([0, *range(1, 5), *range(40, 46)])
    features = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    labels = ["far", *["near"] * 4, *["far"] * 6]
    # The first is right; the near ones see three near and seven far, the far ones five others.
    assert neighbour_agreement(features, labels) == pytest.approx(7 / 11)


def test_neighbour_agreement__equally_common():
    """Two neighbours of two labels: the nearer counts."""
    features = np.array([[1, 0], [1, 0.1], [1, -0.2]], np.float32)
    assert neighbour_agreement(features, ["a", "a", "b"]) == 2 / 3
    assert neighbour_agreement(features, ["b", "a", "b"]) == 1 / 3


def test_neighbour_agreement__as_in_a_loop():
    random = np.random.default_rng(0)
    features = random.normal(size=(60, 4)).astype(np.float32)
    labels = random.choice(["x", "y", "z"], 60).tolist()
    units = features / np.linalg.norm(features, axis=1, keepdims=True)
    right = 0
    for row in range(60):
        order = [other for other in np.argsort(-units @ units[row]) if other != row][:10]
        seen = [labels[other] for other in order]
        counts = Counter(seen)
        most = max(counts.values())
        # Among equally common labels the sum of their places decides.
        places = {
            label: sum(place for place, other in enumerate(seen) if other == label)
            for label, count in counts.items()
            if count == most
        }
        right += min(places, key=lambda label: places[label]) == labels[row]
    assert neighbour_agreement(features, labels) == pytest.approx(right / 60)


def test_agreement_with__labels_by_image_name():
    look = agreement_with({"a.png": "cat", "b.png": "dog", "c.png": "cat"})
    features = np.array([[1, 0], [1, 0.1]], np.float32)
    assert look(["a.png", "c.png"], features) == 1.0
    assert look(["a.png", "b.png"], features) == 0.0
