"""One function per way to correct labels, and a process of its own for each.

    python benchmarks/peers.py METHOD FOLDER

FOLDER holds `embeddings.npy`, (N, D) float32 of length 1, and `given.npy`, (N,) int64 classes from
0. The outcome goes to `METHOD.npz` there, with the seconds that the method took: imports, reading
and writing do not count.
"""

import importlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from neighbour_methods import Classes, Vectors, elected, nearest, selfclean_score, votes

if TYPE_CHECKING:
    from labelfix import Corrections

NEIGHBOURS = 10
FOLDS = 5

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """A method's output for N rows.

    Attributes:
        labels: (N,) int64, after correction.
        suspicion: (N,), larger the likelier the given label is wrong; all NaN where there is none.
        confidence: (N,) in [0, 1], the claimed probability that `labels` is right; NaN: no claim.
    """

    labels: Classes
    suspicion: Numbers
    confidence: Numbers


Correct = Callable[[Vectors, Classes], Outcome]


def given_labels(_: Vectors, given: Classes) -> Outcome:
    """The given labels, unchanged."""
    return Outcome(given, _nothing(given), _nothing(given))


def knn(vectors: Vectors, given: Classes) -> Outcome:
    """The vote of the nearest neighbours; a row's own label does not count."""
    labels = given[nearest(vectors, NEIGHBOURS)]
    counts = votes(labels, given.max() + 1)
    share = counts / labels.shape[1]
    after = elected(labels, counts)
    return Outcome(after, 1 - _of(share, given), _of(share, after))


def logistic_regression(vectors: Vectors, given: Classes) -> Outcome:
    """The likeliest class out of fold."""
    return likeliest(out_of_fold(vectors, given), given)


def likeliest(probabilities: Numbers, given: Classes) -> Outcome:
    """The class of the largest of (N, C) probabilities, whatever was given."""
    after = probabilities.argmax(axis=1)
    return Outcome(after, 1 - _of(probabilities, given), _of(probabilities, after))


def cleanlab(vectors: Vectors, given: Classes) -> Outcome:
    """Confident learning on the same probabilities; the likeliest class where it flags."""
    return confident_learning(out_of_fold(vectors, given), given)


def confident_learning(probabilities: Numbers, given: Classes) -> Outcome:
    """What cleanlab makes of (N, C) probabilities out of fold."""
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    flagged = find_label_issues(given, probabilities, n_jobs=1)
    after = np.where(flagged, probabilities.argmax(axis=1), given)
    quality = get_label_quality_scores(given, probabilities)
    return Outcome(after, 1 - quality, _of(probabilities, after))


def datalab(vectors: Vectors, given: Classes) -> Outcome:
    """Datalab of cleanlab, on the embeddings: the class it predicts where it sees an issue."""
    from cleanlab import Datalab

    lab = Datalab({"y": given}, label_name="y", verbosity=0)
    lab.find_issues(features=vectors, issue_types={"label": {"k": NEIGHBOURS}})
    issues = lab.get_issues("label")
    predicted = issues["predicted_label"].to_numpy().astype(np.int64)
    after = np.where(issues["is_label_issue"].to_numpy(), predicted, given)
    return Outcome(after, 1 - issues["label_score"].to_numpy(), _nothing(given))


def selfclean(vectors: Vectors, given: Classes) -> Outcome:
    """SelfClean's score; it proposes no label."""
    return Outcome(given, 1 - selfclean_score(vectors, given), _nothing(given))


def simifeat(vectors: Vectors, given: Classes) -> Outcome:
    """SimiFeat's ranking: the neighbours' vote where it flags; its voting alone is `knn`."""
    import simifeat

    neighbours = nearest(vectors, NEIGHBOURS)
    classes = int(given.max()) + 1
    triples = np.column_stack([given, given[neighbours[:, :2]]])
    noise = simifeat.fit_noise(simifeat.consensus(triples, classes))
    counts = votes(given[neighbours], classes)
    scores = simifeat.agreement(counts, given)
    flagged = simifeat.flag_lowest(scores, given, simifeat.wrong_shares(noise, given))
    after = np.where(flagged, elected(given[neighbours], counts), given)
    return Outcome(after, 1 - scores, _nothing(given))


def lra(vectors: Vectors, given: Classes) -> Outcome:
    """LRA-diffusion as in its paper: the likeliest class of the denoiser, however likely it is.

    Where labelfix itself would keep the given label, what it says of that is no claim of this.
    """
    corrections = _corrections(vectors, given, method="paper")
    labels = corrections.suggested_label.astype(np.int64)
    confidence = np.where(labels == corrections.label, corrections.confidence, np.nan)
    return Outcome(labels, 1 - corrections.self_confidence, confidence)


def labelfix(vectors: Vectors, given: Classes) -> Outcome:
    """The default of labelfix."""
    corrections = _corrections(vectors, given, method="noise-aware", min_precision=None)
    labels = corrections.label.astype(np.int64)
    return Outcome(labels, 1 - corrections.self_confidence, corrections.confidence)


def _corrections(vectors: Vectors, given: Classes, **options: object) -> "Corrections":
    from labelfix import correct_labels

    return correct_labels(vectors, given, **options)


def out_of_fold(vectors: Vectors, given: Classes) -> Numbers:
    """(N, C) out-of-fold probabilities, computed as usual with cleanlab."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    model = LogisticRegression(max_iter=1000)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    found = cross_val_predict(model, vectors, given, cv=folds, method="predict_proba")
    return np.asarray(found, dtype=np.float64)


def _of(values: Numbers, classes: Classes) -> Numbers:
    """(N,), of (N, C) values those of each row's class."""
    return values[np.arange(len(classes)), classes]


def _nothing(given: Classes) -> Numbers:
    return np.full(len(given), np.nan)


@dataclass(frozen=True)
class Method:
    """A way to correct labels, the modules it needs, and those that it must not see."""

    correct: Correct
    modules: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


SKLEARN = ("sklearn.linear_model", "sklearn.model_selection")
LABELFIX = ("labelfix.pipeline", "labelfix.retrieval.faiss_engines", "torch")

METHODS = {
    "given": Method(given_labels),
    "knn": Method(knn),
    "logistic_regression": Method(logistic_regression, SKLEARN),
    # cleanlab loads Datalab wherever datasets is there; without it, it is smaller and faster.
    "cleanlab": Method(cleanlab, (*SKLEARN, "cleanlab"), hidden=("datasets",)),
    "datalab": Method(datalab, ("cleanlab", "datasets")),
    "selfclean": Method(selfclean),
    "simifeat": Method(simifeat, ("simifeat",)),
    "lra": Method(lra, LABELFIX),
    "labelfix": Method(labelfix, LABELFIX),
}


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    method = METHODS[name]
    for module in method.hidden:
        sys.modules[module] = None  # type: ignore[assignment]
    for module in method.modules:
        importlib.import_module(module)
    vectors, given = np.load(folder / "embeddings.npy"), np.load(folder / "given.npy")
    started = time.perf_counter()
    outcome = method.correct(vectors, given)
    seconds = time.perf_counter() - started
    np.savez(folder / f"{name}.npz", seconds=seconds, **vars(outcome))


if __name__ == "__main__":
    main()
