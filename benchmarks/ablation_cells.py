"""The cells of the ablations: a base, and one thing at a time changed from it."""

from dataclasses import asdict, dataclass, replace
from typing import Any

BASE_NEIGHBOURS = 10
RIVAL_NAMES = (
    "10-nn",
    "logistic-regression",
    "cleanlab",
    "label-spreading",
    "fixmatch-like",
    "elr",
    "aum",
    "dividemix-like",
    "lemon-like",
)
MEASURED = ("default", "paper")
LABELS = (
    "aggre_label",
    "pmd35_label",
    "even 40 %",
    "pair 30 %",
    "PMD, then even 30 %",
    "PMD, then pair 30 %",
)
ENCODERS = (("lite0",), ("mobilenetv2", "lite0"))


@dataclass(frozen=True)
class Cell:
    """One method with one setting.

    Attributes:
        method: `default`, `paper`, or a peer's or rival's name.
        labels: a column of labels, or a noise that is drawn.
        encoders: whose embeddings are taken, side by side.
        neighbours: K; None is the base.
        retrieved: the share of label_0 that neighbours give, in the default; None is its own.
        weighting: of a drawn label, in `paper`; None is its own.
        steps: of DDIM; None is what the method takes by itself.
    """

    method: str
    labels: str = "worse_label"
    encoders: tuple[str, ...] = ("mobilenetv2",)
    neighbours: int | None = None
    retrieved: float | None = None
    weighting: str | None = None
    steps: int | None = None

    @property
    def name(self) -> str:
        """The method, and what differs from the base."""
        differs = {
            "labels": self.labels if self.labels != "worse_label" else None,
            "encoder": "+".join(self.encoders) if self.encoders != ("mobilenetv2",) else None,
            "K": self.neighbours,
            "retrieved": self.retrieved,
            "weighting": self.weighting,
            "steps": self.steps,
        }
        changed = [f"{name}={value}" for name, value in differs.items() if value is not None]
        return f"{self.method}-{changed[0] if changed else 'base'}"

    def as_json(self) -> dict[str, Any]:
        """All that the cell is."""
        return asdict(self)


def all_cells() -> list[Cell]:
    """In the order of running: the cells that read one training follow one another."""
    methods = [Cell(name) for name in (*RIVAL_NAMES, *MEASURED)]
    default, paper = (Cell(name) for name in MEASURED)
    cells = [*methods]
    cells += [replace(default, steps=steps) for steps in (1, 2, 4, 10)]
    cells += [replace(paper, steps=steps) for steps in (1, 2, 4)]
    cells += [replace(one, labels=labels) for labels in LABELS for one in methods]
    cells += [replace(one, encoders=encoders) for encoders in ENCODERS for one in methods]
    cells += [replace(one, neighbours=k) for k in (1, 3, 30, 100) for one in (default, paper)]
    cells += [replace(default, retrieved=share) for share in (0.0, 1.0)]
    return [*cells, replace(paper, weighting="uniform")]
