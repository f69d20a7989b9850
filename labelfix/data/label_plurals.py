"""English plurals of labels: `brick` and `bricks` may be one class, if the images agree."""

from collections.abc import Iterable

SHORTEST = 3
"""Letters of a singular; shorter ones end in s for other reasons."""


def singulars(form: str) -> list[str]:
    """The forms that a form may be the plural of; empty where its last word is no plural.

    Args:
        form: from `SpellingForms.form`.
    """
    start, _, word = form.rpartition(" ")
    if not word.isalpha() or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return []
    found = [word[:-1]]
    if word.endswith("ies"):
        found.append(f"{word[:-3]}y")
    if word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
        found.append(word[:-2])
    before = f"{start} " if start else ""
    return [before + one for one in found if len(one) >= SHORTEST]


def plural_pairs(forms: Iterable[str]) -> list[tuple[str, str]]:
    """(plural, singular) among some forms, sorted."""
    known = set(forms)
    return sorted((form, one) for form in known for one in singulars(form) if one in known)
