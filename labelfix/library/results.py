"""What the library gives back: corrections and noise matrices that notebooks can show."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from labelfix.data.corrections import ACTIONS, RELABEL, REVIEW, Corrections
from labelfix.data.share_text import estimate, percent
from labelfix.library.notebook_tables import as_table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

ROWS_SHOWN = 10
"""Rows of a table in a notebook."""
CLASSES_SHOWN = 20
"""Classes of a matrix in a notebook or a plot; more could not be read."""


@dataclass(frozen=True)
class NoiseMatrix:
    """How often images of each class are given each label.

    Attributes:
        class_names: C labels, in order.
        transition: (C, C) float64, P(given j | true i); rows sum to 1.
    """

    class_names: tuple[Any, ...]
    transition: npt.NDArray[np.float64] = field(repr=False)

    def to_pandas(self) -> "pd.DataFrame":
        """(C, C) a row for each true class, a column for each given label."""
        import pandas as pd

        true = pd.Index(self.class_names, name="true")
        return pd.DataFrame(
            self.transition, true, pd.Index(self.class_names, name="given"), copy=True
        )

    def _repr_html_(self) -> str:
        """A table for notebooks, of the classes with the most noise where there are many."""
        noise = self.transition * (1 - np.eye(len(self.transition)))
        involved = noise.sum(axis=0) + noise.sum(axis=1)
        shown = np.sort(np.argsort(-involved, kind="stable")[:CLASSES_SHOWN])
        names = [self.class_names[place] for place in shown.tolist()]
        rows = [
            [name, *map(percent, self.transition[place, shown].tolist())]
            for name, place in zip(names, shown.tolist(), strict=True)
        ]
        left_out = len(self.class_names) - len(shown)
        more = f"; {left_out:,} classes with less noise are not shown" if left_out else ""
        caption = f"Noise matrix: P(given label | true class){more}"
        return as_table(caption, ["true \\ given", *names], rows)


@dataclass(frozen=True, repr=False)
class LabelCorrections(Corrections):
    """Corrections with the noise matrix, a table for notebooks and plots.

    Attributes:
        noise_matrix: how often images of each class are given each label; None where the method
            does not estimate it.
    """

    noise_matrix: NoiseMatrix | None = None

    @classmethod
    def of(
        cls,
        corrections: Corrections,
        class_names: Sequence[Any],
        transition: npt.NDArray[np.float64] | None,
    ) -> "LabelCorrections":
        """Corrections as the stages make them, with the noise matrix of C classes, if any."""
        values = {one.name: getattr(corrections, one.name) for one in fields(Corrections)}
        noise = None if transition is None else NoiseMatrix(tuple(class_names), transition)
        return cls(**values, noise_matrix=noise)

    def plot_confusion(self, ax: "Axes | None" = None) -> "Axes":
        """Draw how many rows of each given label are likelier of each other class.

        Args:
            ax: where to draw; None makes a new figure.

        Raises:
            MissingPackageError: matplotlib is not installed.
        """
        from labelfix.library.plots import draw_confusion

        return draw_confusion(self, CLASSES_SHOWN, ax)

    def plot_confidence(self, ax: "Axes | None" = None) -> "Axes":
        """Draw how probably the given labels are right, by action.

        Args:
            ax: where to draw; None makes a new figure.

        Raises:
            MissingPackageError: matplotlib is not installed.
        """
        from labelfix.library.plots import draw_confidence

        return draw_confidence(self, ax)

    def _repr_html_(self) -> str:
        """A summary and the rows that most need a look."""
        counts = [f"{self.count(action):,} {action}" for action in ACTIONS if self.count(action)]
        summary = f"{len(self):,} rows: {', '.join(counts)}"
        if self.wrong_share is not None:
            summary += f". {estimate(self.wrong_share)}"
        rows = [
            [
                row,
                self.given_label[row],
                self.suggested_label[row],
                percent(float(self.self_confidence[row])),
                self.action[row],
            ]
            for row in self._rows_to_look_at()
        ]
        header = ["row", "given label", "suggested label", "given label right", "action"]
        return as_table(summary, header, rows)

    def _rows_to_look_at(self) -> list[int]:
        """Rows that are changed or for review, the likeliest wrong ones first."""
        rows = np.flatnonzero(np.isin(self.action, (RELABEL, REVIEW)))
        order = np.argsort(self.self_confidence[rows], kind="stable")  # NaN last
        likeliest: list[int] = rows[order][:ROWS_SHOWN].tolist()
        return likeliest
