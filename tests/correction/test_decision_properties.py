"""Whatever is believed of rows: every confidence is a probability, and what was verified stays."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_training import SmallTraining

from labelfix import CANNOT_TELL, NO_CLASS, correct_labels
from labelfix.correction.decision import as_corrections
from labelfix.correction.row_corrections import with_answers
from labelfix.methods.row_evidence import RowEvidence
from labelfix.options.relabel_options import RelabelOptions

CLASSES = ["ant", "bee", "cow"]
TINY = SmallTraining(
    epochs=1, width=4, cross_fit={"least_steps": 2, "early_epochs": 1, "batch_size": 8, "folds": 2}
)
ACTIONS = {"keep", "relabel", "review", "predict", "quarantined", "verified"}

probabilities = st.floats(0, 1)
options_of_decision = st.builds(
    RelabelOptions,
    min_precision=st.one_of(st.none(), probabilities),
    min_confidence=probabilities,
)


@dataclass(frozen=True)
class Rows:
    """What `as_corrections` reads of rows, with the evidence for those that are used."""

    given: SimpleNamespace
    evidence: RowEvidence
    agreement: np.ndarray


@st.composite
def rows_with_evidence(draw):
    labels = draw(st.lists(st.sampled_from([*CLASSES, "", "elk"]), min_size=1, max_size=8))
    used = np.flatnonzero([draw(st.integers(0, 4)) > 0 for _ in labels])
    beliefs = np.array(
        [draw(st.lists(st.floats(0.001, 1), min_size=3, max_size=3)) for _ in used]
    ).reshape(-1, 3)
    beliefs /= beliefs.sum(axis=1, keepdims=True)
    given_class = np.array(
        [CLASSES.index(labels[row]) if labels[row] in CLASSES else -1 for row in used],
        dtype=np.int64,
    )
    order = np.argsort(-beliefs, axis=1, kind="stable")
    every = np.arange(len(used))
    known = given_class >= 0
    own = np.where(known, beliefs[every, given_class], np.nan)
    flags = [np.array([draw(st.booleans()) for _ in used], dtype=bool) for _ in range(3)]
    evidence = RowEvidence(
        given=given_class,
        suggested=order[:, 0],
        second=order[:, 1],
        self_confidence=own,
        best_confidence=beliefs[every, order[:, 0]],
        second_confidence=beliefs[every, order[:, 1]],
        suspicion=1 - own,
        question_value=np.array([draw(st.floats(0, 0.25)) for _ in used]),
        supported=flags[0],
        typical=flags[1],
        off_topic=flags[2],
    )
    rows = SimpleNamespace(
        used=used,
        labels=np.array(labels, dtype=object),
        class_values=CLASSES,
        reasons=["" if row in used else "truncated" for row in range(len(labels))],
    )
    return Rows(rows, evidence, np.array([draw(probabilities) for _ in used]))


def check_probabilities(corrections, has_confidence):
    """Every row that must have a confidence has one in [0, 1]."""
    assert set(corrections.action) <= ACTIONS
    assert not np.isnan(corrections.confidence[has_confidence]).any()
    for name in ("confidence", "self_confidence", "neighbour_agreement", "second_confidence"):
        values = getattr(corrections, name)
        known = values[~np.isnan(values)]
        assert ((known >= 0) & (known <= 1)).all(), name
    ranks = corrections.review_rank[corrections.action == "review"]
    assert sorted(ranks) == list(range(1, len(ranks) + 1))
    assert (corrections.review_rank[corrections.action != "review"] == 0).all()


def may_be_judged(corrections):
    """All rows but quarantined ones and those of a class that is not known."""
    unknown = np.isin(corrections.reason, ["unknown_label", "of_no_class"])
    return (corrections.action != "quarantined") & ~unknown


@pytest.mark.slow
@given(rows_with_evidence(), options_of_decision)
def test_as_corrections__any_evidence(rows, options):
    found = as_corrections(rows.given, rows.evidence, rows.agreement, options)
    check_probabilities(found, may_be_judged(found))
    assert found.given_label.tolist() == rows.given.labels.tolist()
    quarantined = np.setdiff1d(np.arange(len(found)), rows.given.used)
    assert (found.action[quarantined] == "quarantined").all()
    changed = (found.label != found.given_label) & (found.given_label != "")
    assert (changed == (found.action == "relabel")).all()
    assert (found.confidence[changed] >= options.min_confidence).all()


@given(rows_with_evidence(), options_of_decision, st.data())
def test_with_answers__what_was_verified_stays(rows, options, data):
    decided = as_corrections(rows.given, rows.evidence, rows.agreement, options)
    kinds = st.sampled_from([None, *CLASSES, NO_CLASS, CANNOT_TELL])
    answers = np.array([data.draw(kinds) for _ in decided.label], dtype=object)
    found = with_answers(decided, answers, CLASSES)
    verified = np.isin(answers, CLASSES)
    assert (found.action[verified] == "verified").all()
    assert (found.label[verified] == answers[verified]).all()
    assert (found.confidence[verified] == 1).all()
    assert (found.given_label == decided.given_label).all()
    check_probabilities(found, may_be_judged(found))
    untouched = answers == None  # noqa: E711 (of each entry)
    for name in ("label", "action", "confidence"):
        before, after = getattr(decided, name)[untouched], getattr(found, name)[untouched]
        assert np.array_equal(before, after, equal_nan=before.dtype.kind == "f"), name


@pytest.mark.slow
@settings(max_examples=6)
@given(st.integers(0, 2**32 - 1), st.integers(4, 12), st.sampled_from(["same", "few", "any"]))
def test_correct_labels__any_small_input(seed, count, kind):
    """By the real training: equal vectors, labels at random, and some rows that were verified."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, 3))
    if kind == "same":
        vectors[:] = vectors[0]
    elif kind == "few":
        vectors = vectors[random.integers(0, 2, count)]
    labels = np.array(["ant", "bee", *random.choice(CLASSES, count - 2)], dtype=object)
    audited = np.where(random.random(count) < 0.3, random.choice(labels, count), None)
    found = correct_labels(vectors, labels, neighbours=3, device="cpu", train=TINY, audited=audited)
    check_probabilities(found, may_be_judged(found))
    verified = audited != None  # noqa: E711 (of each entry)
    assert (found.action[verified] == "verified").all()
    assert (found.label[verified] == audited[verified]).all()
    assert np.isfinite(
        [found.wrong_share.low, found.wrong_share.share, found.wrong_share.high]
    ).all()
