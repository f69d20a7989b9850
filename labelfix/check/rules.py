"""The rules of `check`, each with its level and what to do about a finding."""

from dataclasses import dataclass

from labelfix.check.explanations import EXPLANATIONS
from labelfix.check.wording import did_you_mean, shown
from labelfix.errors import InputError
from labelfix.options.rule_options import ERROR, WARNING


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        name: as findings have it.
        level: of its findings where nothing else is said.
        summary: one sentence without a full stop: what a finding says.
        advice: one sentence: what to do about it.
    """

    name: str
    level: str
    summary: str
    advice: str

    @property
    def explanation(self) -> str:
        """How it is found, what may mislead, what to do, and which options bear on it.

        Three paragraphs, with an empty line between them.
        """
        return EXPLANATIONS[self.name]


_RULES = (
    Rule(
        "wrong-label",
        ERROR,
        "the label is wrong, and another one is suggested",
        "Look at the image, and write the suggested label if it is right.",
    ),
    Rule(
        "uncertain-label",
        WARNING,
        "the label is doubtful; a person should look",
        "Look at the image, and decide which label it has.",
    ),
    Rule(
        "unknown-label",
        ERROR,
        "the reference knows no such label",
        "Mend the label, or add its class to the reference.",
    ),
    Rule(
        "label-variant",
        WARNING,
        "the label is another spelling of a more common one",
        "Write the more common spelling.",
    ),
    Rule(
        "conflicting-duplicate",
        ERROR,
        "the same or nearly the same image has another label too",
        "Look at the images side by side, and give them one label.",
    ),
    Rule(
        "near-duplicate",
        WARNING,
        "the same or nearly the same image is there twice",
        "Keep one of the images if the others add nothing.",
    ),
    Rule(
        "split-leak",
        ERROR,
        "the same or nearly the same image is in two splits",
        "Keep the image in one of the splits only.",
    ),
    Rule(
        "off-topic",
        WARNING,
        "the image is unlike all others, or of none of the classes",
        "Look whether the image belongs to the data set at all.",
    ),
    Rule(
        "unreadable",
        ERROR,
        "the image cannot be read",
        "Save or copy the image again from where it came from.",
    ),
    Rule(
        "missing-file",
        ERROR,
        "there is no such image",
        "Mend the name in the manifest, or add the file.",
    ),
    Rule(
        "missing-label",
        ERROR,
        "the row has no label",
        "Give the row a label, or take it out.",
    ),
    Rule(
        "rare-class",
        WARNING,
        "the class has too few images to be judged",
        "Look at the labels of the class yourself, or add images of it.",
    ),
    Rule(
        "noisy-annotator",
        WARNING,
        "too many labels of the annotator are wrong",
        "Look through the annotator's labels, and at the instructions they were given.",
    ),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in _RULES}


def rule_named(name: str, where: str = "") -> Rule:
    """The rule of a name.

    Args:
        name: what a person wrote.
        where: the option or the place in a file, as a message begins with it.

    Raises:
        InputError: there is none.
    """
    if name not in RULES:
        place = f"{where}: " if where else ""
        raise InputError(
            f"{place}expected the name of a rule, found {shown(name)}{did_you_mean(name, RULES)}",
            "labelfix check --list-rules lists them.",
        )
    return RULES[name]
