"""The history of checks: one line for each, as JSON lines or CSV, to see a trend."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from labelfix.check.message_text import shown
from labelfix.check.verdict import Verdict
from labelfix.data import names
from labelfix.data.shares import DECIMALS
from labelfix.errors import InputError
from labelfix.options.rule_options import ERROR
from labelfix.runtime import atomic
from labelfix.version import __version__

SUFFIXES = (".jsonl", ".csv")
_HINT = "Name a file that labelfix check --history wrote, or a new one."


@dataclass(frozen=True, kw_only=True)
class PastCheck:
    """One check of the history.

    Attributes:
        time: when it ended, UTC, such as `2030-01-31T08:15:00Z`.
        labelfix: the version that checked.
        source: the manifest as given, or the image folder without one.
        verdict: `passed` or `failed`.
        rows, rows_checked: of the batch.
        findings, errors, warnings: the new ones, and how many are of each level.
        known: how many more the baseline knows.
        wrong_share, low, high: the estimated share of wrong labels and the ends of its 95 %
            interval; None where there is none.
        counts: the number of findings of each rule that has any.
    """

    time: str
    labelfix: str
    source: str
    verdict: str
    rows: int
    rows_checked: int
    findings: int
    errors: int
    warnings: int
    known: int
    wrong_share: float | None
    low: float | None
    high: float | None
    counts: Mapping[str, int] = field(default_factory=dict)


_NAMES = tuple(one.name for one in fields(PastCheck) if one.name != "counts")
_TEXTS = ("time", "labelfix", "source", "verdict")
_SHARES = ("wrong_share", "low", "high")


def past_check(verdict: Verdict, ended: datetime) -> PastCheck:
    """What the history keeps of a check that ended now.

    Args:
        verdict: its outcome.
        ended: a time in UTC.
    """
    errors = sum(finding.level == ERROR for finding in verdict.findings)
    wrong = verdict.wrong_share
    ends = (None,) * 3 if wrong is None else (wrong.share, wrong.low, wrong.high)
    share, low, high = (None if end is None else round(end, DECIMALS) for end in ends)
    return PastCheck(
        time=ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
        labelfix=__version__,
        source=names.to_text(verdict.source),
        verdict=verdict.decision,
        rows=verdict.rows,
        rows_checked=verdict.rows_checked,
        findings=len(verdict.findings),
        errors=errors,
        warnings=len(verdict.findings) - errors,
        known=verdict.known,
        wrong_share=share,
        low=low,
        high=high,
        counts=dict(sorted(verdict.counts.items())),
    )


def read_history(path: Path) -> tuple[PastCheck, ...]:
    """The checks of a history, in the order of its lines; none where there is no file yet.

    Raises:
        InputError: the ending is unknown, or the file is no history.
    """
    lines = _lines_of(path, _text_of(path))
    return tuple(_entry(path, number, line) for number, line in lines)


def add_to_history(path: Path, check: PastCheck) -> tuple[PastCheck, ...]:
    """Add a check as the last line; the file is replaced whole, its other lines stay as they are.

    Returns:
        All checks of the history, with this one.

    Raises:
        InputError: as `read_history`.
        OutputError: the file cannot be written.
    """
    before = read_history(path)
    text = _text_of(path)
    is_csv = path.suffix.lower() == ".csv"
    atomic.write_text(path, _with_row(text, check) if is_csv else _with_line(text, check))
    return (*before, check)


def _text_of(path: Path) -> str:
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"--history {path}: expected a name that ends in {' or '.join(SUFFIXES)}",
            "For example --history checks.jsonl.",
        )
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise InputError(f"{path} could not be read: {error.strerror or error}", _HINT) from error
    except UnicodeError as error:
        raise InputError(f"{path}: expected UTF-8, found other bytes", _HINT) from error


def _with_line(text: str, check: PastCheck) -> str:
    whole = text if text.endswith("\n") or not text else f"{text}\n"
    return f"{whole}{json.dumps(asdict(check), allow_nan=False)}\n"


def _with_row(text: str, check: PastCheck) -> str:
    """A column for each rule that ever had a finding; columns that are there already stay."""
    table = csv.DictReader(io.StringIO(text, newline=""))
    header = list(table.fieldnames or _NAMES)
    values = {name: getattr(check, name) for name in _NAMES} | dict(check.counts)
    header += [name for name in values if name not in header]
    target = io.StringIO()
    writer = csv.DictWriter(target, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    writer.writerow(values)
    return target.getvalue()


def _lines_of(path: Path, text: str) -> list[tuple[int, Mapping[str, Any]]]:
    """The values of each check, with the number of the line that they stand on."""
    if path.suffix.lower() == ".csv":
        table = csv.DictReader(io.StringIO(text, newline=""))
        return [(table.line_num, _of_row(row)) for row in table]
    found: list[tuple[int, Mapping[str, Any]]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _no_check(path, number, shown(line)) from error
        if not isinstance(values, dict):
            raise _no_check(path, number, shown(values))
        found.append((number, values))
    return found


def _of_row(row: Mapping[str | None, Any]) -> dict[str, Any]:
    """The values of a CSV row as JSON has them; columns that a user added are left alone."""
    values: dict[str, Any] = {name: row[name] for name in _TEXTS if name in row}
    counts: dict[str, int] = {}
    for name, text in row.items():
        if name is None or name in _TEXTS or not isinstance(text, str):
            continue
        number = _number(text)
        if name in _NAMES:
            values[name] = number
        elif isinstance(number, int):
            counts[name] = number
    return {**values, "counts": counts}


def _number(text: str) -> float | int | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None


def _entry(path: Path, number: int, values: Mapping[str, Any]) -> PastCheck:
    for name in _NAMES:
        if name not in values:
            raise _no_check(path, number, f"a line without {name}")
        value = values[name]
        is_right = (
            isinstance(value, str)
            if name in _TEXTS
            else value is None or isinstance(value, int | float)
            if name in _SHARES
            else isinstance(value, int)
        )
        if not is_right:
            raise _no_check(path, number, f"{name} {shown(value)}")
    counts = values.get("counts", {})
    if not isinstance(counts, dict):
        raise _no_check(path, number, f"counts {shown(counts)}")
    return PastCheck(**{name: values[name] for name in _NAMES}, counts=counts)


def _no_check(path: Path, number: int, found: str) -> InputError:
    message = f"{path}, line {number}: expected a check of labelfix, found {found}"
    return InputError(message, _HINT)
