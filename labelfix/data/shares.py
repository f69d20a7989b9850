"""Shares of wrong labels, per class or annotator, with their 95 % intervals."""

from collections.abc import Mapping
from dataclasses import dataclass

DECIMALS = 6
"""Of every written share and probability."""


@dataclass(frozen=True, kw_only=True)
class WrongShare:
    """The share of wrong labels among labelled rows, with a 95 % interval."""

    rows: int
    share: float
    low: float
    high: float


def share_as_json(share: WrongShare) -> dict[str, float]:
    """A share with its number of rows and its interval, as JSON values."""
    ends = {"share": share.share, "low": share.low, "high": share.high}
    return {"rows": share.rows, **{name: round(end, DECIMALS) for name, end in ends.items()}}


def share_from_json(written: Mapping[str, float]) -> WrongShare:
    """Read what `share_as_json` wrote."""
    return WrongShare(
        rows=int(written["rows"]), share=written["share"], low=written["low"], high=written["high"]
    )


@dataclass(frozen=True, kw_only=True)
class AnnotatorQuality:
    """One annotator: labels given, and the estimated share of right ones with a 95 % interval."""

    name: str
    labels: int
    right_share: float
    low: float
    high: float

    @classmethod
    def from_wrong(cls, name: str, wrong: WrongShare) -> "AnnotatorQuality":
        """From the share of wrong labels."""
        return cls(
            name=name,
            labels=wrong.rows,
            right_share=1 - wrong.share,
            low=1 - wrong.high,
            high=1 - wrong.low,
        )

    @property
    def wrong(self) -> WrongShare:
        """The share of wrong labels."""
        return WrongShare(
            rows=self.labels, share=1 - self.right_share, low=1 - self.high, high=1 - self.low
        )
