"""Do class vectors set labels right as far as they know the classes, and do no harm otherwise?

Real embeddings and people's labels (`--data`: train_labels.csv and mobilenetv2_train.npy). Class
vectors are made without the measured rows' given labels:

- random: they know nothing;
- own space: directions that are fitted to the truth of other images, with noise added until they
  classify as well as is wanted;
- hidden: in a few dimensions beside the embeddings, of small length, as the part of an image's
  vector that texts tell apart is small; an image's place there follows its truth, with noise until
  the class vectors classify as well as is wanted.

Truth is used for these made vectors and for the figures only.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from measuring import save
from noise_data import read_columns
from quality_figures import calibration_error, reliability

from labelfix.config import RelabelOptions, TrainOptions
from labelfix.correction.row_corrections import correct_rows
from labelfix.data.image_labels import LabelledImages
from labelfix.methods.method import GivenLabels
from labelfix.methods.registry import find_method
from labelfix.methods.rows import GivenRows
from labelfix.progress import Silent
from labelfix.retrieval.registry import make_engine
from labelfix.retrieval.search import find_neighbours

COLUMNS = ("worse_label", "aggre_label", "pmd35_label")
OTHER_ROWS = 15_000
HIDDEN, HIDDEN_LENGTH = 16, 0.1
BISECTIONS = 40

Vectors = npt.NDArray[np.float32]
Classes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class View:
    """Images, and the class vectors that are measured on them."""

    images: Vectors
    by_name: dict[str, Vectors]


def unit(vectors: npt.NDArray[np.floating]) -> Vectors:
    """Vectors of length 1."""
    scaled: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def accuracy(images: Vectors, vectors: Vectors, true: Classes) -> float:
    """Of the nearest class vector alone."""
    return float(((images @ vectors.T).argmax(axis=1) == true).mean())


def directions(images: Vectors, true: Classes) -> Vectors:
    """What logistic regression on the truth of some images has for each class."""
    from sklearn.linear_model import LogisticRegression

    return unit(LogisticRegression(fit_intercept=False).fit(images, true).coef_)


def noisy(images: Vectors, vectors: Vectors, true: Classes, wanted: float) -> Vectors:
    """Class vectors with noise, so that they classify with an accuracy that is wanted."""
    noise = unit(np.random.default_rng(0).normal(size=vectors.shape))
    low, high = 0.0, 10.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        is_better = accuracy(images, unit(vectors + middle * noise), true) > wanted
        low, high = (middle, high) if is_better else (low, middle)
    return unit(vectors + low * noise)


def hidden(images: Vectors, true: Classes, wanted: float) -> View:
    """Images with a small part by their truth, which the class vectors lie in."""
    random = np.random.default_rng(0)
    classes = int(true.max()) + 1
    centres = np.linalg.qr(random.normal(size=(HIDDEN, classes)))[0].T.astype(np.float32)
    noise = random.normal(size=(len(images), HIDDEN))
    low, high = 0.0, 20.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        is_better = accuracy(unit(middle * centres[true] + noise), centres, true) > wanted
        low, high = (low, middle) if is_better else (middle, high)
    part = HIDDEN_LENGTH * unit(high * centres[true] + noise)
    beside = np.zeros((classes, images.shape[1]), dtype=np.float32)
    name = f"hidden {wanted:.0%}"
    return View(unit(np.hstack([images, part])), {name: np.hstack([beside, centres])})


def views(every: Vectors, true: Classes, rows: int) -> Iterator[View]:
    """All that is measured on the first rows, from what the rows after them tell."""
    others = np.random.default_rng(0).choice(np.arange(rows, len(true)), OTHER_ROWS, replace=False)
    best, images = directions(every[others], true[others]), every[:rows]
    own = {
        f"random {seed}": unit(np.random.default_rng(seed).normal(size=best.shape))
        for seed in range(3)
    }
    own |= {f"own space {each:.0%}": noisy(images, best, true[:rows], each) for each in (0.6, 0.7)}
    yield View(images, {**own, "own space, best": best})
    for wanted in (0.6, 0.8, 0.95):
        yield hidden(images, true[:rows], wanted)


def measure(view: View, given: npt.NDArray[np.str_], true: npt.NDArray[np.str_]) -> list[dict]:
    """Figures without class vectors and with each of the view's."""
    names, classes = np.unique(given, return_inverse=True)
    index = make_engine("exact", "cpu")
    index.add(view.images)
    found = find_neighbours(index, view.images, 10, Silent())
    data = GivenLabels(view.images, classes, found, len(names))
    judge, _ = find_method("noise-aware").fit(data, TrainOptions().of_method(), "cpu", Silent())
    each = np.arange(len(given))
    labelled = LabelledImages(
        class_names=names.tolist(), labels=classes, row_images=each, row_labels=classes
    )
    rows = GivenRows(view.images, found, labelled, given, names.tolist(), [""] * len(given))
    figures = []
    true_classes = np.searchsorted(names, true)
    for name, vectors in {"none": None, **view.by_name}.items():
        done, estimate = correct_rows(
            replace(rows, class_vectors=vectors), judge, RelabelOptions("cpu"), "cpu", Silent()
        )
        right = done.label == true
        alone = None if vectors is None else accuracy(view.images, vectors, true_classes)
        figures.append(
            {
                "class_vectors": name,
                "right_by_names_alone": alone,
                "right_before": float((given == true).mean()),
                "right_after": float(right.mean()),
                "calibration_error": calibration_error(reliability(right, done.confidence)),
                "expected_more_right": estimate.more_right if estimate else None,
            }
        )
        print(figures[-1], flush=True)
    return figures


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--columns", nargs="+", default=COLUMNS)
    asked = parser.parse_args()
    labels = {
        name: np.array(each) for name, each in read_columns(asked.data / "train_labels.csv").items()
    }
    every = unit(np.load(asked.data / "mobilenetv2_train.npy").astype(np.float32))
    true = labels["true_label"]
    classes = np.unique(true, return_inverse=True)[1]
    settings = {
        column: [
            line
            for view in views(every, classes, asked.rows)
            for line in measure(view, labels[column][: asked.rows], true[: asked.rows])
        ]
        for column in asked.columns
    }
    save("class_vectors", {"rows": asked.rows, "encoder": "mobilenetv2", "settings": settings})


if __name__ == "__main__":
    main()
