"""The rules as SARIF describes them to whoever sees a finding and not labelfix."""

from typing import Any

from labelfix.check.rules import RULES, Rule

RULE_INDEX: dict[str, int] = {name: index for index, name in enumerate(RULES)}
"""Where each stands among the descriptors."""


def rule_descriptors() -> list[dict[str, Any]]:
    """All rules, also those without findings, in their order."""
    return [_descriptor(rule) for rule in RULES.values()]


def _descriptor(rule: Rule) -> dict[str, Any]:
    summary = f"{rule.summary[0].upper()}{rule.summary[1:]}."
    how_found = rule.explanation.partition("\n\n")[0]
    return {
        "id": rule.name,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": how_found},
        "help": {
            "text": f"{rule.advice}\n\n{rule.explanation}",
            "markdown": f"**{rule.advice}**\n\n{rule.explanation}",
        },
        "defaultConfiguration": {"level": rule.level},
    }
