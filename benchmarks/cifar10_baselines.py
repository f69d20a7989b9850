"""Baselines on the same embeddings: a vote, a regression, and cleanlab.

The last two need scikit-learn and cleanlab; `missing` lists those that are not installed.
"""

import importlib.util

import numpy as np
from cifar10_methods import Answer, Method, Problem
from cifar10_neighbours import majority, nearest_to, neighbours_of
from peers import out_of_fold
from resumable import TimedCheckpoints

NEEDED = {
    "knn": {},
    "logistic_regression": {"sklearn": "scikit-learn"},
    "cleanlab": {"sklearn": "scikit-learn", "cleanlab": "cleanlab"},
}
"""Of each: module to the name under which it is installed."""


def missing(name: str) -> list[str]:
    """The packages that a baseline needs and that are not installed."""
    return [
        library
        for module, library in NEEDED[name].items()
        if importlib.util.find_spec(module) is None
    ]


def knn(problem: Problem, _: TimedCheckpoints) -> Answer:
    """The vote of the nearest training images; an image's own label does not count."""
    others = neighbours_of(problem.train, problem.device)
    nearest = nearest_to(problem.test, problem.train, problem.device)
    train, test = (
        majority(problem.given[found.indices], problem.classes) for found in (others, nearest)
    )
    return Answer(train, test)


def logistic_regression(problem: Problem, _: TimedCheckpoints) -> Answer:
    """The likeliest class: out of fold in training, of a regression on all of it in the test."""
    after = out_of_fold(problem.train, problem.given).argmax(axis=1)
    every = np.ones(len(problem.given), dtype=bool)
    return Answer(after, _regression(problem, every))


def cleanlab(problem: Problem, _: TimedCheckpoints) -> Answer:
    """The likeliest class where it flags; in the test a regression on what it does not flag.

    That is what its CleanLearning trains.
    """
    from cleanlab.filter import find_label_issues

    chances = out_of_fold(problem.train, problem.given)
    flagged = find_label_issues(problem.given, chances, n_jobs=1)
    after = np.where(flagged, chances.argmax(axis=1), problem.given)
    return Answer(after, _regression(problem, ~flagged), {"flagged": int(np.sum(flagged))})


def _regression(problem: Problem, rows: np.ndarray) -> np.ndarray:
    """(M,) classes of the test images by a regression on some of the training images."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=1000)
    return model.fit(problem.train[rows], problem.given[rows]).predict(problem.test)


BASELINES: dict[str, Method] = {
    "knn": knn,
    "logistic_regression": logistic_regression,
    "cleanlab": cleanlab,
}
