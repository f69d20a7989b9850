"""The semi-supervised rivals and the cells of the ablations."""

import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Benchmarks import one another by their bare names."""
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])


def clusters() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three classes far apart; every fifth label is of the next class."""
    random = np.random.default_rng(0)
    true = np.arange(240) % 3
    vectors = 3 * np.eye(8)[true] + random.normal(size=(240, 8)) / 2
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    given = np.where(np.arange(240) % 5 == 0, (true + 1) % 3, true)
    return vectors, given, true


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["label-spreading", "fixmatch-like", "elr", "aum", "dividemix-like", "lemon-like"]
)
def test_rivals__wrong_labels_of_clear_classes(name: str) -> None:
    pytest.importorskip("sklearn")
    from semi_supervised import RIVALS

    vectors, given, true = clusters()
    after = RIVALS[name](vectors, given)
    assert (given == true).mean() == pytest.approx(0.8)
    assert (after == true).mean() > 0.9
    assert np.array_equal(after, RIVALS[name](vectors, given))


def test_small_losses__two_heaps() -> None:
    pytest.importorskip("sklearn")
    from semi_supervised import small_losses

    losses = np.r_[np.linspace(0.1, 0.2, 20), np.linspace(4.0, 4.4, 10)]
    assert np.array_equal(small_losses(losses) > 0.5, np.arange(30) < 20)


def test_train__margins_of_the_given_label() -> None:
    from label_heads import train

    vectors, given, true = clusters()
    margins = train(vectors, given).margins
    assert margins[given == true].mean() > 0 > margins[given != true].mean()


def test_all_cells__one_thing_changed_under_a_name_of_its_own() -> None:
    from ablation_cells import all_cells

    cells = all_cells()
    base = {"labels": "worse_label", "encoders": ("mobilenetv2",)}
    for cell in cells:
        usual = {name: base.get(name) for name in cell.as_json() if name != "method"}
        changed = [name for name, value in usual.items() if cell.as_json()[name] != value]
        assert len(changed) == (0 if cell.name.endswith("-base") else 1)
    assert len({cell.name for cell in cells}) == len(cells)
