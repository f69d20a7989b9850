import time

import numpy as np

from labelfix.bench import outcome as measuring
from labelfix.bench.outcome import Cost, measured


def test_measured__seconds_and_memory():
    made, cost = measured(lambda: (time.sleep(0.05), np.ones(8_000_000).sum())[1])
    assert made == 8_000_000
    assert 0.05 <= cost.seconds < 5
    assert cost.mib is None or 50 < cost.mib < 200  # 61 MiB of numbers


def test_measured__where_the_system_does_not_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(measuring, "CLEAR", tmp_path / "none" / "clear_refs")
    assert measured(lambda: 1)[1].mib is None


def test_cost__one_after_the_other():
    assert Cost(1.0, 10.0) + Cost(2.0, 5.0) == Cost(3.0, 10.0)
    assert (Cost(1.0, 10.0) + Cost(2.0, None)).mib is None
