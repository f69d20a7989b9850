"""Shares in words: the same in every command, in the report and in notebooks.

A person compares the terminal with the report and with the JSON, so the words and the rounding
stand here once.
"""

import math

from labelfix.data.shares import DECIMALS, WrongShare


def percent(share: float, decimals: int = 1) -> str:
    """A share in [0, 1] as `4.1 %`; 0 and 100 only where they are exact; empty for NaN.

    Args:
        share: rounded first as JSON has it, so that both agree to the last digit.
        decimals: of the number in per cent.
    """
    if math.isnan(share):
        return ""
    if decimals + 2 < DECIMALS:
        share = round(share, DECIMALS)
    least = 10.0 ** -(decimals + 2)
    if 0 < share < least:
        return f"under {100 * least:.{decimals}f} %"
    if 1 - least / 2 <= share < 1:
        return f"over {100 * (1 - least):.{decimals}f} %"
    return f"{100 * share:.{decimals}f} %"


def exact_percent(share: float) -> str:
    """A share without trailing zeros: `2 %`, `0.25 %`."""
    return f"{share * 100:.6f}".rstrip("0").rstrip(".") + " %"


def interval(low: float, high: float, decimals: int = 1) -> str:
    """The ends of an interval: `2.0 % to 6.5 %`."""
    return f"{percent(low, decimals)} to {percent(high, decimals)}"


def share_with_interval(wrong: WrongShare, decimals: int = 1) -> str:
    """A share and how sure it is: `4.1 % (95 % interval 2.0 % to 6.5 %)`."""
    ends = interval(wrong.low, wrong.high, decimals)
    return f"{percent(wrong.share, decimals)} (95 % interval {ends})"


def estimate(wrong: WrongShare) -> str:
    """The line about all labels that every output has, without its full stop."""
    rows = "1 row" if wrong.rows == 1 else f"{wrong.rows:,} rows"
    return f"Estimated share of wrong labels: {share_with_interval(wrong)}, from {rows}"
