"""The figures of the label benchmark, and the peers that it has written itself, by hand."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"

MATRIX = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.05, 0.25, 0.7]])
PRIOR = np.array([0.3, 0.5, 0.2])


def load(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def figures():
    return load("quality_figures")


@pytest.fixture(scope="module")
def neighbours():
    return load("neighbour_methods")


@pytest.fixture(scope="module")
def simifeat():
    return load("simifeat")


def on_circle(*degrees):
    angles = np.deg2rad(degrees)
    return np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


# Labels before and after


def test_shares__fixed_harmed_and_changed(figures):
    given, after, true = np.array([[0, 0, 1, 1, 2], [0, 1, 0, 1, 2], [0, 1, 1, 2, 2]])
    became = figures.shares(given, after, true)
    assert became.right_after == pytest.approx(3 / 5)
    assert became.fixed == pytest.approx(1 / 2)
    assert became.harmed == pytest.approx(1 / 3)
    assert became.changed == pytest.approx(2 / 5)
    assert became.changed_rightly == pytest.approx(1 / 2)


def test_shares__wrong_to_another_wrong_is_neither_fixed_nor_harmed(figures):
    given, after, true = np.array([[0, 1], [2, 1], [1, 1]])
    became = figures.shares(given, after, true)
    assert (became.fixed, became.harmed, became.changed, became.changed_rightly) == (0, 0, 0.5, 0)


def test_shares__of_no_rows_are_none(figures):
    labels = np.array([0, 1])
    became = figures.shares(labels, labels, labels)
    assert (became.right_after, became.harmed, became.changed) == (1, 0, 0)
    assert became.fixed is None
    assert became.changed_rightly is None


# Finding wrong labels


def test_ranking__by_hand(figures):
    wrong = np.array([False, True, False, True])
    ranked = figures.ranking(wrong, np.array([0.1, 0.9, 0.8, 0.7]))
    assert ranked.auroc == pytest.approx(3 / 4)
    assert ranked.average_precision == pytest.approx((1 + 2 / 3) / 2)


def test_ranking__all_tied_is_chance(figures):
    ranked = figures.ranking(np.array([True, False, False, False]), np.full(4, 0.3))
    assert ranked.auroc == pytest.approx(0.5)
    assert ranked.average_precision == pytest.approx(0.25)


def test_ranking__many_ties_as_scikit_learn_says(figures):
    random = np.random.default_rng(0)
    wrong = random.random(500) < 0.3
    suspicion = np.round(random.random(500) + 0.4 * wrong, 1)
    ranked = figures.ranking(wrong, suspicion)
    assert ranked.auroc == pytest.approx(roc_auc_score(wrong, suspicion))
    assert ranked.average_precision == pytest.approx(average_precision_score(wrong, suspicion))


@pytest.mark.parametrize(
    ("wrong", "suspicion"),
    [
        ([True, False], [np.nan, np.nan]),
        ([True, True], [0.1, 0.2]),
        ([False, False], [0.1, 0.2]),
    ],
)
def test_ranking__nothing_to_rank(figures, wrong, suspicion):
    assert figures.ranking(np.array(wrong), np.array(suspicion)) is None


def test_ranking__suspicion_for_some_rows_only(figures):
    with pytest.raises(ValueError, match="expected suspicion for all rows, found 1 NaN"):
        figures.ranking(np.array([True, False]), np.array([np.nan, 0.5]))


# Confidence


def test_reliability__ends_of_the_range_and_edges_of_bins(figures):
    confidence = np.array([0.0, 0.05, 0.1, 0.95, 1.0, np.nan])
    right = np.array([False, True, True, True, False, True])
    first, second, last = figures.reliability(right, confidence)
    assert (first.confidence, first.right, first.rows) == (pytest.approx(0.025), 0.5, 2)
    assert (second.confidence, second.right, second.rows) == (pytest.approx(0.1), 1, 1)
    assert (last.confidence, last.right, last.rows) == (pytest.approx(0.975), 0.5, 2)


@pytest.mark.parametrize("confidence", [-0.01, 1.01])
def test_reliability__no_probability(figures, confidence):
    with pytest.raises(ValueError, match=r"expected confidence in \[0, 1\]"):
        figures.reliability(np.array([True]), np.array([confidence]))


def test_calibration_error__is_weighted_by_rows(figures):
    bins = [figures.Bin(0.2, 0.5, 1), figures.Bin(0.9, 0.8, 3)]
    assert figures.calibration_error(bins) == pytest.approx((0.3 + 3 * 0.1) / 4)


def test_calibration_error__no_claim_has_none(figures):
    assert figures.calibration_error(figures.reliability(np.array([True]), np.array([np.nan]))) is (
        None
    )


# Neighbours


@pytest.mark.parametrize("block_rows", [1, 3, 512])
def test_nearest__best_first_without_the_row_itself(neighbours, monkeypatch, block_rows):
    monkeypatch.setattr(neighbours, "BLOCK_ROWS", block_rows)
    found = neighbours.nearest(on_circle(0, 10, 30, 180), 2)
    assert found.tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]


def test_nearest__fewer_rows_than_neighbours(neighbours):
    assert neighbours.nearest(on_circle(0, 10, 30), 10).shape == (3, 2)


def test_elected__most_votes_and_the_nearest_among_equals(neighbours):
    labels = np.array([[0, 1, 1, 3, 2], [2, 1, 2, 1, 0], [1, 2, 1, 2, 0]])
    counts = neighbours.votes(labels, 4)
    assert counts.tolist() == [[1, 2, 1, 1], [1, 2, 2, 0], [1, 2, 2, 0]]
    assert neighbours.elected(labels, counts).tolist() == [1, 2, 1]


@pytest.mark.parametrize("block_rows", [2, 512])
def test_selfclean_score__by_hand(neighbours, monkeypatch, block_rows):
    monkeypatch.setattr(neighbours, "BLOCK_ROWS", block_rows)
    scores = neighbours.selfclean_score(on_circle(0, 60, 90), np.array([0, 0, 1]))
    near = (1 - np.cos(np.pi / 6)) / 2  # of 60 and 90 degrees
    assert scores == pytest.approx(
        [
            0.5**2 / (0.25**2 + 0.5**2),
            near**2 / (0.25**2 + near**2),
            near**2 / (1 + near**2),  # no other row of its label
        ],
        rel=1e-5,
    )


def test_selfclean_score__twins(neighbours):
    # The first two are equal and disagree; the first has an equal row of its own label as well.
    scores = neighbours.selfclean_score(on_circle(0, 0, 0, 90), np.array([0, 1, 0, 1]))
    assert scores[:3] == pytest.approx([0.5, 0, 0.5])


# SimiFeat


def test_consensus__order_says_nothing(simifeat):
    seen = simifeat.consensus(np.array([[0, 0, 1]]), 2)
    assert seen.one.tolist() == [1, 0]
    assert seen.two == pytest.approx(np.array([[1 / 3, 1 / 3], [1 / 3, 0]]))
    assert seen.three[0, 0, 1] == pytest.approx(1 / 3)
    assert seen.three[1, 0, 0] == pytest.approx(1 / 3)
    assert seen.three.sum() == pytest.approx(1)


def test_consensus__too_many_classes(simifeat):
    with pytest.raises(ValueError, match="expected at most 200 classes for HOC, found 201"):
        simifeat.consensus(np.array([[0, 0, 200]]), 201)


def test_expected_consensus__one_pattern_by_hand(simifeat):
    expected = simifeat.expected_consensus(simifeat.Noise(MATRIX, PRIOR))
    assert expected.one == pytest.approx(PRIOR @ MATRIX)
    assert expected.two[0, 1] == pytest.approx(
        0.3 * 0.7 * 0.2 + 0.5 * 0.1 * 0.8 + 0.2 * 0.05 * 0.25
    )
    assert expected.three[0, 1, 2] == pytest.approx(
        0.3 * 0.7 * 0.2 * 0.1 + 0.5 * 0.1 * 0.8 * 0.1 + 0.2 * 0.05 * 0.25 * 0.7
    )


def test_fit_noise__finds_the_noise_that_made_the_patterns(simifeat):
    seen = simifeat.expected_consensus(simifeat.Noise(MATRIX, PRIOR))
    found = simifeat.fit_noise(seen)
    assert found.transition == pytest.approx(MATRIX, abs=1e-3)
    assert found.prior == pytest.approx(PRIOR, abs=1e-3)


def test_wrong_shares__by_bayes(simifeat):
    noise = simifeat.Noise(np.array([[0.8, 0.2], [0.4, 0.6]]), np.array([0.5, 0.5]))
    given = np.repeat([0, 1], [6, 4])  # 0.5 * 0.8 + 0.5 * 0.4 and the rest
    assert simifeat.wrong_shares(noise, given) == pytest.approx([1 - 0.4 / 0.6, 1 - 0.3 / 0.4])


def test_agreement__is_the_cosine_of_votes_and_label(simifeat):
    counts = np.array([[3, 1], [3, 1], [0, 4]])
    found = simifeat.agreement(counts, np.array([0, 1, 0]))
    assert found == pytest.approx([3 / np.sqrt(10), 1 / np.sqrt(10), 0])


def test_flag_lowest__a_share_of_each_class(simifeat):
    given = np.array([0, 0, 0, 0, 1, 1])
    scores = np.array([0.9, 0.1, 0.5, 0.3, 0.2, 0.1])
    flagged = simifeat.flag_lowest(scores, given, np.array([0.5, 0.0]))
    assert flagged.tolist() == [False, True, False, True, False, False]
