"""Decisions that came back, put into the workspace's store; what is there already is not added."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from labelfix.data.decision_store import DecisionStore, Event
from labelfix.data.decision_table import UNDO
from labelfix.data.decisions import Decision
from labelfix.exchange.joining import join
from labelfix.exchange.registry import read_returned
from labelfix.exchange.rows import ExportedRows
from labelfix.options.exchange_options import ImportOptions


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What an import did, in rows.

    Attributes:
        rows: that came back.
        added: new decisions.
        already_there: decisions that the workspace has.
        unchanged: labels that are still those written out.
        without_label: rows without a label.
        strangers: where each row is that belongs to none of the workspace, and what it is.
    """

    rows: int
    added: int
    already_there: int
    unchanged: int
    without_label: int
    strangers: list[str]


def import_decisions(
    store: Path, source: Path, rows: ExportedRows, options: ImportOptions
) -> Imported:
    """Read what came back and keep new decisions, all of them or none.

    Args:
        store: the file of the workspace's decisions.
        source: a file or folder from a tool.
        rows: all rows of the workspace.
        options: the format, who decided, and what an unchanged label is.

    Raises:
        InputError: the source is unusable, or has unknown labels.
        WorkspaceError: the store is damaged.
    """
    returned = read_returned(source, options.format)
    joined = join(returned, rows, options, last_change(source))
    with DecisionStore.open(store) as opened:
        new = _new(joined.decisions, opened.current(), opened.history())
        if new:
            opened.add_all(new)
    return Imported(
        rows=len(returned),
        added=len(new),
        already_there=len(joined.decisions) - len(new),
        unchanged=joined.unchanged,
        without_label=joined.without_label,
        strangers=joined.strangers,
    )


def last_change(source: Path) -> str:
    """When a file was last written, or the youngest file or folder of a folder: ISO 8601, UTC."""
    below = [source, *source.rglob("*")] if source.is_dir() else [source]
    newest = max(path.lstat().st_mtime for path in below)
    return datetime.fromtimestamp(newest, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _new(
    decisions: Sequence[Decision], current: Sequence[Decision], history: Sequence[Event]
) -> list[Decision]:
    """The decisions that are neither what their reviewer says now nor were imported before.

    What was undone since may be imported again.
    """
    now = {(one.image, one.reviewer): (one.answer, one.content_hash) for one in current}
    before: set[Decision] = set()
    for event in history:
        (before.discard if event.kind == UNDO else before.add)(_event(event.decision))
    return [
        one
        for one in decisions
        if now.get((one.image, one.reviewer)) != (one.answer, one.content_hash)
        and _event(one) not in before
    ]


def _event(one: Decision) -> Decision:
    """What makes two decisions the same event."""
    return replace(one, shown=(), reason="", seconds=0.0, chance=None)
