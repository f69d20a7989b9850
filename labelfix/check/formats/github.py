"""`github`: workflow commands, which GitHub shows as annotations of the manifest's lines."""

from labelfix.check.formats.places import place_of
from labelfix.check.formats.verdict_text import about, exceeded, summary, surest, undecided
from labelfix.check.message_text import count
from labelfix.check.verdict import Finding, Verdict
from labelfix.data import names
from labelfix.data.names import plain
from labelfix.options.rule_options import ERROR, WARNING

MOST_PER_LEVEL = 10
"""GitHub shows so many errors and so many warnings of a step."""


def render(verdict: Verdict) -> str:
    """The commands, then the summary for people who read the log.

    The exceeded thresholds are one error, which comes first, and what is undecided is another. The
    rest of the ten errors, and ten warnings, are the surest findings, in the manifest's order. A
    notice, which GitHub counts apart, says how many more there are.
    """
    over, unsure = exceeded(verdict), undecided(verdict)
    room = {ERROR: MOST_PER_LEVEL, WARNING: MOST_PER_LEVEL}
    lines = []
    for level, title, text in (
        (ERROR, "labelfix", over),
        (WARNING if verdict.allows_undecided else ERROR, "labelfix cannot tell", unsure),
    ):
        if text:
            room[level] -= 1
            lines.append(_command(level, {"title": title}, "\n".join(text)))
    hidden = []
    for level, most in room.items():
        of_level = [finding for finding in verdict.findings if finding.level == level]
        shown = sorted(surest(of_level, most))
        lines += [_annotation(verdict, of_level[position]) for position in shown]
        if len(of_level) > most:
            hidden.append(count(len(of_level) - most, f"more {level}"))
    if hidden:
        lines.append(_command("notice", {"title": "labelfix"}, f"Found {' and '.join(hidden)}."))
    return "\n".join([*lines, *summary(verdict)]) + "\n"


def _annotation(verdict: Verdict, finding: Finding) -> str:
    place = place_of(verdict, finding)
    properties = {"file": names.to_text(place.path)}
    if place.line is not None:
        properties["line"] = str(place.line)
    properties["title"] = f"labelfix ({finding.rule})"
    return _command(finding.level, properties, about(verdict, finding))


def _command(command: str, properties: dict[str, str], message: str) -> str:
    """`::command name=value,name=value::message`, always one line."""
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{command} {listed}::{_data(message)}"


def _data(text: str) -> str:
    """Escaped as GitHub's runner reads a message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escaped as the runner reads a property."""
    return _data(plain(text)).replace(":", "%3A").replace(",", "%2C")
