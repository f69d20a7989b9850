"""The log of a training, also of one that was interrupted."""

import json

import pytest

from labelfix.simclr.epoch_reports import EpochReport, SimclrLog


def report(epoch, agreement=None):
    return EpochReport(epoch, 1 / 3, 0.001, 12.3456789, agreement)


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
