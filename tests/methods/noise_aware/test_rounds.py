"""Cross-fitting: nobody judges what he learned from, and a killed training goes on as if not."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from labelfix.data.audited_labels import NOT_AUDITED, OTHER, UNTOLD
from labelfix.data.neighbours import Neighbours
from labelfix.methods.method import GivenLabels
from labelfix.methods.noise_aware.label_denoiser import LabelDenoiser, probabilities
from labelfix.methods.noise_aware.round_training import _loss
from labelfix.methods.noise_aware.rounds import cross_fit
from labelfix.noise.audits import ImageAudits
from labelfix.noise.class_noise import class_noise
from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.runtime.checkpoint import Checkpoints
from labelfix.runtime.progress import Silent

TINY = CrossFitOptions(
    folds=2, epochs=1, early_epochs=1, least_steps=20, width=16, batch_size=32, learning_rate=0.01
)
ROUNDS = "labelfix.methods.noise_aware.rounds"
DENOISERS = 4  # two folds in two rounds


def data_of(clusters, count=120, classes=3, copies=False, **options):
    """Clusters with neighbours along a ring; with `copies`, in pairs that are taken for copies."""
    made = clusters(count, classes, **options)
    vectors = made.vectors / np.linalg.norm(made.vectors, axis=1, keepdims=True)
    order = np.arange(count)
    neighbour = order ^ 1 if copies else (order + 1) % count
    similarities = np.full((count, 1), 1.0 if copies else 0.5, dtype=np.float32)
    return GivenLabels(vectors, made.given, Neighbours(neighbour[:, None], similarities), classes)


def with_answers(data, answers):
    """The same images, of some of which a person has said what they are."""
    return replace(data, audits=ImageAudits(answers, np.full(len(answers), np.nan)))


@pytest.fixture
def data(clusters):
    return data_of(clusters, wrong_share=0.2)


def weights_of(fit):
    return [network.state_dict() for network in fit.networks]


def assert_same(one, other):
    for first, second in zip(weights_of(one), weights_of(other), strict=True):
        assert all(torch.equal(first[name], second[name]) for name in first)
    for name in ("folds", "transition"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def train(data, listener, options=TINY, **others):
    return cross_fit(data, options, "cpu", listener, **others)


def test_cross_fit__result(data, listener):
    reports = []
    fit = train(data, listener, report=reports.append)
    assert len(fit.networks) == 2
    assert np.bincount(fit.folds).tolist() == [60, 60]
    for network in fit.networks:
        assert network.hidden.weight.shape == (16, 16)
        assert not network.training
    assert fit.transition.sum(axis=1) == pytest.approx(np.ones(3))
    assert [doing for doing, *_ in listener.begun] == ["training denoisers"]
    assert listener.begun[0][1:] == (DENOISERS, 0)
    assert listener.advanced == len(reports) == DENOISERS
    # 60 images in batches of 7: 20 steps are more than one epoch
    assert [report.step for report in reports] == [20, 40, 60, 80]
    assert all(math.isfinite(report.loss) and report.loss > 0 for report in reports)


@pytest.mark.slow
def test_cross_fit__seed_decides(data, listener):
    first, again = train(data, listener), train(data, listener)
    assert_same(first, again)
    other = train(data, listener, CrossFitOptions(**{**vars(TINY), "seed": 1}))
    assert not torch.equal(
        weights_of(first)[0]["output.weight"], weights_of(other)[0]["output.weight"]
    )


@pytest.mark.slow
def test_cross_fit__no_denoiser_sees_the_labels_that_it_will_judge(clusters, listener, tmp_path):
    """Folds are of pairs of copies here, which labels have no say in."""
    data = data_of(clusters, copies=True, wrong_share=0.2)
    first, second = (Checkpoints(tmp_path / name, name) for name in ("before", "after"))
    folds = train(data, listener, checkpoints=first).folds
    labels = np.where(folds == 0, (data.labels + 1) % 3, data.labels)
    changed = GivenLabels(data.vectors, labels, data.neighbours, 3)
    assert np.array_equal(train(changed, listener, checkpoints=second).folds, folds)
    for name in ("hidden.weight", "hidden.bias", "output.weight", "output.bias"):
        for part, same in (("0.0", True), ("0.1", False)):
            before, after = (each.part(part).read()[1][name] for each in (first, second))
            assert torch.equal(before, after) == same


def test_cross_fit__noise_is_measured_out_of_fold(data, listener, tmp_path):
    """By the first round's denoisers, each on its own fold alone, and without settled images."""
    checkpoints = Checkpoints(tmp_path / "checkpoint", "key")
    answers = np.full(120, NOT_AUDITED)
    answers[:4] = [0, 1, OTHER, UNTOLD]
    fit = train(with_answers(data, answers), listener, checkpoints=checkpoints)
    read = np.empty((len(data.labels), 3), dtype=np.float32)
    for fold in (0, 1):
        network = LabelDenoiser(16, 8, 3)
        network.load_state_dict(checkpoints.part(f"0.{fold}").read()[1])
        own = fit.folds == fold
        read[own] = probabilities(network, data.vectors, "cpu")[own]
    open_rows = np.arange(3, 120)
    assert np.array_equal(fit.transition, class_noise(read[open_rows], data.labels[open_rows]))


@pytest.mark.slow
def test_cross_fit__labels_of_no_class_teach_nothing(data, listener):
    """Images of no class may have had any label: the same folds learn the same."""
    answers = np.full(120, NOT_AUDITED)
    answers[::5] = OTHER
    folds = np.arange(120) // 2 % 2  # whatever the labels are
    others = replace(data, labels=np.where(answers == OTHER, (data.labels + 1) % 3, data.labels))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ROUNDS + ".assign_folds", lambda *_: folds)
        fit = train(with_answers(data, answers), listener)
        assert_same(fit, train(with_answers(others, answers), listener))
        untaught = replace(data, labels=others.labels)
        other = train(untaught, listener)
    assert not torch.equal(weights_of(fit)[0]["output.bias"], weights_of(other)[0]["output.bias"])


@pytest.mark.slow
def test_cross_fit__a_person_who_could_not_tell_changes_nothing(data, listener):
    assert_same(train(data, listener), train(with_answers(data, np.full(120, UNTOLD)), listener))


def test_cross_fit__verified_labels_are_learned_whatever_was_given(data, listener):
    """Of a verified image only what a person said counts, in both rounds."""
    answers = np.full(120, NOT_AUDITED)
    answers[::5] = (np.arange(120) % 3)[::5]
    others = replace(data, labels=np.where(answers >= 0, (data.labels + 1) % 3, data.labels))
    folds = np.arange(120) // 2 % 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ROUNDS + ".assign_folds", lambda *_: folds)
        fit = train(with_answers(data, answers), listener)
        assert_same(fit, train(with_answers(others, answers), listener))


@pytest.mark.slow
def test_cross_fit__all_labels_verified(clusters, listener):
    """Half the labels are wrong and all are verified: the truth is learned, and no noise."""
    made = clusters(120, 3, wrong_share=0.5)
    options = replace(TINY, least_steps=60)
    data = with_answers(data_of(clusters, wrong_share=0.5), made.truth)
    fit = train(data, listener, options)
    assert fit.transition == pytest.approx(np.eye(3), abs=1e-3)
    for fold, network in enumerate(fit.networks):
        own = fit.folds == fold
        found = probabilities(network, data.vectors, "cpu")[own].argmax(axis=1)
        assert (found == made.truth[own]).mean() > 0.95


def test_cross_fit__wrong_labels_are_seen_through(clusters, listener):
    made = clusters(300, 3, wrong_share=0.3)
    data = data_of(clusters, 300, wrong_share=0.3)
    options = CrossFitOptions(**{**vars(TINY), "least_steps": 60})
    fit = train(data, listener, options)
    for fold, network in enumerate(fit.networks):
        own = fit.folds == fold
        found = probabilities(network, data.vectors, "cpu")[own].argmax(axis=1)
        assert (found == made.truth[own]).mean() > 0.97
    share = np.bincount(made.truth * 3 + made.given, minlength=9).reshape(3, 3) / 100
    assert fit.transition == pytest.approx(share, abs=0.1)


def test_cross_fit__noise_is_measured_on_no_more_folds_than_it_takes(clusters, listener):
    """100 images a fold are enough for 2 classes: one denoiser in the first round."""
    data = data_of(clusters, 400, 2)
    options = CrossFitOptions(**{**vars(TINY), "folds": 4, "early_rows": 1})
    reports = []
    fit = train(data, listener, options, report=reports.append)
    assert len(fit.networks) == 4
    assert len(reports) == 1 + 4


class Killed(Exception):
    """In place of a kill."""


class Killing(Silent):
    """A progress under which a training does not outlive a number of denoisers."""

    def __init__(self, after):
        self.left = after

    def advance(self, count, note=""):
        self.left -= count
        if self.left < 0:
            raise Killed


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_cross_fit__killed_training_goes_on(data, listener, tmp_path, after):
    whole_reports, reports = [], []
    whole = train(data, listener, report=whole_reports.append)
    checkpoints = Checkpoints(tmp_path / "checkpoint", "key")
    with pytest.raises(Killed):
        train(data, Killing(after), checkpoints=checkpoints)
    resumed = train(data, listener, checkpoints=checkpoints, report=reports.append)
    assert_same(whole, resumed)
    assert listener.begun[1][1:] == (DENOISERS, after)
    kept = [f"continuing with {after} trained in an earlier run"]
    assert listener.notes == (kept if after else [])
    # Those that were kept are not trained again, and the others report as they would have.
    assert [(each.step, each.loss) for each in reports] == [
        (each.step, each.loss) for each in whole_reports[after:]
    ]


@pytest.mark.slow
def test_cross_fit__checkpoint_of_another_training_is_not_taken(data, listener, tmp_path):
    train(data, listener, checkpoints=Checkpoints(tmp_path / "checkpoint", "other"))
    reports = []
    options = CrossFitOptions(**{**vars(TINY), "seed": 5})
    mine = Checkpoints(tmp_path / "checkpoint", "key")
    fit = train(data, listener, options, checkpoints=mine, report=reports.append)
    assert len(reports) == DENOISERS
    assert_same(fit, train(data, listener, options))


@pytest.mark.slow
@pytest.mark.parametrize(("count", "folds"), [(2, 2), (3, 2), (4, 8), (9, 8)])
def test_cross_fit__hardly_any_images(clusters, listener, count, folds):
    data = data_of(clusters, count, 2)
    options = CrossFitOptions(**{**vars(TINY), "folds": folds})
    fit = train(data, listener, options)
    assert len(fit.networks) == min(count, folds)
    assert np.isfinite(fit.transition).all()
    assert all(torch.isfinite(each["output.weight"]).all() for each in weights_of(fit))


@pytest.mark.parametrize(
    ("transition", "expected"),
    [
        (None, [0.75, 0.25]),
        ([[1.0, 0.0], [0.0, 1.0]], [0.75, 0.25]),
        ([[0.9, 0.1], [0.4, 0.6]], [0.75 * 0.9 + 0.25 * 0.4, 0.75 * 0.1 + 0.25 * 0.6]),
    ],
)
def test_loss__by_hand(transition, expected):
    """The forward-corrected loss of an image at 3 to 1, given one label and the other."""
    logits = torch.log(torch.tensor([[3.0, 1.0], [3.0, 1.0]]))
    matrix = None if transition is None else torch.tensor(transition)
    loss = _loss(logits, torch.tensor([0, 1]), torch.zeros(2, dtype=torch.bool), matrix)
    assert float(loss) == pytest.approx(-np.log(expected).mean(), rel=1e-5)


def test_loss__impossible_label_stays_finite():
    loss = _loss(
        torch.tensor([[200.0, 0.0]]), torch.tensor([1]), torch.tensor([False]), torch.eye(2)
    )
    assert float(loss) == pytest.approx(-math.log(1e-6), rel=1e-5)


def test_loss__verified_labels_are_the_truth_under_the_transition():
    """The first label is given and may be wrong; the second is verified, and can not."""
    logits = torch.log(torch.tensor([[3.0, 1.0], [3.0, 1.0]]))
    matrix = torch.tensor([[0.9, 0.1], [0.4, 0.6]])
    loss = _loss(logits, torch.tensor([1, 1]), torch.tensor([False, True]), matrix)
    expected = [0.75 * 0.1 + 0.25 * 0.6, 0.25]
    assert float(loss) == pytest.approx(-np.log(expected).mean(), rel=1e-5)
    loss = _loss(logits, torch.tensor([1, 1]), torch.tensor([False, True]), None)
    assert float(loss) == pytest.approx(-math.log(0.25), rel=1e-5)
