"""What scikit-learn asks of an estimator, without a dependency on it.

scikit-learn is loaded only where it asks itself, or is loaded already.
"""

import sys
from typing import Any

from labelfix.errors import MissingStageError


def estimator_tags() -> Any:
    """The tags of a classifier that takes rows with missing numbers and puts them aside."""
    from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

    return Tags(
        estimator_type="classifier",
        target_tags=TargetTags(required=True),
        classifier_tags=ClassifierTags(),
        input_tags=InputTags(allow_nan=True),
    )


def not_fitted(name: str) -> Exception:
    """What an estimator raises before `fit`; also scikit-learn's own kind where that is loaded."""
    kinds: tuple[type[Exception], ...] = (MissingStageError,)
    loaded = sys.modules.get("sklearn.exceptions")
    if loaded is not None:
        kinds = (MissingStageError, loaded.NotFittedError)
    kind = type("NotFittedError", kinds, {"__doc__": "The estimator is not fitted yet."})
    error: Exception = kind(f"this {name} is not fitted yet", "Call fit(X, y) or load(folder).")
    return error


def feature_names(table: Any) -> list[str] | None:
    """The columns of a data frame where all have text names; None for anything else."""
    columns = getattr(table, "columns", None)
    if columns is None:
        return None
    names = list(columns)
    return names if names and all(isinstance(name, str) for name in names) else None
