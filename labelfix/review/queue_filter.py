"""Which rows of a queue a person wants to see."""

from dataclasses import dataclass

from labelfix.review.review_data import ReviewData


@dataclass(frozen=True, kw_only=True)
class QueueFilter:
    """What rows must be like; None and "" ask for nothing.

    Attributes:
        given: the given label.
        suggested: the suggested label; with `given` a class pair.
        rule: the name of a rule that the row breaks.
        least_wrong, most_wrong: the ends of the probability that the label as it is now is wrong.
        annotator: who gave the label.
        name: a part of the image's name, in any case.
        copies_of: a row; only itself and its near-duplicates.
    """

    given: str | None = None
    suggested: str | None = None
    rule: str | None = None
    least_wrong: float = 0.0
    most_wrong: float = 1.0
    annotator: str | None = None
    name: str = ""
    copies_of: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether every row passes."""
        return self == QueueFilter()

    def passes(self, data: ReviewData, row: int) -> bool:
        """Whether a row is wanted."""
        corrections = data.batch.corrections
        given, suggested = corrections.given_label[row], corrections.suggested_label[row]
        return (
            (self.given is None or str(given or "") == self.given)
            and (self.suggested is None or str(suggested or "") == self.suggested)
            and self.least_wrong <= data.wrong[row] <= self.most_wrong
            and self.name.casefold() in data.batch.manifest.images[row].casefold()
            and (self.copies_of is None or row in data.copies.get(self.copies_of, (row,)))
            and (self.rule is None or self.rule in data.rules_of.get(row, ()))
            and (
                self.annotator is None
                or any(one.annotator == self.annotator for one in data.annotators_of(row))
            )
        )
