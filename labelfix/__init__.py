"""labelfix finds and corrects wrong labels in image data sets.

>>> import labelfix
>>> corrections = labelfix.correct_labels(embeddings, given_labels)  # doctest: +SKIP
>>> corrections.to_pandas()  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

from labelfix.version import __version__

if TYPE_CHECKING:
    from labelfix.data.audited_labels import CANNOT_TELL, NO_CLASS
    from labelfix.data.corrections import Corrections
    from labelfix.data.shares import WrongShare
    from labelfix.errors import LabelfixError
    from labelfix.options.train_options import TrainOptions
    from labelfix.pipeline import correct_labels

__all__ = [
    "CANNOT_TELL",
    "NO_CLASS",
    "Corrections",
    "LabelfixError",
    "TrainOptions",
    "WrongShare",
    "__version__",
    "correct_labels",
]

_HOMES = {
    "CANNOT_TELL": "labelfix.data.audited_labels",
    "NO_CLASS": "labelfix.data.audited_labels",
    "Corrections": "labelfix.data.corrections",
    "LabelfixError": "labelfix.errors",
    "TrainOptions": "labelfix.options.train_options",
    "WrongShare": "labelfix.data.shares",
    "correct_labels": "labelfix.pipeline",
}


def __getattr__(name: str) -> Any:
    """Import a name of the Python API when it is first used: the command line starts fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'labelfix' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
