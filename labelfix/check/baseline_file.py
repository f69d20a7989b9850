"""The baseline's file: JSON that a person can read, review in a diff and edit.

{"version": 1, "findings": [{"rule": "wrong-label", "content_hash": "9f86…", "label": "cat",
"image": "a.png", "reason": "looked at it", "expires": "2030-01-31"}]}
"""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from labelfix.check.baseline import Baseline, Entry
from labelfix.check.message_text import did_you_mean, shown
from labelfix.check.option_values import read_day
from labelfix.check.rules.registry import rule_named
from labelfix.errors import InputError
from labelfix.runtime import atomic

VERSION = 1

_KEYS = ("rule", "content_hash", "label", "image", "reason")
_EXPIRES = "expires"
_HINT = "Fix the file, or delete it and make a new one with labelfix check --update-baseline."


def read_baseline(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        InputError: the file is missing, or not as `write_baseline` writes it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
        content = json.loads(text, object_pairs_hook=_Object)
    except FileNotFoundError as error:
        raise InputError(
            f"expected a baseline at {path}, found no file",
            "Make one with labelfix check --baseline FILE --update-baseline.",
        ) from error
    except OSError as error:
        raise InputError(f"{path} could not be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected a baseline in JSON: {error}", _HINT) from error
    _check_version(path, content)
    _check_object(str(path), content, ("version", "findings"))
    findings = content["findings"]
    if not isinstance(findings, list):
        raise InputError(f"{path}: expected a list of findings, found {shown(findings)}", _HINT)
    return Baseline(_entries(path, findings))


def write_baseline(path: Path, baseline: Baseline) -> bool:
    """Write a baseline atomically; an equal file is left alone.

    Returns:
        Whether it was written.

    Raises:
        OutputError: the file cannot be written.
    """
    text = _text(baseline)
    try:
        if path.read_text(encoding="utf-8") == text:
            return False
    except (OSError, UnicodeDecodeError):
        pass  # none yet, or another one: write it
    atomic.write_text(path, text)
    return True


class _Object(dict[str, Any]):
    """A JSON object that remembers repeated keys; a dict keeps the last one silently."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs)
        self.repeated = [key for key, count in counts.items() if count > 1]


def _check_version(path: Path, content: Any) -> None:
    """Refuse another version, which may have other keys."""
    version = content.get("version", VERSION) if isinstance(content, _Object) else VERSION
    if type(version) is not int or version != VERSION:
        raise InputError(
            f"{path}: expected version {VERSION}, found {shown(version)}",
            "Read it with the version of labelfix that wrote it, or delete it and make a new one "
            "with labelfix check --update-baseline.",
        )


def _entries(path: Path, findings: list[Any]) -> tuple[Entry, ...]:
    entries: dict[tuple[str, str, str], Entry] = {}
    for number, fields in enumerate(findings, start=1):
        where = f"{path}, entry {number}"
        entry = _entry(where, fields)
        if entry.key in entries:
            first = list(entries).index(entry.key) + 1
            raise InputError(
                f"{where}: expected every rule, content_hash and label once, "
                f"found those of entry {first} again",
                "Delete one of the two.",
            )
        entries[entry.key] = entry
    return tuple(entries.values())


def _entry(where: str, fields: Any) -> Entry:
    _check_object(where, fields, _KEYS, (_EXPIRES,))
    for key in _KEYS:
        if not isinstance(fields[key], str):
            raise InputError(
                f"{where}: expected a text as {key}, found {shown(fields[key])}", _HINT
            )
    rule, content, label, image, reason = (fields[key] for key in _KEYS)
    rule_named(rule, where)
    return Entry(
        rule=rule,
        content=content,
        label=label,
        image=image,
        reason=reason,
        expires=_day(where, fields),
    )


def _day(where: str, fields: dict[str, Any]) -> date | None:
    if _EXPIRES not in fields:
        return None
    text = fields[_EXPIRES]
    try:
        return read_day(text)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{where}: expected a day like 2030-01-31 as {_EXPIRES}, found {shown(text)}",
            f"Remove {_EXPIRES} from an entry that never expires.",
        ) from error


def _check_object(
    where: str, found: Any, needed: tuple[str, ...], allowed: tuple[str, ...] = ()
) -> None:
    """Check that a value is an object with all needed keys and no unknown ones."""
    if not isinstance(found, _Object):
        raise InputError(
            f"{where}: expected an object with {', '.join(needed)}, found {shown(found)}", _HINT
        )
    missing = [key for key in needed if key not in found]
    if missing:
        raise InputError(f"{where}: expected {', '.join(missing)}, found none", _HINT)
    if found.repeated:
        raise InputError(
            f"{where}: expected every key once, found {shown(found.repeated[0])} twice", _HINT
        )
    known = (*needed, *allowed)
    for key in found:
        if key not in known:  # a misspelt `expires` would let an entry count for ever
            raise InputError(
                f"{where}: expected no key but {', '.join(known)}, "
                f"found {shown(key)}{did_you_mean(key, known)}",
                _HINT,
            )


def _text(baseline: Baseline) -> str:
    findings = []
    for entry in baseline.entries:
        values = (entry.rule, entry.content, entry.label, entry.image, entry.reason)
        fields = dict(zip(_KEYS, values, strict=True))
        if entry.expires is not None:
            fields[_EXPIRES] = entry.expires.isoformat()
        findings.append(fields)
    content = {"version": VERSION, "findings": findings}
    lines = json.dumps(content, indent=2, ensure_ascii=False).split("\n")
    return "\n".join(line if line.isprintable() else _escaped(line) for line in lines) + "\n"


def _escaped(line: str) -> str:
    """JSON with escapes for what a diff hides or reorders, such as bidi marks."""
    return "".join(
        character if character.isprintable() else json.dumps(character)[1:-1] for character in line
    )
