"""The table in the file of decisions: its schema, one decision to a row and back, its errors."""

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelfix.data import names
from labelfix.data.decisions import Decision
from labelfix.data.names import from_text, to_text
from labelfix.errors import WorkspaceError

SCHEMA_VERSION = 1
"""`PRAGMA user_version` of the file; raised when an older labelfix would misread it."""
APPLICATION = 0x4C46_4458
"""`PRAGMA application_id` of the file, "LFDX": that it is ours."""
BUSY_TIMEOUT_S = 30.0
RETRY_S = 0.01

DECIDE, UNDO, REDO = "decide", "undo", "redo"

_SCHEMA = f"""
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('{DECIDE}', '{UNDO}', '{REDO}')),
    reviewer TEXT NOT NULL,
    decision INTEGER REFERENCES events (id),
    image TEXT,
    content_hash TEXT,
    given_label TEXT,
    shown TEXT,
    answer TEXT,
    reason TEXT,
    decided_at TEXT,
    seconds REAL,
    chance REAL,
    source TEXT
);
CREATE INDEX events_of_reviewer ON events (reviewer, id);
CREATE TABLE frame (
    id INTEGER PRIMARY KEY,
    image TEXT NOT NULL,
    stratum INTEGER NOT NULL,
    label TEXT NOT NULL,
    wrong REAL NOT NULL,
    since INTEGER NOT NULL
);
"""
FIELDS = (
    "image",
    "content_hash",
    "given_label",
    "shown",
    "answer",
    "reason",
    "reviewer",
    "decided_at",
    "seconds",
    "chance",
    "source",
)
"""The columns of a decision."""


@dataclass(frozen=True, kw_only=True)
class FrameEntry:
    """An image in the frame from which questions are drawn at random.

    Attributes:
        image: as in `Manifest.images`; its last entry counts.
        stratum: from 0; an image is drawn evenly from the undecided ones of its stratum.
        label: the label that an answer confirms or replaces.
        wrong: in [0, 1], the probability that it is wrong, as judged when it was entered.
        since: the id of the last event before it was entered.
    """

    image: str
    stratum: int
    label: str
    wrong: float
    since: int


def prepare(path: Path, connection: sqlite3.Connection) -> None:
    """Check the file, make its table if it is new, and choose how it writes."""
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not (version or application or tables):
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    elif application != APPLICATION:
        raise WorkspaceError(
            f"expected a file of decisions at {path}, found a database of another program",
            "Move it away, or name another folder with --workspace.",
        )
    elif version != SCHEMA_VERSION:
        raise WorkspaceError(
            f"{path} is of version {version}; this labelfix reads version {SCHEMA_VERSION}",
            "Use the labelfix that wrote it, or a later one.",
        )
    connection.execute("COMMIT")
    _begin_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise damaged(path, found)


def _begin_wal(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log; SQLite does not wait here for others who open the file too."""
    end = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(RETRY_S)


def insert(database: sqlite3.Connection, decision: Decision) -> int:
    """Add a decision; returns the id of its event."""
    one = decision
    added = database.execute(
        f"INSERT INTO events (kind, {', '.join(FIELDS)}) "  # noqa: S608
        f"VALUES (?{', ?' * len(FIELDS)})",
        (
            DECIDE,
            to_text(one.image),
            one.content_hash,
            to_text(one.given_label),
            json.dumps([to_text(label) for label in one.shown], ensure_ascii=False),
            to_text(one.answer),
            to_text(one.reason),
            to_text(one.reviewer),
            one.decided_at,
            one.seconds,
            one.chance,
            to_text(one.source),
        ),
    )
    if added.lastrowid is None:
        raise RuntimeError("an added row has no id")
    return added.lastrowid


def read_decision(fields: Sequence[object]) -> Decision:
    """The decision of a row, from the values of `FIELDS`."""
    image, content, given, shown, answer, reason, reviewer, at, seconds, chance, source = fields
    texts = [from_text(str(text)) for text in (image, given, answer, reason, reviewer, source)]
    return Decision(
        image=texts[0],
        content_hash=str(content),
        given_label=texts[1],
        shown=tuple(from_text(label) for label in json.loads(str(shown))),
        answer=texts[2],
        reason=texts[3],
        reviewer=texts[4],
        decided_at=str(at),
        seconds=float(str(seconds)),
        chance=None if chance is None else float(str(chance)),
        source=texts[5],
    )


def damaged(path: Path, why: str) -> WorkspaceError:
    """The error of a file that is damaged."""
    return WorkspaceError(
        f"{path} is damaged: {names.plain(why)}",
        "Put a copy of it back, or move it away to begin anew.",
    )


def unusable(path: Path, error: sqlite3.Error) -> WorkspaceError:
    """The error of SQLite in the words of a user."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return damaged(path, str(error))
    if code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return WorkspaceError(
            f"{path} is in use: another program has held it for {BUSY_TIMEOUT_S:.0f} seconds",
            "Close that program, then try again.",
        )
    return WorkspaceError(
        f"{path} cannot be read or written: {error}",
        "Check that there is room on the disk and that you may write to the folder.",
    )
