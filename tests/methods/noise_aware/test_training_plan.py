"""The plan of a noise-aware training, and what is said before it starts."""

import pytest

from labelfix.methods.noise_aware.training_plan import Round, TrainingPlan
from labelfix.options.cross_fit_options import CrossFitOptions

FIRST = Round(0, 512, 4, 1)
LAST = Round(1, 1024, 5, 2)


@pytest.fixture
def plan():
    return TrainingPlan(CrossFitOptions(), [1600, 800])


def test_size_and_steps__least_steps_and_batches(plan):
    assert plan.size_and_steps(LAST, 0) == (200, 100)  # 40 would be 5 passes
    big = TrainingPlan(CrossFitOptions(), [1_024_000])
    assert big.size_and_steps(LAST, 0) == (1024, 5000)


def test_work__half_the_width_is_half_the_work(plan):
    assert plan.work(FIRST, 0) * 2 == plan.work(LAST, 0) == 200 * 100 * 1024


def test_begin__says_how_many_and_how_many_passes(plan, listener):
    estimate = plan.begin([FIRST, LAST], lambda *_: False, listener)
    assert listener.said == [
        "Training 3 denoisers, about 12 passes over 1,600 images each (--denoiser-epochs)."
    ]
    assert listener.begun == [("training denoisers", 3, 0)]
    assert estimate.left == plan.work(FIRST, 0) + plan.work(LAST, 0) + plan.work(LAST, 1)


def test_begin__what_an_earlier_run_has_trained_is_not_announced(plan, listener):
    plan.begin([FIRST, LAST], lambda number, _: number == 0, listener)
    assert listener.said[0].startswith("Training 2 denoisers,")
    assert listener.said[1] == "continuing with 1 trained in an earlier run"
    assert plan.begin([FIRST, LAST], lambda *_: True, listener).left == 0
    assert len(listener.said) == 3  # nothing is trained: no word of a training
