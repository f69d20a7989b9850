"""What persons have said: how far it moves the hypotheses, and the share of wrong labels."""

from dataclasses import replace

import numpy as np
import pytest

from labelfix.data.answers import draw, question_chances
from labelfix.data.audited_labels import OTHER
from labelfix.noise.audits import (
    DISCREPANCY_SPREAD,
    LEAST_AUDITS,
    LEAST_CHANCE,
    AuditedRows,
    Discrepancy,
    fit_discrepancy,
    settle,
)
from labelfix.noise.belief import Belief
from labelfix.noise.candidates import DoubtScale
from labelfix.noise.hypotheses import Hypotheses, NoiseModel, fit_hypotheses
from labelfix.noise.mixture import Mixture

SCALE = DoubtScale(np.linspace(0, 1, 11))
SWAPPED = np.array([[0.0, 1.0], [1.0, 0.0]])
MANY_ROWS = 4000


def mixture(right):
    return Mixture(0.0, 1.0, np.tile([right, 1 - right, 0, 0], (2, 1)), SWAPPED)


def hypotheses(*weights):
    """That 0.9 of the labels are right, that 0.6 are, and that all are."""
    model = NoiseModel([mixture(0.9), mixture(0.6)], np.array(weights), 1.0, SCALE)
    return Hypotheses(model, np.log(weights))


def answered(*answers, true=0.8, given=1):
    """Images of p = (true, 1 - true) with a label, and what a person said of each."""
    log_true = np.log(np.tile([true, 1 - true], (len(answers), 1)))
    images = SCALE.candidates(log_true, np.full(len(answers), given))
    return AuditedRows(images, np.array(answers), np.full(len(answers), np.nan))


# --- settle --------------------------------------------------------------------------------------


def test_settle__nothing_is_audited():
    found = settle(hypotheses(0.3, 0.5, 0.2), None)
    assert found.weights == pytest.approx(np.array([0.3, 0.5, 0.2]))


def test_settle__fewer_than_ten_answers_settle_nothing():
    start = hypotheses(0.3, 0.5, 0.2)
    assert settle(start, answered(*[0] * 9)).weights == pytest.approx(start.model.weights)
    assert settle(start, answered(*[0] * 10)).weights != pytest.approx(start.model.weights)
    assert LEAST_AUDITS == 10


def test_settle__by_hand():
    """The label 1 of p = (4/5, 1/5) is right by 9/13, by 3/11, or for certain.

    A person says six times that it is, and four times that it is not.
    """
    found = settle(hypotheses(0.3, 0.3, 0.4), answered(*[1] * 6, *[0] * 4))
    said = np.array([(9 / 13) ** 6 * (4 / 13) ** 4, (3 / 11) ** 6 * (8 / 11) ** 4, LEAST_CHANCE**4])
    expected = np.array([0.3, 0.3, 0.4]) * said
    assert found.weights == pytest.approx(expected / expected.sum())


def test_settle__of_none_of_the_classes_the_label_is_wrong():
    """With two classes that says as much as naming the other one."""
    start = hypotheses(0.3, 0.3, 0.4)
    other = settle(start, answered(*[1] * 6, *[OTHER] * 4))
    assert other.weights == pytest.approx(settle(start, answered(*[1] * 6, *[0] * 4)).weights)


def test_settle__one_mistake_of_a_person_does_not_decide():
    """All labels are right: one answer of a hundred that denies it costs a hundredth."""
    answers = answered(*[1] * 99, 0, true=0.5)
    found = settle(hypotheses(0.05, 0.05, 0.9), answers)
    assert found.all_right > 0.9


def test_settle__hypotheses_that_answers_rule_out_go():
    found = settle(hypotheses(0.5, 0.4, 0.1), answered(*[0] * 30))
    assert found.best.weights[0, 0] == 0.6
    assert len(found.mixtures) == 1


@pytest.mark.parametrize("seed", [0, 1])
def test_settle__twenty_answers_find_look_alikes(make, look_alike_noise, seed):
    """Mistakes fall on doubtful images far more than usual: on a steep slope.

    Twenty of 2,000 rows, drawn as `Corrections.questions` draws them.
    """
    made = make(2000, look_alike_noise, distance=3.0, seed=seed)
    start = fit_hypotheses(made.images, made.scale, 3)
    before = settle(start, None)
    variance = before.believe(made.images).variance
    rows = draw(question_chances(variance, np.ones(2000, dtype=bool), 20), seed)
    after = settle(
        start, AuditedRows(made.images.of(rows), made.true[rows], np.full(len(rows), np.nan))
    )

    def measures(model):
        belief = model.believe(made.images)
        slope = model.weights[:-1] @ [one.slope for one in model.mixtures]
        right = (belief.probabilities.argmax(axis=1) == made.true).mean()
        return slope, right, 1 - belief.mean_right.mean()

    slopes, right, wrong = zip(measures(before), measures(after), strict=True)
    assert slopes[1] > max(2.6, slopes[0] + 0.2)
    assert right[1] > right[0] > (made.given == made.true).mean() + 0.05
    assert wrong[0] < wrong[1] < (made.given != made.true).mean()


def test_settle__twenty_right_answers_where_all_labels_are(make):
    made = make(1000, np.eye(4))
    start = fit_hypotheses(made.images, made.scale, 4)
    rows = np.argsort(made.posterior[np.arange(1000), made.given])[:20]  # the least like their own
    after = settle(
        start, AuditedRows(made.images.of(rows), made.true[rows], np.full(len(rows), np.nan))
    )
    assert after.all_right > settle(start, None).all_right
    assert after.all_right > 0.6


# --- discrepancy ---------------------------------------------------------------------------------


def belief_of(right):
    """(n,) what one hypothesis says of labels' being right."""
    right = np.asarray(right)[None]
    classes = np.tile([0, 1], (right.shape[1], 1))
    return Belief(classes, np.column_stack([1 - right[0], right[0]]), right, np.array([1.0]))


def test_discrepancy__wrong_by_hand():
    """Odds of 1/4 doubled are 1/2."""
    found = Discrepancy(np.log(2), 0.1).wrong(np.array([0.8, 0.5]))
    assert found == pytest.approx(np.array([1 / 3, 2 / 3]))
    assert Discrepancy().wrong(np.array([0.8, 0.5])) == pytest.approx(np.array([0.2, 0.5]))


def test_discrepancy__what_is_certain_stays_nearly_so():
    found = Discrepancy(1.0, 0.1).wrong(np.array([1.0, 0.0]))
    assert found == pytest.approx(np.array([0.0, 1.0]), abs=5e-4)


@pytest.mark.parametrize("count", [0, 9])
def test_fit_discrepancy__few_answers_tell_nothing(count):
    found = fit_discrepancy(answered(*[0] * count), belief_of(np.full(count, 0.9)))
    assert found == Discrepancy(0.0, DISCREPANCY_SPREAD)


@pytest.mark.parametrize(("wrong", "sign"), [(2, -1), (20, 0), (60, 1)])
def test_fit_discrepancy__sign(wrong, sign):
    """100 labels believed wrong by 0.2: fewer are, as many, or more."""
    answers = answered(*[0] * wrong, *[1] * (100 - wrong))
    found = fit_discrepancy(answers, belief_of(np.full(100, 0.8)))
    assert np.sign(np.round(found.shift, 6)) == sign


def test_fit_discrepancy__by_hand():
    """60 of 100 wrong, believed 0.2: where 60 - 100 p is the prior's pull, shift / 0.36."""
    answers = answered(*[0] * 60, *[1] * 40)
    found = fit_discrepancy(answers, belief_of(np.full(100, 0.8)))
    expected = 1 / (1 + 4 * np.exp(-found.shift))
    assert 60 - 100 * expected == pytest.approx(found.shift / 0.36)
    assert found.wrong(np.array([0.8])) == pytest.approx([expected])


def test_fit_discrepancy__spread_falls_with_answers():
    spreads = []
    for copies in (1, 4, 40):
        answers = answered(*([0] * 2 + [1] * 8) * copies)
        spreads.append(fit_discrepancy(answers, belief_of(np.full(10 * copies, 0.8))).spread)
    assert DISCREPANCY_SPREAD >= spreads[0] > spreads[1] > spreads[2]
    # 400 answers have an information of 0.16 each, the prior has 1 / 0.36. The residual of one in
    # five is 0.8 squared, that of the others no less than the variance 0.16.
    prior = 1 / 0.36
    expected = np.sqrt(80 * 0.64 + 320 * 0.16 + prior) / (400 * 0.16 + prior)
    assert spreads[2] == pytest.approx(expected)


def test_fit_discrepancy__rows_that_were_likely_to_be_drawn_count_for_less():
    """50 rows drawn at 0.5 are all wrong, 50 at 0.1 all right: one of six is, not one of two."""
    answers = answered(*[0] * 50, *[1] * 50)
    belief = belief_of(np.full(100, 0.5))
    alike = fit_discrepancy(answers, belief)
    weighed = fit_discrepancy(replace(answers, chances=np.repeat([0.5, 0.1], 50)), belief)
    assert alike.shift == pytest.approx(0, abs=1e-6)
    assert weighed.shift < -1
    assert weighed.wrong(np.array([0.5])) == pytest.approx([1 / 6], abs=0.05)


def test_fit_discrepancy__scale_of_the_chances_does_not_count():
    answers, belief = answered(*[0] * 20, *[1] * 30), belief_of(np.full(50, 0.7))
    chances = np.linspace(0.1, 0.9, 50)
    one = fit_discrepancy(replace(answers, chances=chances), belief)
    other = fit_discrepancy(replace(answers, chances=chances / 7), belief)
    assert (one.shift, one.spread) == pytest.approx((other.shift, other.spread))


@pytest.fixture(scope="module")
def mistaken_belief():
    """What is believed of 4,000 labels, which of them are wrong, and what an answer is worth.

    A third are wrong where a fifth is believed to be, and which they are is another matter: the
    surer a label is believed to be right, the more often it is wrong.
    """
    random = np.random.default_rng(0)
    right = random.uniform(0.6, 1.0, MANY_ROWS)
    is_wrong = random.random(MANY_ROWS) < 2 / 3 * (right - 0.6) / 0.4
    return right, is_wrong, right * (1 - right)


def estimates(mistaken_belief, number, weighed):
    """The share of wrong labels by each of 200 draws, and how often its interval holds it."""
    right, is_wrong, value = mistaken_belief
    chances = question_chances(value, np.ones(MANY_ROWS, dtype=bool), number)
    shares, held = [], []
    for seed in range(200):
        rows = draw(chances, seed)
        answers = answered(*np.where(is_wrong[rows], 0, 1))
        answers = replace(answers, chances=chances[rows] if weighed else np.full(len(rows), np.nan))
        found = fit_discrepancy(answers, belief_of(right[rows]))
        wrong = found.wrong(right)
        shares.append(wrong.mean())
        off = 1.96 * found.spread * (wrong * (1 - wrong)).mean()
        held.append(abs(shares[-1] - is_wrong.mean()) < off)
    return np.array(shares), np.mean(held)


@pytest.fixture(scope="module")
def weighed(mistaken_belief):
    return estimates(mistaken_belief, 400, weighed=True)


def test_fit_discrepancy__close_to_unbiased_although_the_belief_is_mistaken(
    mistaken_belief, weighed
):
    """200 draws of 400 answers: the prior leaves a twentieth of the error."""
    right, is_wrong, _ = mistaken_belief
    shares, held = weighed
    error = is_wrong.mean() - (1 - right).mean()
    assert error > 0.1
    assert abs(shares.mean() - is_wrong.mean()) < error / 12
    assert held > 0.9


def test_fit_discrepancy__without_the_chances_it_is_biased(mistaken_belief, weighed):
    _, is_wrong, _ = mistaken_belief
    alike, _ = estimates(mistaken_belief, 400, weighed=False)
    assert alike.mean() < weighed[0].mean() - 0.03 < is_wrong.mean()
