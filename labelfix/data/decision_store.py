"""The file of decisions: an SQLite database to which events are added and nothing is deleted."""

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from labelfix.data.decision_table import (
    BUSY_TIMEOUT_S,
    DECIDE,
    FIELDS,
    REDO,
    UNDO,
    FrameEntry,
    damaged,
    insert,
    prepare,
    read_decision,
    unusable,
)
from labelfix.data.decisions import Decision
from labelfix.data.names import from_text, to_text
from labelfix.errors import LabelfixError, WorkspaceError


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that a reviewer did.

    Attributes:
        id: from 1, in order.
        kind: `decide`, `undo` or `redo`.
        reviewer: who.
        decision: what was decided, undone or redone.
    """

    id: int
    kind: str
    reviewer: str
    decision: Decision


class DecisionStore:
    """The decisions of a workspace; several threads and processes may use it at once.

    A decision is on disk when `add` returns.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Self:
        """Open the file of decisions, also as a context.

        Args:
            path: of the file.
            create: make it if it is missing.

        Raises:
            WorkspaceError: it is missing, damaged, no file of decisions, of a later labelfix, or
                cannot be read or written.
        """
        if not create and not path.is_file():
            raise WorkspaceError(
                f"expected a file of decisions at {path}, found none",
                "Decide on some labels first: labelfix review.",
            )
        connection = None
        try:
            connection = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            prepare(path, connection)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, sqlite3.Error):
                raise unusable(path, error) from error
            raise
        return cls(path, connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was added stays."""
        with self._lock:
            self._connection.close()

    def add(self, decision: Decision) -> int:
        """Keep a decision, for good when this returns.

        Returns:
            The id of its event.

        Raises:
            WorkspaceError: it could not be written.
        """
        return self.add_all([decision])[0]

    def add_all(self, decisions: Sequence[Decision]) -> list[int]:
        """Keep decisions, all or none; returns the ids of their events."""
        with self._transaction() as database:
            return [insert(database, one) for one in decisions]

    def undo(self, reviewer: str) -> Decision | None:
        """Take back the last decision of a reviewer that stands; None if there is none."""
        return self._step(reviewer, UNDO)

    def redo(self, reviewer: str) -> Decision | None:
        """Give back what a reviewer has undone last; None if there is nothing since a decision."""
        return self._step(reviewer, REDO)

    def current(self) -> list[Decision]:
        """The last decision that stands of each image and reviewer, in the order of decisions."""
        return [event.decision for event in self.standing()]

    def standing(self) -> list[Event]:
        """The events of `current`."""
        events = self.history()
        done, _ = _stacks((one.id, one.kind, one.reviewer) for one in events)
        standing = {number for stack in done.values() for number in stack}
        last: dict[tuple[str, str], Event] = {}
        for event in events:
            if event.id in standing:
                key = (event.decision.image, event.reviewer)
                last.pop(key, None)
                last[key] = event
        return list(last.values())

    def frame(self) -> list[FrameEntry]:
        """The images from which questions are drawn at random, in the order of their entries."""
        with self._reading() as database:
            rows = database.execute(
                "SELECT image, stratum, label, wrong, since FROM frame ORDER BY id"
            ).fetchall()
        return [
            FrameEntry(
                image=from_text(image),
                stratum=stratum,
                label=from_text(label),
                wrong=wrong,
                since=since,
            )
            for image, stratum, label, wrong, since in rows
        ]

    def add_to_frame(self, entries: Sequence[FrameEntry], after: int) -> bool:
        """Enter images, all or none.

        Args:
            entries: of the images.
            after: how many entries there were when these were made.

        Returns:
            False, and nothing is entered, if somebody has entered others meanwhile.
        """
        with self._transaction() as database:
            if database.execute("SELECT count(*) FROM frame").fetchone()[0] != after:
                return False
            database.executemany(
                "INSERT INTO frame (image, stratum, label, wrong, since) VALUES (?, ?, ?, ?, ?)",
                [
                    (to_text(one.image), one.stratum, to_text(one.label), one.wrong, one.since)
                    for one in entries
                ],
            )
        return True

    def history(self, after: int = 0) -> list[Event]:
        """The events with an id above `after`, in order; nothing is ever deleted.

        Raises:
            WorkspaceError: the file is damaged.
        """
        of_decision = ", ".join(f"d.{name}" for name in FIELDS)
        with self._reading() as database:
            rows = database.execute(
                f"SELECT e.id, e.kind, {of_decision} FROM events e "  # noqa: S608
                "JOIN events d ON d.id = coalesce(e.decision, e.id) WHERE e.id > ? ORDER BY e.id",
                (after,),
            ).fetchall()
        events = []
        for number, kind, *fields in rows:
            try:
                decision = read_decision(fields)
            except (ValueError, TypeError, LabelfixError) as error:
                raise damaged(self.path, f"event {number} cannot be read") from error
            events.append(
                Event(id=number, kind=kind, reviewer=decision.reviewer, decision=decision)
            )
        return events

    def last_event(self) -> int:
        """The id of the last event, 0 without one: whether somebody has decided meanwhile."""
        with self._reading() as database:
            return int(database.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0])

    def _step(self, reviewer: str, kind: str) -> Decision | None:
        """Undo or redo; returns the decision that it is about."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT id, kind, reviewer FROM events WHERE reviewer = ? ORDER BY id",
                (to_text(reviewer),),
            ).fetchall()
            done, undone = _stacks(rows)
            stack = (done if kind == UNDO else undone).get(to_text(reviewer), [])
            if not stack:
                return None
            database.execute(
                "INSERT INTO events (kind, reviewer, decision) VALUES (?, ?, ?)",
                (kind, to_text(reviewer), stack[-1]),
            )
            fields = database.execute(
                f"SELECT {', '.join(FIELDS)} FROM events WHERE id = ?",  # noqa: S608
                (stack[-1],),
            ).fetchone()
            return read_decision(fields)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction that is on disk when the block has ended, or never happened."""
        with self._reading() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock:
                yield self._connection
        except sqlite3.Error as error:
            raise unusable(self.path, error) from error


def read_decisions(path: Path) -> list[Decision]:
    """The decisions of `DecisionStore.current`, also from a folder that cannot be written.

    Raises:
        WorkspaceError: the file is missing, damaged, or no file of decisions.
    """
    if os.access(path.parent, os.W_OK):
        with DecisionStore.open(path, create=False) as store:
            return store.current()
    try:
        # Nobody can write here, so there is no log beside the file either.
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)
        with closing(connection):
            return DecisionStore(path, connection).current()
    except sqlite3.Error as error:
        raise unusable(path, error) from error


def _stacks(
    events: Iterable[tuple[int, str, str]],
) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """The decisions of each reviewer that stand, and those that are undone, the last one last.

    Args:
        events: id, kind and reviewer of each, in order.
    """
    done: dict[str, list[int]] = {}
    undone: dict[str, list[int]] = {}
    for number, kind, reviewer in events:
        stands, back = done.setdefault(reviewer, []), undone.setdefault(reviewer, [])
        if kind == DECIDE:
            stands.append(number)
            back.clear()
        elif kind == UNDO and stands:
            back.append(stands.pop())
        elif kind == REDO and back:
            stands.append(back.pop())
    return done, undone
