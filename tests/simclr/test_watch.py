"""What is told while a training runs."""

import pytest
import torch

from labelfix.simclr import epoch_reports as watch
from labelfix.simclr.epoch_reports import Watch, duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1 s"), (41.6, "42 s"), (89, "89 s"), (100, "2 min"), (730, "12 min"), (12_600, "3.5 h")],
)
def test_duration__as_a_person_says_it(seconds, text):
    assert duration(seconds) == text


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on when it is told to."""

    class Clock:
        now = 0.0

    monkeypatch.setattr(watch.time, "perf_counter", lambda: Clock.now)
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
        "going on after step 10 of an earlier run",
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
