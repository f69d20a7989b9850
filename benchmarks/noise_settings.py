"""The settings of the noise grid: made points with each kind of noise, and real rows.

Not the full product of kinds, classes, rows, strengths and imbalance: from one middle (10 classes,
5,000 rows, an encoder of 93 %) each is moved for every kind where it matters.
"""

from dataclasses import dataclass

HUMAN = "human"
RIGHT = "right"
TRUE_COLUMN = "true_label"
ENCODERS = ("mobilenetv2", "lite0")
REAL_COLUMNS = ("worse_label", "aggre_label", "pmd35_label", TRUE_COLUMN)
CUT_ROWS = 1_000

MADE: dict[str, list[tuple[float, int, int, float, int]]] = {
    "right": [
        (0, 10, 5_000, 0.98, 1),
        (0, 10, 5_000, 0.93, 1),
        (0, 10, 5_000, 0.85, 1),
        (0, 10, 1_000, 0.93, 1),
        (0, 3, 200, 0.93, 1),
        (0, 2, 1_000, 0.93, 1),
        (0, 100, 10_000, 0.93, 1),
        (0, 1_000, 20_000, 0.93, 1),
        (0, 10, 5_000, 0.93, 50),
    ],
    "even": [
        (0.2, 10, 5_000, 0.98, 1),
        (0.2, 10, 5_000, 0.93, 1),
        (0.2, 10, 5_000, 0.85, 1),
        (0.4, 10, 5_000, 0.93, 1),
        (0.05, 10, 5_000, 0.93, 1),
        (0.2, 10, 1_000, 0.93, 1),
        (0.1, 3, 200, 0.93, 1),
        (0.2, 2, 1_000, 0.93, 1),
        (0.3, 20, 5_000, 0.93, 1),
        (0.3, 100, 10_000, 0.93, 1),
        (0.2, 1_000, 20_000, 0.93, 1),
        (0.2, 10, 50_000, 0.93, 1),
        (0.2, 10, 5_000, 0.93, 50),
    ],
    "pair": [
        (0.3, 10, 5_000, 0.98, 1),
        (0.3, 10, 5_000, 0.93, 1),
        (0.2, 10, 5_000, 0.85, 1),
        (0.2, 10, 1_000, 0.93, 1),
        (0.3, 20, 5_000, 0.93, 1),
        (0.2, 100, 10_000, 0.93, 1),
        (0.2, 10, 5_000, 0.93, 50),
    ],
    "block": [
        (0.3, 10, 5_000, 0.98, 1),
        (0.3, 10, 5_000, 0.93, 1),
        (0.2, 10, 5_000, 0.85, 1),
        (0.2, 10, 1_000, 0.93, 1),
        (0.3, 100, 10_000, 0.93, 1),
    ],
    "alike": [
        (0.2, 10, 5_000, 0.98, 1),
        (0.2, 10, 5_000, 0.93, 1),
        (0.2, 10, 5_000, 0.85, 1),
        (0.3, 10, 5_000, 0.93, 1),
        (0.1, 10, 5_000, 0.93, 1),
        (0.2, 10, 1_000, 0.93, 1),
        (0.15, 2, 1_000, 0.93, 1),
        (0.15, 3, 200, 0.93, 1),
        (0.1, 3, 2_000, 0.93, 1),
        (0.2, 100, 10_000, 0.93, 1),
        (0.15, 1_000, 20_000, 0.93, 1),
        (0.2, 10, 50_000, 0.93, 1),
        (0.2, 10, 5_000, 0.93, 50),
    ],
    "pmd": [
        (0.1, 10, 5_000, 0.93, 1),
        (0.2, 10, 5_000, 0.85, 1),
        (0.2, 10, 1_000, 0.85, 1),
        (0.15, 2, 1_000, 0.85, 1),
        (0.2, 100, 10_000, 0.85, 1),
        (0.1, 10, 5_000, 0.85, 50),
    ],
    "pmd+even": [(0.3, 10, 5_000, 0.85, 1), (0.2, 10, 5_000, 0.93, 1), (0.3, 10, 1_000, 0.85, 1)],
    "pair+even": [(0.3, 10, 5_000, 0.93, 1), (0.3, 20, 5_000, 0.93, 1), (0.3, 10, 1_000, 0.93, 1)],
    "bad-annotator": [(0.18, 10, 5_000, 0.93, 1), (0.18, 10, 1_000, 0.93, 1)],
    "bad-class": [(0.04, 10, 5_000, 0.93, 1), (0.1, 3, 1_000, 0.93, 1), (0.1, 10, 5_000, 0.93, 50)],
}
"""Kind to (rate of wrong labels, classes, rows, Bayes accuracy, imbalance)."""


QUICK = (
    "right-0%-10c-5000-85%",
    "right-0%-10c-1000-93%",
    "even-20%-10c-5000-93%",
    "pair-30%-10c-5000-98%",
    "block-30%-10c-5000-98%",
    "alike-20%-10c-1000-93%",
)
"""Names of settings that take about three minutes of one core, one seed and three audits each."""


@dataclass(frozen=True)
class Setting:
    """One cell of the grid: how points and their labels are made, or which real rows are taken.

    Attributes:
        name: says all the others.
        kind: of noise.
        rate: the share of wrong labels, in expectation; 0 where people made them.
        classes: C.
        rows: N; of real rows at most, 0 is all of them.
        strength: Bayes accuracy without label noise; 0 where it is unknown.
        imbalance: commonest class to rarest.
        encoder, column: of real rows; empty for made ones.
    """

    name: str
    kind: str
    rate: float
    classes: int
    rows: int
    strength: float = 0.0
    imbalance: int = 1
    encoder: str = ""
    column: str = ""

    @property
    def most_seeds(self) -> int | None:
        """All real rows are the same for every seed: one does."""
        return 1 if self.encoder and not self.rows else None


def all_settings(*, with_real: bool) -> list[Setting]:
    """The grid, in the order of the table."""
    made = [
        Setting(
            f"{kind}-{rate:.0%}-{classes}c-{rows}-{strength:.0%}"
            + (f"-{imbalance}:1" if imbalance > 1 else ""),
            kind,
            *(rate, classes, rows, strength, imbalance),
        )
        for kind, cells in MADE.items()
        for rate, classes, rows, strength, imbalance in cells
    ]
    return made + (real_settings() if with_real else [])


def real_settings() -> list[Setting]:
    """Real rows: both encoders, every column of labels, whole and cut."""
    return [
        Setting(
            f"{encoder}-{column.removesuffix('_label')}-{rows or 'all'}",
            *(RIGHT if column == TRUE_COLUMN else HUMAN, 0, 10, rows),
            encoder=encoder,
            column=column,
        )
        for rows in (0, CUT_ROWS)
        for encoder in ENCODERS
        for column in REAL_COLUMNS
    ]
