"""The course of a training: its rate, and its log, where a kill has torn or repeated lines."""

import json
import math

import pytest

from labelfix.methods import training_course
from labelfix.methods.training_course import (
    TimeEstimate,
    TrainingLog,
    TrainingReport,
    learning_rate_at,
)
from labelfix.options.diffusion_options import DiffusionOptions


def report(step, loss=0.5):
    return TrainingReport(step, loss, 0.00123456789, 1000.5)


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_add__a_line_as_it_comes(tmp_path):
    log = TrainingLog(tmp_path / "training.jsonl")
    log.add(report(50, 0.123456789))
    expected = {"step": 50, "loss": 0.123457, "learning_rate": 0.001235, "images_per_s": 1000.5}
    assert lines(log.path) == [expected]
    assert log.last_loss == 0.123457
    log.add(report(100, 0.1))
    assert [line["step"] for line in lines(log.path)] == [50, 100]
    assert log.last_loss == 0.1


def test_add__going_on_keeps_the_lines_before(tmp_path):
    first = TrainingLog(tmp_path / "training.jsonl")
    for step in (50, 100, 150):
        first.add(report(step, 0.9))
    second = TrainingLog(first.path)  # went on after a checkpoint at step 80
    for step in (100, 150, 200):
        second.add(report(step, 0.1))
    assert [(line["step"], line["loss"]) for line in lines(first.path)] == [
        (50, 0.9),
        (100, 0.1),
        (150, 0.1),
        (200, 0.1),
    ]


@pytest.mark.parametrize("torn", ['{"step": 100, "lo', '{"step": 40}', "40\n", '"text"\n', "{}\n"])
def test_add__torn_line_is_left_out(tmp_path, torn):
    log = TrainingLog(tmp_path / "training.jsonl")
    log.path.write_text(json.dumps({"step": 50}) + "\n" + torn, encoding="utf-8")
    log.add(report(100))
    assert [line["step"] for line in lines(log.path)] == [50, 100]


def test_add__another_training_begins_anew(tmp_path):
    log = TrainingLog(tmp_path / "training.jsonl")
    for step in (50, 100):
        log.add(report(step, 0.9))
    TrainingLog(log.path).add(report(50, 0.2))
    assert [line["loss"] for line in lines(log.path)] == [0.2]


@pytest.mark.parametrize(
    ("step", "rate"),
    [
        (0, 0.1),
        (4, 0.5 * (1 + math.cos(math.pi * 0.04)) / 2),
        (9, (1 + math.cos(math.pi * 0.09)) / 2),
        (50, 0.5),
        (75, (1 - math.sqrt(0.5)) / 2),
        (99, (1 + math.cos(math.pi * 0.99)) / 2),
    ],
)
def test_learning_rate_at__by_hand(step, rate):
    options = DiffusionOptions(learning_rate=0.01, warmup_share=0.1)
    assert learning_rate_at(step, 100, options) == pytest.approx(0.01 * rate)


def test_learning_rate_at__rises_then_falls():
    options = DiffusionOptions(learning_rate=0.01, warmup_share=0.2)
    rates = [learning_rate_at(step, 1000, options) for step in range(1000)]
    peak = rates.index(max(rates))
    assert 190 <= peak < 200
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert 0 < rates[-1] < 1e-6
    assert max(rates) <= 0.01


def test_learning_rate_at__no_warm_up():
    assert learning_rate_at(0, 100, DiffusionOptions(learning_rate=0.01, warmup_share=0)) == 0.01


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (2.0, ["About 16 s for the rest of the training."]),
        (1.0, []),
        (1.25, ["About 10 s for the rest of the training."]),
    ],
)
def test_time_estimate__once_after_the_second_piece(listener, monkeypatch, seconds, said):
    """The first piece of 10 is not timed; 8 are left after the second."""
    times = iter([100.0, 100.0 + seconds])
    monkeypatch.setattr(training_course.time, "perf_counter", lambda: next(times))
    estimate = TimeEstimate(listener, "the training", 10)
    for _ in range(10):
        estimate.done(1)
    assert listener.said == said
    assert estimate.left == 0
