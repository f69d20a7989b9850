"""`LabelCleaner`: a scikit-learn estimator that finds and corrects wrong labels."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from labelfix.errors import ArrayError, InputError
from labelfix.library.progress_bar import shown
from labelfix.library.scikit_protocol import estimator_tags, feature_names, not_fitted
from labelfix.options.index_options import IndexOptions
from labelfix.options.relabel_options import RelabelOptions
from labelfix.options.train_options import NOISE_AWARE, TrainOptions
from labelfix.runtime.device import resolve_device
from labelfix.runtime.progress import Progress
from labelfix.runtime.threads import calm_threads

if TYPE_CHECKING:
    from labelfix.library.array_fit import ArrayFit, FitOptions
    from labelfix.library.results import LabelCorrections

Embedded: TypeAlias = npt.ArrayLike | Sequence[npt.ArrayLike]
"""(N, D) numbers by one encoder, or a list of such arrays by several, each with its own D."""


class LabelCleaner:
    """Finds and corrects wrong labels of embedded images; a scikit-learn classifier.

    `fit` learns from labels that may be wrong, and `corrections_` has what it found in them.
    After that it predicts the classes of new images and judges new labels.

    Args:
        seed: the same seed gives the same result on the same machine.
        neighbours: K, the most similar images that count; None takes 10, or the preset's.
        engine: how neighbours are searched: `exact`, `ivf`, `hnsw` or `torch`.
        device: `auto`, `cpu` or `cuda`.
        method: `noise-aware`, or `paper` (LRA-diffusion, Chen et al., NeurIPS 2023).
        fast: smaller denoisers and fewer folds.
        min_precision: changed labels are expected right with at least this probability; None
            makes the expected number of right labels largest.
        min_confidence: a label is changed only to one of at least this probability.
        train: more options of the training; `seed`, `device`, `method` and `fast` here win.
        progress: None shows a bar where a person watches and the work takes over 3 s, True
            always, False never; a `Progress` is told instead.

    Attributes:
        corrections_: a correction for each row that was learned from.
        classes_: (C,) the labels, sorted.
        n_features_in_: D, the values of an embedding.
        feature_names_in_: (D,) the columns' names, where X was a data frame with text names.
    """

    corrections_: "LabelCorrections"
    classes_: npt.NDArray[Any]
    n_features_in_: int
    feature_names_in_: npt.NDArray[Any]

    def __init__(
        self,
        *,
        seed: int = TrainOptions.seed,
        neighbours: int | None = None,
        engine: str = IndexOptions.engine,
        device: str = TrainOptions.device,
        method: str = NOISE_AWARE,
        fast: bool = TrainOptions.fast,
        min_precision: float | None = RelabelOptions.min_precision,
        min_confidence: float = RelabelOptions.min_confidence,
        train: TrainOptions | None = None,
        progress: Progress | bool | None = None,
    ) -> None:
        self.seed = seed
        self.neighbours = neighbours
        self.engine = engine
        self.device = device
        self.method = method
        self.fast = fast
        self.min_precision = min_precision
        self.min_confidence = min_confidence
        self.train = train
        self.progress = progress

    def fit(
        self,
        X: Embedded,  # noqa: N803 - scikit-learn's name
        y: npt.ArrayLike,
        *,
        annotators: npt.ArrayLike | None = None,
        audited: npt.ArrayLike | None = None,
        audit_chances: npt.ArrayLike | None = None,
        class_vectors: npt.ArrayLike | None = None,
    ) -> Self:
        """Learn from labels that may be wrong, and correct them.

        Args:
            X: (N, D) numbers, any length; a row that is not finite or all zeros is quarantined.
                By several encoders: a list or tuple of such arrays, each with its own D.
            y: (N,) text or integers; the corrections hold the same.
            annotators: (N,) text, who gave each label; each then has a noise matrix of its own.
            audited: (N,) true labels that a person has verified, `NO_CLASS` or `CANNOT_TELL`;
                None where nobody was asked. They are final, and teach how much noise there is.
            audit_chances: (N,) how likely each row was drawn to be asked, as
                `Corrections.question_chances` has it; None takes all to have been as likely.
            class_vectors: (C, D) a vector for each class, in the order of `np.unique(y)`, as the
                text tower of the encoder makes it of the class's name.

        Raises:
            ArrayError: other shapes or types, missing labels, fewer than 2 classes, class vectors
                beside the method of the paper, or an image branch, which would need images.
        """
        with self._at_work() as progress:
            from labelfix.library.array_fit import GivenArrays, fit_arrays

            given = GivenArrays(
                embeddings=X,
                labels=y,
                annotators=annotators,
                audited=audited,
                audit_chances=audit_chances,
                class_vectors=class_vectors,
            )
            fit, corrections = fit_arrays(given, self._options(), progress)
        self._keep(fit, corrections, feature_names(X))
        return self

    def predict_proba(self, X: Embedded) -> npt.NDArray[np.float64]:  # noqa: N803
        """(M, C) the probability of each class, in the order of `classes_`; rows sum to 1.

        Args:
            X: (M, D) embeddings of new images, as `fit` had them; a row that is not finite or all
                zeros gets the share of each class among the labels of the training.

        Raises:
            ArrayError: another shape or type.
        """
        fit = self._fitted(X)
        with self._at_work() as progress:
            from labelfix.library.unseen_arrays import true_class_probabilities, unseen_rows

            device = resolve_device(self.device)
            unseen = unseen_rows(fit, X, None, device, progress)
            return true_class_probabilities(fit, unseen, device, progress)

    def predict(self, X: Embedded) -> npt.NDArray[Any]:  # noqa: N803
        """(M,) the likeliest class of each new image; arguments as `predict_proba`."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        predicted: npt.NDArray[Any] = self.classes_[likeliest]
        return predicted

    def score(self, X: Embedded, y: npt.ArrayLike) -> float:  # noqa: N803
        """The share of labels that equal the prediction; y may be wrong, so 1 is no aim."""
        return float(np.mean(self.predict(X) == np.asarray(y)))

    def judge(self, X: Embedded, y: npt.ArrayLike | None = None) -> "LabelCorrections":  # noqa: N803
        """Judge the labels of new images, and predict those that are missing.

        Args:
            X: (M, D) embeddings of new images, as `fit` had them.
            y: (M,) labels as `fit` had them, None or empty where there is none.

        Raises:
            ArrayError: another shape or type than `fit` had.
        """
        fit = self._fitted(X)
        with self._at_work() as progress:
            from labelfix.library.unseen_arrays import judge_rows, unseen_rows

            device = resolve_device(self.device)
            options = self._relabel_options(device)
            unseen = unseen_rows(fit, X, y, device, progress)
            return judge_rows(fit, unseen, options, progress)

    def save(self, folder: str | Path) -> None:
        """Write the fitted cleaner into a folder: safetensors, Parquet and JSON, never pickle.

        Args:
            folder: is made; an earlier cleaner in it is replaced.

        Raises:
            OutputError: the folder holds something else, or cannot be written.
        """
        from labelfix.library.cleaner_folder import save_cleaner

        save_cleaner(Path(folder), self, self._fitted())

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a cleaner back, or take over a workspace that `labelfix run` has left.

        Args:
            folder: of `save`, or a workspace.

        Raises:
            MissingStageError: there is neither, or the workspace is not trained.
            WorkspaceError: a file is damaged or of another version.
        """
        cleaner = cls()
        with calm_threads():
            from labelfix.library.cleaner_folder import load_cleaner

            loaded = load_cleaner(Path(folder))
        cleaner.set_params(**loaded.parameters)
        cleaner._keep(loaded.fit, loaded.corrections, loaded.feature_names)
        return cleaner

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - scikit-learn's
        """The arguments of the constructor by their names."""
        return {name: getattr(self, name) for name in signature(LabelCleaner).parameters}

    def set_params(self, **params: Any) -> Self:
        """Change arguments of the constructor.

        Raises:
            ArrayError: there is no argument of such a name.
        """
        known = signature(LabelCleaner).parameters
        for name, value in params.items():
            if name not in known:
                raise ArrayError(f"expected parameters of {', '.join(known)}, found {name!r}")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        default = signature(LabelCleaner).parameters
        given = {
            name: value
            for name, value in self.get_params().items()
            if value != default[name].default
        }
        return f"LabelCleaner({', '.join(f'{name}={value!r}' for name, value in given.items())})"

    def __sklearn_tags__(self) -> Any:
        return estimator_tags()

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_fit")

    def _options(self) -> "FitOptions":
        from labelfix.library.array_fit import FitOptions, check_needs_no_images

        given = self.train or TrainOptions()
        check_needs_no_images(given)
        train = replace(
            given, seed=self.seed, device=self.device, method=self.method, fast=self.fast
        )
        neighbours = self.neighbours
        if neighbours is None:
            neighbours = given.wanted_neighbours or IndexOptions.neighbours
        return FitOptions(
            index=IndexOptions(engine=self.engine, neighbours=neighbours, device=self.device),
            train=train,
            relabel=self._relabel_options(self.device),
        )

    def _relabel_options(self, device: str) -> RelabelOptions:
        return RelabelOptions(
            device=device,
            min_precision=self.min_precision,
            min_confidence=self.min_confidence,
        )

    def _keep(
        self, fit: "ArrayFit", corrections: "LabelCorrections", names: list[str] | None
    ) -> None:
        self._fit = fit
        self.corrections_ = corrections
        self.classes_ = np.array(fit.rows.class_values)
        self.n_features_in_ = sum(fit.dimensions)
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _fitted(self, table: Any = None) -> "ArrayFit":
        """What was learned, once it is known that a new table has the columns that it had."""
        if not hasattr(self, "_fit"):
            raise not_fitted(type(self).__name__)
        names = feature_names(table)
        known = getattr(self, "feature_names_in_", None)
        if names is not None and known is not None and names != known.tolist():
            raise ArrayError(
                "expected the columns that fit had, in their order, found others",
                "The first columns of fit: " + ", ".join(known[:5]),
            )
        return self._fit

    @contextmanager
    def _at_work(self) -> Iterator[Progress]:
        """Threads that stay calm, a progress bar, and errors that are ValueErrors too."""
        try:
            with calm_threads(), shown(self.progress) as progress:
                yield progress
        except InputError as error:
            raise ArrayError(error.message, error.hint) from error
