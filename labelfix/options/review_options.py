"""The options of what a person looks at: the report, the questions of an audit, the review."""

from dataclasses import dataclass

from labelfix.options.option import (
    BETWEEN_0_AND_1,
    Range,
    at_least,
    check_options,
    option,
    refused,
    seed_option,
)


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """How much the report shows, and in how many files.

    Attributes:
        most_cards: findings that are shown with their images, the likeliest first; None shows all.
        most_neighbours: the nearest images that each of them shows.
        most_bytes: largest size of a single file; a larger report becomes a folder of pages.
        single_file: keep to one file, and leave out what does not fit.
    """

    most_cards: int | None = option(
        None, "Findings that are shown with their images; default: all.", range=at_least(0)
    )
    most_neighbours: int = option(8, range=at_least(0))
    most_bytes: int = option(5_000_000, range=at_least(500_000))
    single_file: bool = option(
        False,
        "Keep the report to one file of at most 5 MB and leave out what does not fit; a larger "
        "one is otherwise a page with a folder of pages and images beside it.",
    )

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """Which rows a person is asked about.

    Attributes:
        budget: how many at most.
        seed: of the draw; another one asks about other rows.
    """

    budget: int = option(50, "How many images to ask about, at most.", range=at_least(1))
    seed: int = seed_option("Random seed of the draw; another one asks about other images.", None)

    def __post_init__(self) -> None:
        check_options(self)


LARGEST_PORT = 65_535


def _share(text: str) -> float:
    """A share as a person writes it: `1%` or `0.01`."""
    number, percent = text.strip().removesuffix("%"), text.strip().endswith("%")
    try:
        return float(number) / (100 if percent else 1)
    except ValueError:
        raise refused("stop_at", "a share such as 1% or 0.01", text) from None


@dataclass(frozen=True, kw_only=True)
class ReviewOptions:
    """The page on which a person decides.

    Attributes:
        port: on which the server listens; 0 takes a free one.
        budget: how many images the person means to look at.
        reviewer: the name that decisions have; None takes that of the login.
        stop_at: the share of wrong labels that is wanted at most, in [0, 1]; None asks for none.
        browser: whether the page is opened at once.
        seed: of the draw of the random part.
    """

    port: int = option(
        0,
        "The port of this machine that the page is served on; default: a free one.",
        range=Range(least=0, most=LARGEST_PORT),
    )
    budget: int = option(200, "How many images you mean to decide on.", range=at_least(1))
    reviewer: str | None = option(
        None, "Your name, as decisions keep it; default: the name of your login.", metavar="NAME"
    )
    stop_at: float | None = option(
        None,
        "The page says when, with 95 % confidence, at most this share of the labels is still "
        "wrong, such as 1%.",
        metavar="RATE",
        kind=str,
        from_line=lambda text: {"stop_at": _share(text)},
        range=BETWEEN_0_AND_1,
    )
    browser: bool = option(
        True,
        "Only print the address; do not open a browser.",
        name="no_browser",
        to_line=lambda browser: not browser,
        from_line=lambda no_browser: {"browser": not no_browser},
    )
    seed: int = seed_option("Random seed of the images that are drawn at random.", None)

    def __post_init__(self) -> None:
        check_options(self)
