"""A user's text made safe to show: labels, names and messages that hold any character at all."""

import unicodedata


def plain(text: object) -> str:
    """A user's text, safe to show: no control characters, escapes or marks of direction."""
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(
        character if character.isprintable() or character == " " else "\N{REPLACEMENT CHARACTER}"
        for character in shown
        if unicodedata.category(character) != "Cf"
    )


def short(text: str, most: int) -> str:
    """The same in at most so many characters; an ellipsis stands for the rest."""
    beginning = text[: 4 * most]  # a text may be of any length, and this is shown for every row
    shown = plain(beginning)
    if len(beginning) == len(text) and len(shown) <= most:
        return shown
    return shown[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"
