"""What a page wants to see of the queue, read from an address."""

from starlette.datastructures import QueryParams

from labelfix.review.server.deck import Filter
from labelfix.review.server.requests import BadRequestError, read_share

STATUSES = ("open", "mine", "others", "asked", "apart", "all")
MOST_TEXT = 500


def filter_from(query: QueryParams) -> Filter:
    """The filter of an address.

    Raises:
        BadRequestError: a value is unusable.
    """
    status = query.get("status", "open")
    if status not in STATUSES:
        raise BadRequestError(f"expected one of {', '.join(STATUSES)}")
    return Filter(
        status=status,
        reviewer=query.get("reviewer", ""),
        given=query.get("given"),
        suggested=query.get("suggested"),
        rule=query.get("rule", ""),
        annotator=query.get("annotator", ""),
        text=query.get("text", "")[:MOST_TEXT],
        least=read_share(query.get("least"), 0.0),
        most=read_share(query.get("most"), 1.0),
    )
