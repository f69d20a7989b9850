"""`github`: workflow commands, which GitHub shows as annotations of the manifest's lines."""

from labelfix.check.finding import Finding
from labelfix.check.formats.places import place_of
from labelfix.check.formats.selection import surest
from labelfix.check.formats.wording import about, exceeded, summary
from labelfix.check.verdict import Verdict
from labelfix.check.wording import count
from labelfix.check_config import ERROR, WARNING
from labelfix.data import names
from labelfix.data.names import plain

MOST_PER_LEVEL = 10
"""What GitHub shows of a step, of errors and of warnings each."""


def render(verdict: Verdict) -> str:
    """The commands, and then the summary for who reads the log.

    The thresholds that the batch is over are one error, which comes first. The rest of the ten
    errors, and ten warnings, are the surest findings, in the manifest's order. A notice, which
    GitHub counts apart, says how many more there are.
    """
    over = exceeded(verdict)
    room = {ERROR: MOST_PER_LEVEL - bool(over), WARNING: MOST_PER_LEVEL}
    lines = [_command(ERROR, {"title": "labelfix"}, "\n".join(over))] if over else []
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
    """`::command name=value,name=value::message`, one line whatever the texts hold."""
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{command} {listed}::{_data(message)}"


def _data(text: str) -> str:
    """Escaped as GitHub's runner reads a message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escaped as the runner reads a property."""
    return _data(plain(text)).replace(":", "%3A").replace(",", "%2C")
