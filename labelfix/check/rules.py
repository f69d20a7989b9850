"""The rules of `check`, each with its level and what to do about a finding."""

from dataclasses import dataclass

from labelfix.check_config import ERROR, WARNING


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        name: as findings have it.
        level: of its findings where nothing else is said.
        summary: one sentence without a full stop: what a finding says.
        explanation: how it is found and what may mislead, then what to do; paragraphs.
    """

    name: str
    level: str
    summary: str
    explanation: str = ""


_RULES = (
    Rule("wrong-label", ERROR, "the label is wrong, and another one is suggested"),
    Rule("uncertain-label", WARNING, "the label is doubtful; a person should look"),
    Rule("unknown-label", ERROR, "the reference knows no such label"),
    Rule("label-variant", WARNING, "the label is another spelling of a more common one"),
    Rule("conflicting-duplicate", ERROR, "the same or nearly the same image has another label too"),
    Rule("near-duplicate", WARNING, "the same or nearly the same image is there twice"),
    Rule("split-leak", ERROR, "the same or nearly the same image is in two splits"),
    Rule("off-topic", WARNING, "the image is unlike all others"),
    Rule("unreadable", ERROR, "the image cannot be read"),
    Rule("missing-file", ERROR, "there is no such image"),
    Rule("missing-label", ERROR, "the row has no label"),
    Rule("rare-class", WARNING, "the class has too few images to be judged"),
    Rule("noisy-annotator", WARNING, "too many labels of the annotator are wrong"),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in _RULES}
