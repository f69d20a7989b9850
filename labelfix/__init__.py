"""labelfix finds and corrects wrong labels in image data sets.

>>> import labelfix
>>> embeddings = labelfix.embed("images", encoder="hog")  # doctest: +SKIP
>>> cleaner = labelfix.LabelCleaner().fit(embeddings, given_labels)  # doctest: +SKIP
>>> cleaner.corrections_.to_pandas()  # doctest: +SKIP
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from labelfix.version import __version__

if TYPE_CHECKING:
    from inspect import Signature

    from labelfix.data.audited_labels import CANNOT_TELL, NO_CLASS
    from labelfix.data.corrections import Corrections
    from labelfix.data.shares import WrongShare
    from labelfix.errors import (
        ArrayError,
        InputError,
        LabelfixError,
        MissingPackageError,
        MissingStageError,
        OptionError,
        OutputError,
        WeightsUnavailableError,
        WorkspaceError,
    )
    from labelfix.library.batch_check import CheckResult, check
    from labelfix.library.cleaner import LabelCleaner
    from labelfix.library.image_embeddings import ImageEmbeddings, embed
    from labelfix.library.one_call import correct_labels
    from labelfix.library.results import LabelCorrections, NoiseMatrix
    from labelfix.options.manifest_options import ManifestOptions
    from labelfix.options.rule_options import RuleOptions
    from labelfix.options.threshold_options import Thresholds
    from labelfix.options.train_options import TrainOptions
    from labelfix.runtime.progress import Progress

__all__ = [
    "CANNOT_TELL",
    "NO_CLASS",
    "ArrayError",
    "CheckResult",
    "Corrections",
    "ImageEmbeddings",
    "InputError",
    "LabelCleaner",
    "LabelCorrections",
    "LabelfixError",
    "ManifestOptions",
    "MissingPackageError",
    "MissingStageError",
    "NoiseMatrix",
    "OptionError",
    "OutputError",
    "Progress",
    "RuleOptions",
    "Thresholds",
    "TrainOptions",
    "WeightsUnavailableError",
    "WorkspaceError",
    "WrongShare",
    "__version__",
    "check",
    "correct_labels",
    "embed",
]

_HOMES = {
    "CANNOT_TELL": "labelfix.data.audited_labels",
    "NO_CLASS": "labelfix.data.audited_labels",
    "ArrayError": "labelfix.errors",
    "CheckResult": "labelfix.library.batch_check",
    "Corrections": "labelfix.data.corrections",
    "ImageEmbeddings": "labelfix.library.image_embeddings",
    "InputError": "labelfix.errors",
    "LabelCleaner": "labelfix.library.cleaner",
    "LabelCorrections": "labelfix.library.results",
    "LabelfixError": "labelfix.errors",
    "ManifestOptions": "labelfix.options.manifest_options",
    "MissingPackageError": "labelfix.errors",
    "MissingStageError": "labelfix.errors",
    "NoiseMatrix": "labelfix.library.results",
    "OptionError": "labelfix.errors",
    "OutputError": "labelfix.errors",
    "Progress": "labelfix.runtime.progress",
    "RuleOptions": "labelfix.options.rule_options",
    "Thresholds": "labelfix.options.threshold_options",
    "TrainOptions": "labelfix.options.train_options",
    "WeightsUnavailableError": "labelfix.errors",
    "WorkspaceError": "labelfix.errors",
    "WrongShare": "labelfix.data.shares",
    "correct_labels": "labelfix.library.one_call",
    "embed": "labelfix.library.image_embeddings",
}


def __getattr__(name: str) -> Any:
    """Import a name of the Python API when it is first used: the command line starts fast."""
    import importlib

    if name == "check":
        return importlib.import_module("labelfix.check")
    if name not in _HOMES:
        raise AttributeError(f"module 'labelfix' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


class _CheckPackage(ModuleType):
    """The package `labelfix.check`, which can also be called: `labelfix.check(images)`."""

    def __call__(self, *args: Any, **kwargs: Any) -> "CheckResult":
        from labelfix.library.batch_check import check

        return check(*args, **kwargs)

    @property
    def __signature__(self) -> "Signature":
        from inspect import signature

        from labelfix.library.batch_check import check

        return signature(check)


class _Labelfix(ModuleType):
    """This package. Python sets the package `check` on it when that is first imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "check" and type(value) is ModuleType:
            value.__class__ = _CheckPackage
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Labelfix
