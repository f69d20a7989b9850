from labelfix.bench import contestants as module
from labelfix.bench.contestants import Contestant, contestants
from labelfix.options.bench_options import FULL, BenchOptions


def test_contestants__each_once_and_k_below_the_rows():
    found = contestants(BenchOptions(vote_neighbours=(1, 30, 100)), rows=20)
    assert len(set(found)) == len(found)
    assert max(one.neighbours or 0 for one in found) == 19
    assert [one.neighbours for one in found if one.method == "neighbours"] == [1, 19]
    steps = [one.ddim_steps for one in found if one.method == "paper" and one.neighbours == 10]
    assert steps == [10, 1, 50]
    assert found[-1] == Contestant("noise-aware", 10)


def test_contestants__full_has_all_that_the_usual_has(monkeypatch):
    usual, full = (contestants(one, 10_000) for one in (BenchOptions(), BenchOptions(**FULL)))
    assert set(usual) - {Contestant("neighbours", 3)} < set(full)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)
    assert "cleanlab" not in {one.method for one in contestants(BenchOptions(), 100)}


def test_name__of_one_step_and_of_several():
    assert Contestant("paper", 10, 1).name == "paper, K 10, 1 step"
    assert Contestant("paper", 3, 10).name == "paper, K 3, 10 steps"
    assert Contestant("given").name == "given"


def test_contestants__class_names_are_read_beside_the_same_training_without():
    found = contestants(BenchOptions(), 100, has_names=True)
    assert found[-2:] == [
        Contestant("noise-aware", 10),
        Contestant("noise-aware", 10, reads_names=True),
    ]
    assert found[-1].name == "noise-aware, K 10, class names"
    assert not any(one.reads_names for one in contestants(BenchOptions(), 100))
