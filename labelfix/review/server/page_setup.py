"""What a page is told when it is loaded: classes, choices of the filters, who reviews."""

from collections.abc import Mapping
from typing import Any

from labelfix.data.answers import CANNOT_TELL, NO_CLASS
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
