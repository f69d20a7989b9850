import json

import numpy as np
import pytest

from labelfix.bench.clean_rows import NoisyRows
from labelfix.bench.contestants import Contestant
from labelfix.bench.lines import KeptLines, Line, make_line
from labelfix.bench.outcome import Cost, Outcome


@pytest.fixture
def line():
    figures = {"fixed": 2.0, "area_under_roc": None}
    right = np.array([True, False, True, True, False, True, True, True, False])
    return Line("hog", Contestant("paper", 10, 50), 1, right, figures, Cost(1.5, None))


def test_kept_lines__come_back_as_they_were(tmp_path, line):
    KeptLines(tmp_path / "lines.json").keep("key", line)
    found = KeptLines(tmp_path / "lines.json").find("key")
    assert found.is_right.tolist() == line.is_right.tolist()
    for name in ("encoder", "contestant", "draw", "figures", "cost"):
        assert getattr(found, name) == getattr(line, name)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": {}}', '{"key": {"is_right": 3}}'])
def test_kept_lines__that_cannot_be_read_are_not_there(tmp_path, line, text):
    path = tmp_path / "lines.json"
    path.write_text(text, encoding="utf-8")
    kept = KeptLines(path)
    assert kept.find("key") is None
    kept.keep("key", line)
    assert list(json.loads(path.read_text(encoding="utf-8"))) == ["key"]


def test_make_line__figures_of_the_score():
    rows = NoisyRows(list("wxyz"), ["a", "b"], np.array([0, 0, 1, 1]), np.array([0, 1, 1, 0]))
    outcome = Outcome(np.array([1, 0, 1, 0]), np.array([0.4, 0.1, 0.9, 0.3]), np.full(4, np.nan))
    line = make_line("hog", Contestant("x"), rows, outcome, Cost(1.0, 1.0))
    assert line.is_right.tolist() == [False, True, True, False]
    assert (line.figures["fixed"], line.figures["harmed"]) == (1, 1)
    assert line.figures["area_under_roc"] == 1
    assert line.figures["calibration_error"] is None
