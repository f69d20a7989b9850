"""Rows that came back, joined to those of the workspace by our own id: what people decided."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from labelfix.data import names
from labelfix.data.decisions import Decision
from labelfix.errors import InputError
from labelfix.exchange.registry import FORMATS
from labelfix.exchange.rows import SPECIAL_ANSWERS, ExportedRow, ExportedRows, ReturnedRow
from labelfix.options.exchange_options import CONFIRM, ImportOptions

SHOWN = 5
SOURCE = "import:"


@dataclass(frozen=True, kw_only=True)
class Joined:
    """What came back.

    Attributes:
        decisions: of people, in the file's order.
        unchanged: how many labels are still those written out.
        without_label: how many rows have no label.
        strangers: where each row is that belongs to none of the workspace, and what it is.
    """

    decisions: list[Decision] = field(repr=False)
    unchanged: int = 0
    without_label: int = 0
    strangers: list[str] = field(default_factory=list, repr=False)


class KnownRows:
    """The rows of a workspace by id, by image name and by content."""

    def __init__(self, rows: ExportedRows) -> None:
        self._by_id = {row.row_id: row for row in rows.rows}
        self._by_image = {row.image: row for row in reversed(rows.rows)}
        self._by_written = {
            row.written_image: row for row in reversed(rows.rows) if row.written_image
        }
        hashes = Counter(row.content_hash for row in self._by_image.values() if row.content_hash)
        self._by_hash = {
            row.content_hash: row
            for row in self._by_image.values()
            if hashes[row.content_hash] == 1
        }

    def find(self, returned: ReturnedRow) -> ExportedRow | None:
        """The row that a returned one belongs to: by id, else by name, else by content.

        A name is the file's, or the one in the user's table.
        """
        row = self._by_id.get(returned.row_id) or self._by_image.get(returned.image)
        row = row or self._by_written.get(returned.image)
        return row or self._by_hash.get(returned.content_hash)


def join(
    returned: Sequence[ReturnedRow], rows: ExportedRows, options: ImportOptions, decided_at: str
) -> Joined:
    """Join rows that came back to those of the workspace.

    Args:
        returned: in the file's order.
        rows: all rows of the workspace.
        options: the format, who decided, and what an unchanged label is.
        decided_at: ISO 8601, UTC; for rows that do not tell.

    Raises:
        InputError: labels that are no class of the workspace, or two answers of one reviewer for
            one image; the message names the rows, and nothing is a decision.
    """
    known = KnownRows(rows)
    strangers: list[str] = []
    unchanged = without_label = 0
    has_corrected = FORMATS[options.format].has_corrected
    answered: list[tuple[ReturnedRow, ExportedRow]] = []
    for one in returned:
        row = known.find(one)
        if row is None:
            strangers.append(f"{one.where}: {names.to_text(one.image or one.row_id) or 'no id'}")
        elif one.content_hash and row.content_hash and one.content_hash != row.content_hash:
            strangers.append(f"{one.where}: {names.to_text(row.image)} has changed since")
        elif not one.label.strip():
            without_label += 1
        elif _is_unchanged(one, row, has_corrected) and options.unchanged != CONFIRM:
            unchanged += 1
        else:
            answered.append((one, row))
    _check_labels(answered, rows)
    decisions: dict[tuple[str, str], tuple[ReturnedRow, Decision]] = {}
    for one, row in answered:
        made = _decision(one, row, options, decided_at)
        key = (made.image, made.reviewer)
        earlier = decisions.get(key)
        if earlier is not None and earlier[1].answer != made.answer:
            made = _later(earlier, (one, made))
        decisions[key] = (one, made)
    return Joined(
        decisions=[made for _, made in decisions.values()],
        unchanged=unchanged,
        without_label=without_label,
        strangers=strangers,
    )


def _is_unchanged(one: ReturnedRow, row: ExportedRow, has_corrected: bool) -> bool:
    """Whether a label is the one that was written out, as far as the file tells."""
    written = one.exported_label
    if written is None:
        written = row.label if has_corrected else row.given_label
    return not one.is_looked_at and one.label == written


def _check_labels(answered: Sequence[tuple[ReturnedRow, ExportedRow]], rows: ExportedRows) -> None:
    """Check that every answer is a class, or a special answer."""
    known = {*rows.label_names(), *SPECIAL_ANSWERS}
    bad = [one for one, _ in answered if one.label not in known]
    if not bad:
        return
    labels = list(dict.fromkeys(one.label for one in bad))
    where = ", ".join(one.where for one in bad[:SHOWN])
    more = f" and {len(bad) - SHOWN:,} more" if len(bad) > SHOWN else ""
    raise InputError(
        f"expected labels of the {len(rows.class_names):,} classes, for example "
        f"{names.listed(rows.class_names, most=3)}, found {names.listed(labels)} in {len(bad):,} "
        f"rows ({where}{more}); nothing was imported",
        "Correct the labels in the tool and export again; a class that is new needs a row of the "
        "manifest with its label first.",
    )


def _decision(
    one: ReturnedRow, row: ExportedRow, options: ImportOptions, decided_at: str
) -> Decision:
    return Decision(
        image=row.image,
        content_hash=row.content_hash,
        given_label=row.given_label,
        shown=tuple(candidate.label for candidate in row.candidates),
        answer=one.label,
        reviewer=options.reviewer or one.reviewer or options.format,
        decided_at=one.decided_at or decided_at,
        seconds=one.seconds,
        source=f"{SOURCE}{options.format}",
    )


def _later(earlier: tuple[ReturnedRow, Decision], later: tuple[ReturnedRow, Decision]) -> Decision:
    """The later of two answers; where no time tells, an error."""
    (first, before), (second, after) = earlier, later
    if first.decided_at and second.decided_at and first.decided_at != second.decided_at:
        return max(before, after, key=lambda decision: decision.decided_at)
    raise InputError(
        f"expected one answer of {before.reviewer!r} for {names.to_text(before.image)!r}, found "
        f"{before.answer!r} in {first.where} and {after.answer!r} in {second.where}",
        "Keep the one that is right, and import again.",
    )
