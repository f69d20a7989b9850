"""Threads stay calm: the passive policy where it can be had, fewer threads where it cannot."""

import subprocess
import sys

import pytest
import torch

from labelfix.runtime import threads


@pytest.fixture
def loaded_before(monkeypatch):
    """As where the caller has loaded torch, and nobody has set the policy."""
    monkeypatch.delenv(threads.POLICY, raising=False)
    monkeypatch.setattr(threads, "_LOADED_CALM", set())
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("free", "wanted"), [(0, 1), (3, 3), (9, 4)])
def test_calm_threads__no_more_than_free_cores(monkeypatch, loaded_before, free, wanted):
    monkeypatch.setattr(threads, "free_cores", lambda: free)
    with threads.calm_threads():
        assert torch.get_num_threads() == wanted
    assert torch.get_num_threads() == 4


def test_calm_threads__the_number_comes_back_after_an_error(monkeypatch, loaded_before):
    monkeypatch.setattr(threads, "free_cores", lambda: 1)
    with pytest.raises(KeyError), threads.calm_threads():
        raise KeyError
    assert torch.get_num_threads() == 4


@pytest.mark.parametrize("policy", ["PASSIVE", "passive"])
def test_calm_threads__passive_already(monkeypatch, loaded_before, policy):
    monkeypatch.setenv(threads.POLICY, policy)
    monkeypatch.setattr(threads, "free_cores", lambda: 1)
    with threads.calm_threads():
        assert torch.get_num_threads() == 4


@pytest.mark.slow
def test_calm_threads__labelfix_loads_torch_first():
    """The policy is there when torch is loaded, and gone afterwards; threads stay as they are."""
    code = """
import os, sys
os.environ.pop("OMP_WAIT_POLICY", None)
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            seen.append(os.environ.get("OMP_WAIT_POLICY"))
seen = []
sys.meta_path.insert(0, Watch())
from labelfix.runtime import threads
threads.free_cores = lambda: 0
with threads.calm_threads():
    import torch
    torch.set_num_threads(3)
with threads.calm_threads():
    assert torch.get_num_threads() == 3
assert seen == ["PASSIVE"], seen
assert "OMP_WAIT_POLICY" not in os.environ
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("before", "after", "cores", "free"),
    [
        ("cpu 100 0 0 100 0 0 0 0 0 0", "cpu 120 0 0 160 0 0 0 0 0 0", 8, 6),
        ("cpu 100 0 0 100 0 0 0 0 0 0", "cpu 180 0 0 100 0 0 0 0 0 0", 8, 0),
        ("cpu 100 0 0 100 10 0 0 0 0 0", "cpu 110 0 0 100 20 0 0 0 0 0", 2, 1),
    ],
)
def test_free_cores__by_the_ticks_of_processors(monkeypatch, tmp_path, before, after, cores, free):
    times = tmp_path / "stat"
    times.write_text(before + "\n", encoding="ascii")
    monkeypatch.setattr(threads, "PROCESSOR_TIMES", times)
    monkeypatch.setattr(threads.os, "cpu_count", lambda: cores)
    monkeypatch.setattr(
        threads.time, "sleep", lambda _: times.write_text(after + "\n", encoding="ascii")
    )
    assert threads.free_cores() == free


def test_free_cores__by_the_load_where_ticks_are_unknown(monkeypatch, tmp_path):
    monkeypatch.setattr(threads, "PROCESSOR_TIMES", tmp_path / "none")
    monkeypatch.setattr(threads.os, "cpu_count", lambda: 8)
    monkeypatch.setattr(threads.os, "getloadavg", lambda: (5.2, 0, 0), raising=False)
    assert threads.free_cores() == 3
