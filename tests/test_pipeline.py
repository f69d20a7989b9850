"""The Python API and the pipeline: what they correct, what they refuse, and that both agree."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from small_training import SmallTraining, small_trainings

import labelfix as package
from labelfix import CANNOT_TELL, NO_CLASS, TrainOptions, correct_labels
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun
from labelfix.data.workspace import open_workspace
from labelfix.errors import InputError, OutputError
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.index_options import IndexOptions
from labelfix.options.relabel_options import RelabelOptions
from labelfix.pipeline import PipelineOptions, run_pipeline

CROSS_FIT = {"least_steps": 60, "batch_size": 16, "folds": 3}
DIFFUSION = {"least_steps": 300, "batch_size": 128}
QUICK = SmallTraining(epochs=1, width=64, learning_rate=3e-2, cross_fit=CROSS_FIT)
WELL_TRAINED_PAPER = SmallTraining(width=64, learning_rate=1e-2, diffusion=DIFFUSION)
NAN = float("nan")
VECTORS = np.eye(4)
LABELS = ["a", "b", "a", "b"]


def correct(vectors, labels, **options):
    train = WELL_TRAINED_PAPER if options.get("method") == "paper" else QUICK
    return correct_labels(vectors, labels, **{"device": "cpu", "train": train, **options})


def same(first, second):
    """Whether two corrections are equal in every value."""
    return all(
        np.array_equal(values, getattr(second, name), equal_nan=values.dtype.kind == "f")
        for name, values in first.columns().items()
    )


@pytest.fixture(scope="module")
def points(clusters):
    return clusters(60, 3, wrong_share=0.2)


@pytest.fixture(scope="module")
def corrected(points):
    return correct(points.vectors, points.given)


@pytest.fixture(scope="module")
def many(clusters):
    """Enough points of a class for sure corrections."""
    return clusters(240, 3, wrong_share=0.2)


@pytest.fixture(scope="module")
def many_corrected(many):
    return correct(many.vectors, many.given)


@pytest.fixture
def small():
    with small_trainings():
        yield


METHODS = pytest.mark.parametrize("method", ["noise-aware", "paper"])


@pytest.mark.slow
@METHODS
@pytest.mark.parametrize("seed", [0, 1])
def test_correct_labels__one_in_five_wrong(clusters, seed, method):
    points = clusters(300, 5, wrong_share=0.2, seed=seed)
    assert (points.given == points.truth).mean() == 0.8
    corrected = correct(points.vectors, points.given, seed=seed, method=method)
    assert (corrected.label == points.truth).mean() >= 0.97
    assert (corrected.suggested_label == points.truth).mean() >= 0.97
    wrong = points.given != points.truth
    assert corrected.self_confidence[wrong].mean() < 0.1
    assert corrected.self_confidence[~wrong].mean() > 0.9
    assert corrected.neighbour_agreement[wrong].mean() < 0.2


@pytest.mark.slow
@METHODS
def test_correct_labels__all_right(clusters, method):
    points = clusters(300, 5)
    corrected = correct(points.vectors, points.given, method=method)
    assert (corrected.label == points.given).all()
    assert (corrected.action == "keep").mean() > 0.98


@pytest.mark.slow
def test_correct_labels__fast(clusters):
    points = clusters(120, 3, wrong_share=0.2)
    corrected = correct(points.vectors, points.given, fast=True)
    assert (corrected.label == points.truth).mean() >= 0.97
    ordinary = correct(points.vectors, points.given)
    assert not np.array_equal(corrected.confidence, ordinary.confidence)


@pytest.mark.slow
def test_correct_labels__min_precision(many, many_corrected):
    relabelled = many_corrected.action == "relabel"
    surest = float(np.sort(many_corrected.confidence[relabelled])[-3:].mean()) - 1e-4
    precise = correct(many.vectors, many.given, min_precision=surest)
    changed = precise.action == "relabel"
    assert 0 < changed.sum() < relabelled.sum()
    assert not (changed & ~relabelled).any()
    assert (precise.action[relabelled & ~changed] == "review").all()
    assert precise.confidence[changed].mean() >= surest - 1e-6  # they have six decimals


@pytest.mark.slow
@METHODS
@pytest.mark.parametrize("count", [2, 3, 5])
def test_correct_labels__hardly_any_images(clusters, method, count):
    points = clusters(count, 2)
    corrected = correct(points.vectors, points.given, method=method)
    assert np.isfinite(corrected.confidence).all()
    assert method == "paper" or corrected.label.tolist() == points.given.tolist()


@pytest.mark.slow
def test_correct_labels__every_class_once(clusters):
    points = clusters(20, 20)
    corrected = correct(points.vectors, points.given)
    assert (corrected.label == points.given).all()
    assert set(corrected.reason) == {"insufficient_support"}


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [0, 4])
def test_correct_labels__one_class_fifty_times_as_large(clusters, wrong):
    """The rare class is not swallowed, also where some of the common one were given its label."""
    both = clusters(392, 2)
    rare = np.flatnonzero(both.truth == 1)[:4]
    rows = np.concatenate([np.flatnonzero(both.truth == 0), rare])
    given = both.truth[rows]
    given[:wrong] = 1
    corrected = correct(both.vectors[rows], given)
    assert (corrected.label[-4:] == 1).all()
    assert (corrected.label[wrong:-4] == 0).all()
    assert (corrected.label == both.truth[rows]).sum() >= (given == both.truth[rows]).sum()


@pytest.mark.slow
def test_correct_labels__twins_of_different_labels(clusters):
    points = clusters(60, 3)
    vectors, given = points.vectors.copy(), points.given.copy()
    vectors[1] = vectors[0]  # both of class 0, but row 1 was given class 1
    corrected = correct(vectors, given)
    assert corrected.label[:2].tolist() == [0, 0]
    assert corrected.suggested_label[:2].tolist() == [0, 0]
    assert corrected.self_confidence[1] < 0.5 < corrected.self_confidence[0]
    assert (corrected.label[2:] == given[2:]).all()


@pytest.mark.slow
def test_correct_labels__all_images_alike():
    """Nothing tells the classes apart, so the given labels stay."""
    labels = np.arange(40) % 2
    corrected = correct(np.ones((40, 3)), labels)
    assert (corrected.label == labels).all()


@pytest.mark.slow
def test_correct_labels__annotators_of_different_quality(clusters):
    """What a careless annotator says counts for less than what a careful one says."""
    points = clusters(240, 3)
    random = np.random.default_rng(0)
    who = np.where(np.arange(240) % 2, "careless", "careful")
    given = points.truth.copy()
    wrong = np.flatnonzero((who == "careless") & (random.random(240) < 0.5))
    given[wrong] = (given[wrong] + random.integers(1, 3, len(wrong))) % 3
    named = correct(points.vectors, given, annotators=who)
    assert (named.label == points.truth).mean() >= 0.97
    alone = correct(points.vectors, given)
    right = given == points.truth
    careful, careless = (right & (who == name) for name in ("careful", "careless"))
    gain = named.self_confidence - alone.self_confidence
    assert gain[careful].mean() > 0 > gain[careless].mean()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("annotators", "found"),
    [(["a"], r"\(1,\)"), ([["a"]] * 60, r"\(60, 1\)"), ("a", r"\(\)"), (["a"] * 61, r"\(61,\)")],
)
def test_correct_labels__annotators_of_another_shape(points, annotators, found):
    message = rf"expected annotators of shape \(60,\), one for each label, found shape {found}"
    with pytest.raises(InputError, match=message):
        correct(points.vectors, points.given, annotators=annotators)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint16, np.int32])
def test_correct_labels__integers_come_back(points, corrected, dtype):
    again = correct(points.vectors, points.given.astype(dtype))
    assert again.label.dtype == again.given_label.dtype == dtype
    assert again.label.tolist() == corrected.label.tolist()
    assert again.suggested_label.tolist() == corrected.suggested_label.tolist()
    assert np.array_equal(again.confidence, corrected.confidence)


@pytest.mark.slow
@pytest.mark.parametrize("names", [["007", "NA", "True"], [" a ", "a", "é,\n"]])
@pytest.mark.parametrize("kind", [list, np.array, lambda labels: np.array(labels, dtype=object)])
def test_correct_labels__text_comes_back(points, corrected, names, kind):
    given = [names[label] for label in points.given]
    again = correct(points.vectors, kind(given))
    assert again.given_label.tolist() == given
    assert again.label.tolist() == [names[label] for label in corrected.label]
    assert again.suggested_label.tolist() == [names[label] for label in corrected.suggested_label]
    assert all(type(label) is str for label in again.label)
    assert np.array_equal(again.self_confidence, corrected.self_confidence)


@pytest.mark.slow
def test_correct_labels__any_integers(points, corrected):
    values = np.array([-5, 0, 2**40])  # in the order of the classes 0, 1, 2
    again = correct(points.vectors, values[points.given])
    assert again.label.tolist() == values[corrected.label].tolist()
    assert again.action.tolist() == corrected.action.tolist()


@pytest.mark.slow
def test_correct_labels__same_seed_same_result(points, corrected):
    assert same(corrected, correct(points.vectors, points.given))
    other = correct(points.vectors, points.given, seed=1)
    assert not np.array_equal(other.confidence, corrected.confidence)


@pytest.mark.slow
def test_correct_labels__seed_and_device_win(points, corrected):
    train = replace(QUICK, seed=9, device="cuda", fast=True)
    assert same(corrected, correct(points.vectors, points.given, train=train))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [list, lambda vectors: vectors * 7, np.asfortranarray])
def test_correct_labels__other_forms_of_the_same_vectors(points, corrected, kind):
    given = points.vectors.copy()
    again = correct(kind(given), points.given.tolist())
    assert again.label.tolist() == corrected.label.tolist()
    assert np.array_equal(given, points.vectors), "the caller's array is not changed"


@pytest.mark.slow
def test_correct_labels__unusable_rows_are_quarantined(points):
    vectors = points.vectors.astype(np.float64)
    bad = {3: np.nan, 10: np.inf, 11: -np.inf, 59: 0.0}
    for row, value in bad.items():
        vectors[row, :] = value
    vectors[3, 1:] = 1.0  # one value that is no number is enough
    corrected = correct(vectors, points.given)
    rows = list(bad)
    assert (corrected.action[rows] == "quarantined").all()
    assert set(corrected.reason[rows]) == {"its embedding is not finite or all zeros"}
    assert corrected.suggested_label[rows].tolist() == [None] * 4
    assert np.isnan(corrected.confidence[rows]).all()
    assert corrected.label[rows].tolist() == points.given[rows].tolist()
    assert corrected.count("quarantined") == 4
    rest = np.delete(np.arange(60), rows)
    alone = correct(vectors[rest], points.given[rest])
    assert corrected.label[rest].tolist() == alone.label.tolist()
    assert np.array_equal(corrected.confidence[rest], alone.confidence)


@pytest.mark.slow
def test_correct_labels__two_classes_of_thirty(clusters):
    points = clusters(30, 2, wrong_share=0.1)
    corrected = correct(points.vectors, points.given)
    assert (corrected.label == points.truth).all()


@pytest.mark.slow
def test_correct_labels__fewer_images_than_neighbours(clusters):
    points = clusters(8, 2)
    corrected = correct(points.vectors, points.given, neighbours=50)
    assert corrected.neighbour_agreement.tolist() == pytest.approx([3 / 7] * 8, abs=1e-6)


@pytest.mark.slow
def test_correct_labels__class_of_one_image(points):
    given = points.given.copy()
    given[5] = 7
    corrected = correct(points.vectors, given)
    assert corrected.label[5] == 7
    assert corrected.action[5] == "keep"
    assert corrected.reason[5] == "insufficient_support"
    assert (np.delete(corrected.suggested_label, 5) != 7).all()


@pytest.mark.slow
def test_correct_labels__min_confidence(many, many_corrected):
    relabelled = many_corrected.action == "relabel"
    assert relabelled.any()
    bar = float(np.median(many_corrected.confidence[relabelled]))
    stricter = correct(many.vectors, many.given, min_confidence=bar)
    expected = relabelled & (many_corrected.confidence >= bar)
    assert 0 < expected.sum() < relabelled.sum()
    assert np.array_equal(stricter.action == "relabel", expected)


@pytest.mark.slow
def test_correct_labels__engine(points, corrected):
    assert correct(points.vectors, points.given, engine="torch").label.tolist() == (
        corrected.label.tolist()
    )
    with pytest.raises(InputError, match="--engine: expected one of exact, ivf, hnsw, torch"):
        correct(points.vectors, points.given, engine="annoy")


def test_correct_labels__to_pandas(points, corrected):
    frame = corrected.to_pandas()
    assert list(frame.columns) == [
        "label",
        "given_label",
        "suggested_label",
        "confidence",
        "self_confidence",
        "neighbour_agreement",
        "action",
        "reason",
        "review_rank",
        "second_label",
        "second_confidence",
        "question_value",
    ]
    assert len(frame) == 60
    assert frame["label"].tolist() == corrected.label.tolist()
    assert frame["given_label"].tolist() == points.given.tolist()


def asked(points, *, texts=False, right=8, wrong=8):
    """(N,) true labels of the first rows whose label is right, and wrong; and which these are."""
    is_wrong = points.given != points.truth
    rows = [*np.flatnonzero(~is_wrong)[:right], *np.flatnonzero(is_wrong)[:wrong]]
    said = np.full(len(points.given), None, dtype=object)
    for row in rows:
        said[row] = f"c{points.truth[row]}" if texts else int(points.truth[row])
    return said, np.array(rows)


@pytest.mark.slow
@METHODS
def test_correct_labels__verified_labels_are_final(points, method):
    audited, rows = asked(points)
    corrected = correct(points.vectors, points.given, audited=audited, method=method)
    assert corrected.label[rows].tolist() == points.truth[rows].tolist()
    assert corrected.given_label.tolist() == points.given.tolist()
    assert corrected.label.dtype == points.given.dtype
    assert (corrected.action[rows] == "verified").all()
    assert corrected.count("verified") == 16
    assert (corrected.confidence[rows] == 1).all()
    right = points.given[rows] == points.truth[rows]
    assert corrected.self_confidence[rows].tolist() == right.astype(float).tolist()
    assert (corrected.review_rank[rows] == 0).all()
    assert np.isnan(corrected.question_value[rows]).all()
    assert (corrected.label == points.truth).mean() >= 0.97


@pytest.mark.slow
def test_correct_labels__audited_text_is_as_audited_integers(points):
    texts = [f"c{label}" for label in points.given]
    as_text = correct(points.vectors, texts, audited=asked(points, texts=True)[0])
    as_number = correct(points.vectors, points.given, audited=asked(points)[0])
    assert as_text.label.tolist() == [f"c{label}" for label in as_number.label]
    assert np.array_equal(as_text.action, as_number.action)
    assert np.array_equal(as_text.confidence, as_number.confidence)
    assert as_text.wrong_share == as_number.wrong_share


@pytest.mark.slow
@pytest.mark.parametrize("nothing", [None, NAN])
def test_correct_labels__audited_by_nobody(points, corrected, nothing):
    audited = [nothing] * 60
    assert same(correct(points.vectors, points.given, audited=audited), corrected)


@pytest.mark.slow
def test_correct_labels__nan_is_no_answer_beside_numbers(points):
    """As pandas has a column of integers with gaps."""
    audited, _ = asked(points)
    gaps = np.array([NAN if answer is None else answer for answer in audited], dtype=object)
    assert same(
        correct(points.vectors, points.given, audited=gaps),
        correct(points.vectors, points.given, audited=audited),
    )


@pytest.mark.slow
def test_correct_labels__integers_of_numpy_are_integers(points):
    audited, _ = asked(points)
    of_numpy = [None if answer is None else np.int64(answer) for answer in audited]
    assert same(
        correct(points.vectors, points.given, audited=of_numpy),
        correct(points.vectors, points.given, audited=audited),
    )


@pytest.mark.slow
def test_correct_labels__cannot_tell_is_no_question_any_more(points, corrected):
    audited = np.full(60, None, dtype=object)
    audited[:5] = CANNOT_TELL
    found = correct(points.vectors, points.given, audited=audited)
    assert np.isnan(found.question_value[:5]).all()
    for name, values in corrected.columns().items():
        if name != "question_value":
            is_float = values.dtype.kind == "f"
            assert np.array_equal(getattr(found, name), values, equal_nan=is_float), name
    assert found.wrong_share == corrected.wrong_share
    assert not set(found.questions(60)) & set(range(5))
    assert len(found.questions(60)) == 55


@pytest.mark.slow
@pytest.mark.parametrize("answer", [NO_CLASS, 77], ids=["of no class", "a class of no row"])
def test_correct_labels__images_of_no_class(points, answer):
    """A label that no row was given is none of the classes; it stands all the same."""
    audited, _ = asked(points)
    stranger = int(np.flatnonzero(points.given == points.truth)[20])
    audited[stranger] = answer
    found = correct(points.vectors, points.given, audited=audited)
    assert found.self_confidence[stranger] == 0
    if answer == NO_CLASS:
        assert found.action[stranger] == "review"
        assert found.reason[stranger] == "of_no_class"
        assert found.review_rank[stranger] == 1
        assert found.label[stranger] == points.given[stranger]
        assert found.confidence[stranger] == 0
    else:
        assert found.action[stranger] == "verified"
        assert found.label[stranger] == 77
        assert found.confidence[stranger] == 1
    assert np.isnan(found.question_value[stranger])


@pytest.mark.slow
def test_correct_labels__a_class_named_as_an_answer_is_that_class(points):
    names = np.array([NO_CLASS, "b", "c"], dtype=object)
    texts = names[points.given]
    row = int(np.flatnonzero(points.given != points.truth)[0])
    audited = np.full(60, None, dtype=object)
    audited[row] = NO_CLASS
    found = correct(points.vectors, texts, audited=audited)
    assert (found.action[row], found.label[row]) == ("verified", NO_CLASS)


@pytest.mark.slow
def test_correct_labels__audited_rows_without_a_usable_vector(points):
    """What a person has said stands; of no class the row stays quarantined."""
    vectors = points.vectors.copy()
    vectors[[0, 1, 2]] = NAN
    audited, _ = asked(points, right=0, wrong=0)
    audited[[0, 1]] = [int(points.truth[0]), NO_CLASS]
    found = correct(vectors, points.given, audited=audited)
    assert found.action[:3].tolist() == ["verified", "quarantined", "quarantined"]
    assert found.label[0] == points.truth[0]
    assert found.wrong_share.rows == 57
    assert not set(found.questions(60)) & {0, 1, 2}


@pytest.mark.slow
def test_correct_labels__all_rows_audited(points):
    """The share is then counted, and there is nothing left to ask."""
    found = correct(points.vectors, points.given, audited=points.truth)
    assert found.label.tolist() == points.truth.tolist()
    assert set(found.action) == {"verified"}
    assert found.wrong_share.share == pytest.approx(0.2, abs=1e-6)
    assert len(found.questions(10)) == 0


@pytest.mark.slow
def test_correct_labels__questions_of_its_result_can_be_answered(points, corrected):
    """A loop: what it asks is answered, and is not asked again."""
    rows = corrected.questions(15, seed=3)
    assert len(set(rows)) == 15
    assert np.array_equal(rows, corrected.questions(15, seed=3))
    chances = corrected.question_chances(15)
    assert chances.sum() == pytest.approx(15)
    assert (chances > 0).all()
    audited = np.full(60, None, dtype=object)
    audited[rows] = points.truth[rows]
    found = correct(points.vectors, points.given, audited=audited, audit_chances=chances)
    assert set(np.flatnonzero(found.action == "verified")) == set(rows)
    assert not set(rows) & set(found.questions(45))
    assert len(found.questions(100)) == 45
    assert found.wrong_share.low <= 0.2 <= found.wrong_share.high


@pytest.mark.slow
def test_correct_labels__chances_of_rows_that_are_not_audited_do_not_count(points):
    audited, rows = asked(points)
    chances = np.full(60, 0.25)
    others = np.zeros(60)
    others[rows] = 0.25
    assert same(
        correct(points.vectors, points.given, audited=audited, audit_chances=chances),
        correct(points.vectors, points.given, audited=audited, audit_chances=others),
    )


@pytest.mark.slow
def test_correct_labels__wrong_share(many, many_corrected):
    assert many_corrected.wrong_share.rows == 240
    assert many_corrected.wrong_share.low <= 0.2 <= many_corrected.wrong_share.high
    assert many_corrected.wrong_share.share == pytest.approx(0.2, abs=0.1)
    assert correct(many.vectors, many.given, method="paper").wrong_share is None


@pytest.mark.slow
def test_correct_labels__answers_narrow_the_share(points, corrected):
    found = correct(points.vectors, points.given, audited=asked(points, right=32, wrong=8)[0])
    before, after = (each.wrong_share.high - each.wrong_share.low for each in (corrected, found))
    assert after < before


@pytest.mark.parametrize(
    ("labels", "audited", "message"),
    [
        ([0, 1, 0, 1], [0, 1, 0], r"expected audited of shape \(4,\).*found shape \(3,\)"),
        ([0, 1, 0, 1], [[0, 1, 0, 1]], r"expected audited of shape \(4,\).*shape \(1, 4\)"),
        ([0, 1, 0, 1], 3, r"expected audited of shape \(4,\).*found shape \(\)"),
        ([0, 1, 0, 1], [None, "a", None, None], r"audited\[1\]: expected an integer.*found 'a'"),
        ([0, 1, 0, 1], [None, None, 0.5, None], r"audited\[2\]: expected an integer.*found 0\.5"),
        ([0, 1, 0, 1], [True, None, None, None], r"audited\[0\]: expected an integer.*found True"),
        (list("abab"), [None, None, None, 1], r"audited\[3\]: expected text.*found 1"),
        (list("abab"), [" ", None, None, None], r"audited\[0\]: expected text that is not empty"),
    ],
)
def test_correct_labels__audited_refused(labels, audited, message):
    with pytest.raises(InputError, match=message):
        correct_labels(VECTORS, labels, audited=audited)


@pytest.mark.parametrize(
    ("chances", "message"),
    [
        ([0.5, 0.5], r"expected audit_chances of shape \(4,\), numbers, found shape \(2,\)"),
        (["a"] * 4, r"expected audit_chances of shape \(4,\), numbers.*of type <U1"),
        ([0.0, 0.5, 0.5, 0.5], r"audit_chances\[0\]: expected a number above 0 .* found 0\.0"),
        ([NAN, 0.5, 0.5, 1.5], r"audit_chances\[3\]: .* at most 1 .* found 1\.5"),
        ([0.5, -0.5, 0.5, 1.0], r"audit_chances\[1\]: .* found -0\.5"),
    ],
)
def test_correct_labels__audit_chances_refused(chances, message):
    with pytest.raises(InputError, match=message):
        correct_labels(VECTORS, LABELS, audited=list("abab"), audit_chances=chances)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a", "b", "a"], r"expected embeddings of shape \(3, D\).*found shape \(4, 4\)"),
        (["a", None, "a", "b"], r"given_labels\[1\]: expected text .* found None"),
        (["a", "b", NAN, "b"], r"given_labels\[2\]: expected text .* found nan"),
        (["a", "b", "a", ""], r"given_labels\[3\]: expected text .* found ''"),
        ([" ", "b", "a", "b"], r"given_labels\[0\]: expected text .* found ' '"),
        (["a", 1, "a", 1], r"given_labels\[1\]: expected text .* or only integers, found 1"),
        ([0.0, 1.0, 0.0, 1.0], r"text or integers, found shape \(4,\) of type float64"),
        ([1, NAN, 1, 0], r"text or integers, found shape \(4,\) of type float64"),
        ([True, False] * 2, r"text or integers, found shape \(4,\) of type bool"),
        ([["a"], ["b"], ["a"], ["b"]], r"of shape \(N,\), text or integers, found shape \(4, 1\)"),
        ([["a"], ["b", "a"], ["b"]], "expected given_labels as an array, found rows of"),
        ("abab", r"of shape \(N,\), text or integers, found shape \(\)"),
        ([], r"of shape \(N,\), text or integers, found shape \(0,\)"),
        (["a"] * 4, "expected at least 2 classes among the usable rows, found 1"),
        ([5] * 4, "expected at least 2 classes among the usable rows, found 1"),
    ],
)
def test_correct_labels__labels_refused(labels, message):
    with pytest.raises(InputError, match=message):
        correct(VECTORS, labels)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.eye(5), r"shape \(4, D\), one row of numbers for each label, found shape \(5, 5\)"),
        (np.ones(4), r"found shape \(4,\) of type float64"),
        (np.ones((4, 2, 2)), r"found shape \(4, 2, 2\)"),
        (np.ones((4, 0)), r"found shape \(4, 0\)"),
        (np.full((4, 2), "x"), r"found shape \(4, 2\) of type <U1"),
        (np.ones((4, 2), dtype=complex), "of type complex128"),
        (np.array([[None, 1.0]] * 4), r"found shape \(4, 2\) of type object"),
        ([[1.0], [1.0, 2.0], [1.0], [1.0]], "expected embeddings as an array, found rows"),
        (np.zeros((4, 2)), "expected at least 2 classes among the usable rows, found 0"),
        (np.diag([1.0, 0, 1, 0]), "expected at least 2 classes among the usable rows, found 1"),
    ],
)
def test_correct_labels__embeddings_refused(vectors, message):
    with pytest.raises(InputError, match=message):
        correct(vectors, LABELS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"neighbours": 0}, "neighbours: expected at least 1, found 0"),
        ({"seed": -1}, "seed: expected at least 0, found -1"),
        ({"min_confidence": 1.5}, "min_confidence: expected a probability from 0 to 1"),
        ({"min_precision": -0.5}, "min_precision: expected a probability from 0 to 1"),
        ({"method": "best"}, "method: expected one of noise-aware, paper, found 'best'"),
        ({"method": "paper", "fast": True}, "fast: expected method noise-aware, found 'paper'"),
        ({"device": "tpu"}, "device: expected one of auto, cpu, cuda, found 'tpu'"),
    ],
)
def test_correct_labels__options_refused(options, message):
    with pytest.raises(InputError, match=message):
        correct(VECTORS, LABELS, **options)


@pytest.fixture
def inputs(tmp_path, points):
    """60 vectors of any length, one of them unusable, and a manifest of text labels."""
    vectors = points.vectors * np.linspace(0.1, 9, 60, dtype=np.float32)[:, None]
    vectors[8] = np.nan
    np.save(tmp_path / "vectors.npy", vectors)
    labels = [f"class {label}" for label in points.given]
    rows = [f"{row}.png,{label}" for row, label in enumerate(labels)]
    (tmp_path / "manifest.csv").write_text("\n".join(["image,label", *rows]), encoding="utf-8")
    return vectors, labels


def check_same_table(path, corrected):
    """The CSV has every number to the last digit."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for name in ("label", "given_label", "suggested_label", "action"):
        assert [row[name] or None for row in rows] == getattr(corrected, name).tolist()
    for name in ("confidence", "self_confidence", "neighbour_agreement"):
        found = np.array([float(row[name] or "nan") for row in rows])
        assert np.array_equal(found, getattr(corrected, name), equal_nan=True), name


@pytest.mark.slow
def test_run__same_as_correct_labels(labelfix, tmp_path, inputs, small):
    outcome = labelfix(
        *("run", tmp_path, "manifest.csv", "--encoder", "precomputed:vectors.npy"),
        *("--width", 8, "--neighbours", 7, "--seed", 3, "--device", "cpu", "--out", "fixed.csv"),
    )
    assert outcome.code == 0, outcome.stderr
    corrected = correct(*inputs, seed=3, neighbours=7, train=TrainOptions(width=8))
    check_same_table(tmp_path / "fixed.csv", corrected)
    assert len(set(corrected.confidence)) > 10


def pipeline_options(tmp_path):
    return PipelineOptions(
        embed=EmbedOptions(encoder=f"precomputed:{tmp_path / 'vectors.npy'}", device="cpu"),
        index=IndexOptions(device="cpu"),
        train=replace(QUICK, device="cpu"),
        relabel=RelabelOptions(device="cpu"),
    )


@pytest.mark.slow
def test_run_pipeline__four_stages_then_none(tmp_path, inputs, listener):
    workspace = open_workspace(tmp_path / ".labelfix")
    images = EmbedInputs(images=tmp_path, manifest=tmp_path / "manifest.csv")
    out = tmp_path / "fixed.csv"
    options = pipeline_options(tmp_path)
    results = []

    def run(rerun):
        results.clear()
        return run_pipeline(workspace, images, out, options, listener, rerun, results.append)

    corrected = run(Rerun())
    check_same_table(out, corrected)
    assert same(corrected, correct(*inputs))
    stages = ["embed", "index", "train", "relabel"]
    assert [(result.record.stage, result.skipped) for result in results] == [
        (stage, False) for stage in stages
    ]
    assert [result.record.rows.used for result in results] == [59] * 4
    out.unlink()
    assert same(corrected, run(Rerun(frozen=True)))
    assert [(result.record.stage, result.skipped) for result in results] == [
        (stage, True) for stage in stages
    ]
    check_same_table(out, corrected)


def test_run_pipeline__output_is_checked_before_any_work(tmp_path, inputs, listener):
    workspace = open_workspace(tmp_path / ".labelfix")
    manifest = tmp_path / "manifest.csv"
    options = pipeline_options(tmp_path)
    with pytest.raises(OutputError, match="is the manifest itself"):
        run_pipeline(
            workspace,
            EmbedInputs(images=tmp_path, manifest=manifest),
            manifest,
            options,
            listener,
            Rerun(),
            lambda _: None,
        )
    assert not workspace.manifest.exists()
    assert listener.begun == []


def test_getattr__python_api():
    from labelfix.data.corrections import Corrections
    from labelfix.errors import LabelfixError

    assert package.correct_labels is correct_labels
    assert package.Corrections is Corrections
    assert package.LabelfixError is LabelfixError
    with pytest.raises(AttributeError, match="module 'labelfix' has no attribute 'correct'"):
        package.correct  # noqa: B018


@pytest.mark.parametrize("method", ["paper", "noise-aware"])
def test_correct_labels__image_branch_has_no_images(clusters, method):
    points = clusters(20, 2)
    options = TrainOptions(method="paper", image_branch="resnet34")
    with pytest.raises(InputError, match="no image_branch, found 'resnet34': arrays hold"):
        correct_labels(points.vectors, points.given, method=method, train=options)


# ---------------------------------------------------------------- several encoders


@pytest.mark.slow
def test_correct_labels__arrays_of_several_encoders(clusters):
    """Each array may be of another length; only both together tell the four classes apart."""
    points = clusters(120, 2, wrong_share=0.1)
    other = clusters(120, 2, seed=3)
    random = np.random.default_rng(5).permutation(120)
    truth = 2 * points.truth + other.truth[random]
    given = truth.copy()
    given[::8] = (given[::8] + 1) % 4
    views = [5 * points.vectors, other.vectors[random]]
    both = correct(views, given)
    assert (both.label == truth).mean() > (given == truth).mean()
    scaled = correct([views[0], 8 * views[1]], given)  # each array has the same say
    np.testing.assert_array_equal(both.confidence, scaled.confidence)


@pytest.mark.slow
def test_correct_labels__one_array_in_a_list(clusters):
    points = clusters(60, 3, wrong_share=0.1)
    alone = correct(points.vectors, points.given)
    listed = correct((points.vectors,), points.given)
    np.testing.assert_array_equal(alone.confidence, listed.confidence)


@pytest.mark.slow
def test_correct_labels__row_that_one_encoder_cannot_use(clusters):
    points = clusters(60, 3, wrong_share=0.1)
    broken = points.vectors.copy()
    broken[7] = np.nan
    found = correct([points.vectors, broken], points.given)
    assert np.flatnonzero(found.action == "quarantined").tolist() == [7]


def test_correct_labels__array_of_other_rows_names_it(clusters):
    points = clusters(60, 3)
    with pytest.raises(InputError, match=r"expected embeddings\[1\] of shape \(60, D\)"):
        correct_labels([points.vectors, points.vectors[:9]], points.given)


@pytest.mark.slow
def test_correct_labels__class_vectors_of_one_of_the_arrays(clusters):
    points = clusters(60, 3, wrong_share=0.1)
    views = [points.vectors, np.eye(3)[points.truth]]
    of_one = correct(views, points.given, class_vectors=np.eye(3))
    padded = np.hstack([np.zeros((3, 16)), np.eye(3)])
    of_all = correct(views, points.given, class_vectors=padded)
    np.testing.assert_array_equal(of_one.confidence, of_all.confidence)
    with pytest.raises(InputError, match=r"just one of the encoders \(16, 3 values\)"):
        correct_labels(views, points.given, class_vectors=np.eye(3, 5))
