import json
from collections import Counter

import numpy as np
import pytest
import torch

from labelfix.simclr import epoch_reports
from labelfix.simclr.epoch_reports import (
    EpochReport,
    SimclrLog,
    Watch,
    agreement_with,
    majority_agreement,
)


def test_majority_agreement__by_hand():
    """Angles of 0, 1, 3 and 90, 91 degrees."""
    angles = np.radians([0, 1, 3, 90, 91])
    features = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert majority_agreement(features, ["a", "a", "a", "b", "b"], neighbours=1) == 1.0
    # The nearest to 0 is 1, to 1 is 0, to 3 is 1, which has another label now, to 90 is 91.
    assert majority_agreement(features, ["a", "a", "b", "b", "b"], neighbours=1) == 4 / 5


def test_majority_agreement__by_cosine_not_by_distance():
    features = np.array([[1, 0], [9, 0.1], [0, 1], [0.1, 9]], np.float32)
    assert majority_agreement(features, ["a", "a", "b", "b"], neighbours=1) == 1.0


def test_majority_agreement__an_image_is_not_its_own_neighbour():
    features = np.array([[1, 0], [1, 0.01]], np.float32)
    assert majority_agreement(features, ["a", "b"]) == 0.0


def test_majority_agreement__no_nearer_neighbour_outweighs_a_vote():
    """Of ten neighbours the six far ones win against the four near ones."""
    angles = np.radians([0, *range(1, 5), *range(40, 46)])
    features = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    labels = ["far", *["near"] * 4, *["far"] * 6]
    # The first is right; the near ones see three near and seven far, the far ones five others.
    assert majority_agreement(features, labels) == pytest.approx(7 / 11)


def test_majority_agreement__equally_common():
    """Two neighbours of two labels: the nearer counts."""
    features = np.array([[1, 0], [1, 0.1], [1, -0.2]], np.float32)
    assert majority_agreement(features, ["a", "a", "b"]) == 2 / 3
    assert majority_agreement(features, ["b", "a", "b"]) == 1 / 3


def test_majority_agreement__as_in_a_loop():
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
    assert majority_agreement(features, labels) == pytest.approx(right / 60)


def test_agreement_with__labels_by_image_name():
    look = agreement_with({"a.png": "cat", "b.png": "dog", "c.png": "cat"})
    features = np.array([[1, 0], [1, 0.1]], np.float32)
    assert look(["a.png", "c.png"], features) == 1.0
    assert look(["a.png", "b.png"], features) == 0.0


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on when it is told to."""

    class Clock:
        now = 0.0

    monkeypatch.setattr(epoch_reports.time, "perf_counter", lambda: Clock.now)
    return Clock


def test_step_done__tells_the_time_left_once(listener, clock):
    """The first step is slow and not counted; of 20 steps 16 are left after the fourth."""
    watching = Watch(listener, lambda _: None, "some epochs", batch=5, steps=20, first=0)
    for seconds in (100, 3, 3, 3, 50, 50):
        clock.now += seconds
        watching.step_done(torch.tensor(1.0))
    assert listener.said == ["about 48 s for some epochs"]
    assert listener.begun == [("SimCLR", 100, 0)]
    assert listener.advanced == 30


def test_step_done__going_on(listener, clock):
    watching = Watch(listener, lambda _: None, "some epochs", batch=5, steps=20, first=10)
    for _ in range(5):
        clock.now += 2
        watching.step_done(torch.tensor(1.0))
    assert listener.begun == [("SimCLR", 100, 50)]
    assert listener.said == [
        "continuing after step 10 of an earlier run",
        "about 12 s for the rest of some epochs",
    ]


def test_epoch_done__mean_loss_and_rate_without_the_look(listener, clock):
    reports = []
    watching = Watch(listener, reports.append, "", batch=6, steps=4, first=0)

    def look(epoch):
        clock.now += 1000
        return 0.5 if epoch == 2 else None

    for epoch in (1, 2):
        for loss in (1.0, 2.0 * epoch):
            clock.now += 1.5
            watching.step_done(torch.tensor(loss))
        watching.epoch_done(epoch, 0.1, look)
    assert [(r.epoch, r.loss, r.images_per_s, r.agreement) for r in reports] == [
        (1, 1.5, 4.0, None),
        (2, 2.5, 4.0, 0.5),
    ]


def test_step_done__note_has_loss_and_agreement(clock):
    notes = []

    class Noting:
        def begin(self, doing, total, unit, done=0):
            pass

        def advance(self, count, note=""):
            notes.append(note)

        def say(self, text):
            pass

    watching = Watch(Noting(), lambda _: None, "", batch=2, steps=3, first=0)
    watching.step_done(torch.tensor(3.25))  # no second has gone by
    watching.epoch_done(1, 0.1, lambda _: 0.875)
    clock.now += 2
    watching.step_done(torch.tensor(2.5))
    watching.step_done(torch.tensor(1.5))
    assert notes == ["", "loss 2.50, 88% agree", "loss 1.50, 88% agree"]


def report(epoch, agreement=None):
    return EpochReport(
        epoch=epoch, loss=1 / 3, learning_rate=0.001, images_per_s=12.3456789, agreement=agreement
    )


def test_add__a_line_for_each_epoch(tmp_path):
    log = SimclrLog(tmp_path / "simclr.jsonl")
    log.add(report(1))
    log.add(report(2, 0.75))
    lines = [json.loads(line) for line in log.path.read_text().splitlines()]
    assert lines == [
        {"epoch": 1, "loss": 0.333333, "learning_rate": 0.001, "images_per_s": 12.345679,
         "agreement": None},
        {"epoch": 2, "loss": 0.333333, "learning_rate": 0.001, "images_per_s": 12.345679,
         "agreement": 0.75},
    ]  # fmt: skip
    assert log.last == report(2, 0.75)


@pytest.mark.parametrize("torn", ["", '{"epoch": 4, "lo', "[1]\n", "null\n"])
def test_add__going_on_keeps_what_was_before(tmp_path, torn):
    path = tmp_path / "simclr.jsonl"
    for epoch in (1, 2, 3):
        SimclrLog(path).add(report(epoch))
    path.write_text(path.read_text() + torn)
    SimclrLog(path).add(report(3, 0.5))
    epochs = [json.loads(line)["epoch"] for line in path.read_text().splitlines()]
    assert epochs == [1, 2, 3]
    assert json.loads(path.read_text().splitlines()[-1])["agreement"] == 0.5


def test_add__a_new_training_begins_a_new_log(tmp_path):
    path = tmp_path / "simclr.jsonl"
    SimclrLog(path).add(report(7))
    SimclrLog(path).add(report(1))
    assert len(path.read_text().splitlines()) == 1
