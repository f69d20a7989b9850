"""What a page is told when it is loaded, and the progress of a review in words."""

from collections.abc import Mapping
from typing import Any

from labelfix.data.answers import CANNOT_TELL, NO_CLASS
from labelfix.data.share_text import interval, percent
from labelfix.review.progress import ReviewProgress
from labelfix.review.server.deck import Deck


def page_setup(deck: Deck, about: Mapping[str, Any]) -> dict[str, Any]:
    """The setup that the page's script reads.

    Args:
        deck: of the cards.
        about: what the server adds: `reviewer`, `run`, `out`, `canRelabel`.
    """
    return {
        "source": deck.source,
        "key": deck.key,
        "classes": deck.classes,
        "specials": {"none": NO_CLASS, "unsure": CANNOT_TELL},
        **deck.facets,
        **about,
    }


def progress_texts(progress: ReviewProgress, budget: int) -> dict[str, Any]:
    """How far a review is, as the page shows it.

    Args:
        progress: of the review.
        budget: how many images are to be decided.
    """
    lines = [
        ("decided", f"{progress.decided:,} of {progress.decided + progress.open:,} images"),
        ("errors found", f"{progress.found:,}"),
        (
            f"expected in the next {progress.next:,}",
            f"about {progress.expected_next:.0f} errors",
        ),
    ]
    if progress.left.draws:
        between = interval(progress.low, progress.high)
        lines.append(("labels still wrong", f"{percent(progress.share)} (95 %: {between})"))
    if progress.disagreements:
        lines.append(("reviewers differ on", f"{progress.disagreements:,} images"))
    return {
        "done": progress.decided,
        "budget": budget,
        "lines": lines,
        "advice": progress.sentence,
        "may_stop": progress.may_stop,
        "pairs": [
            {
                "reviewers": list(one.reviewers),
                "images": one.images,
                "agreed": one.agreed,
                "kappa": one.kappa,
            }
            for one in progress.agreements
            if one.images
        ],
        "relabel_is_worth_it": bool(progress.unused) and progress.is_relabel_worth_it,
        "relabel_advice": _relabel_advice(progress),
    }


def _relabel_advice(progress: ReviewProgress) -> str:
    if not progress.unused:
        return "Every decision is in the corrected labels already."
    if progress.is_relabel_worth_it:
        return (
            f"A new relabel is worth it: it learns from {progress.unused:,} decisions that the "
            "last one did not have. Nothing is embedded again."
        )
    return f"A new relabel is worth it after {progress.relabel_after:,} more decisions."
