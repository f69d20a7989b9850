"""Trainings that are small in what no option of a command makes small."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.options.diffusion_options import DiffusionOptions
from labelfix.options.train_options import TrainOptions


@dataclass(frozen=True, kw_only=True)
class SmallTraining(TrainOptions):
    """The options of a training, with other defaults of its method; what is given wins over them.

    Attributes:
        cross_fit: fields of `CrossFitOptions` and their values.
        diffusion: fields of `DiffusionOptions` and their values.
    """

    cross_fit: Mapping[str, float] = field(default_factory=dict)
    diffusion: Mapping[str, float] = field(default_factory=dict)

    def of_method(self) -> CrossFitOptions | DiffusionOptions:
        """The options of the method that is chosen."""
        made = super().of_method()
        sizes = self.cross_fit if isinstance(made, CrossFitOptions) else self.diffusion
        default = {
            name: value
            for name, value in sizes.items()
            if getattr(made, name) == type(made).__init__.__kwdefaults__[name]
        }
        return replace(made, **default)


FOLDS = 5
SMALL = {
    CrossFitOptions: {
        "folds": FOLDS,
        "epochs": 3,
        "early_epochs": 3,
        "least_steps": 50,
        "width": 256,
        "learning_rate": 5e-3,
    },
    DiffusionOptions: {"least_steps": 250},
}
"""Defaults that train a tenth as long and learn as much of some dozens of images."""


@contextmanager
def small_trainings() -> Iterator[None]:
    """While this holds, trainings take the defaults of `SMALL` where nothing else is said."""
    with ExitStack() as stack:
        for kind, sizes in SMALL.items():
            stack.enter_context(patch.dict(kind.__init__.__kwdefaults__, sizes))
        yield


IN_A_PROCESS = f"""
import sys
sys.path.append({str(Path(__file__).parent)!r})
from small_training import SMALL
for kind, sizes in SMALL.items():
    kind.__init__.__kwdefaults__.update(sizes)
from labelfix.cli.app import main
"""
"""A program that begins so has `main`, of which every training is a small one."""
