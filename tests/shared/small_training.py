"""Trainings that are small in what no option of a command makes small."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

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
            if getattr(made, name) == getattr(type(made), name)
        }
        return replace(made, **default)
