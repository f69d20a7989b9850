"""Tasks and labelling config of Label Studio, and its JSON export, full or min."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from labelfix.data import names
from labelfix.errors import InputError
from labelfix.exchange.export_place import data_address, image_bytes
from labelfix.exchange.json_files import read_json
from labelfix.exchange.rows import (
    EXPORTED_LABEL,
    ID,
    SPECIAL_ANSWERS,
    ExportedRow,
    ExportedRows,
    ReturnedRow,
)
from labelfix.exchange.safe_names import from_plain, to_plain
from labelfix.options.exchange_options import EMBED, ExportOptions
from labelfix.runtime import atomic
from labelfix.version import __version__

TASKS = "tasks.json"
CONFIG = "config.xml"
LABEL = "label"
IMAGE = "image"
_OURS = "labelfix"
"""The beginning of the result ids that we write, by which an annotation is known as ours."""

TOUCHED_AFTER = 1.0
"""Seconds between making and changing an annotation from which on a person has changed it: an
import writes both times within milliseconds."""


def write(target: Path, rows: ExportedRows, options: ExportOptions) -> dict[str, str]:
    """Write `tasks.json` and `config.xml` into a folder.

    Args:
        target: the folder.
        rows: a task each.
        options: what stands before an image's name, or that images are embedded.

    Returns:
        Why images were left out, by image; none where they are not embedded.
    """
    tasks = []
    left_out: dict[str, str] = {}
    for row in rows.rows:
        address = options.image_url + quote(_raw(row.image), safe="/")
        if options.image_url == EMBED:
            data, reason = image_bytes(rows.folder, row)
            if reason:
                left_out[row.image] = reason
                continue
            address = data_address(data)
        tasks.append(_task(row, address))
    lines = ",\n".join(json.dumps(task) for task in tasks)
    atomic.write_text(target / TASKS, f"[\n{lines}\n]\n")
    atomic.write_text(target / CONFIG, labelling_config(rows))
    return left_out


def labelling_config(rows: ExportedRows) -> str:
    """The labelling config: one choice among the classes and the special answers."""
    choices = [*rows.label_names(), *SPECIAL_ANSWERS]
    lines = [f"    <Choice value={_attribute(to_plain(label))}/>" for label in choices]
    return "\n".join(
        [
            "<View>",
            f'  <Image name="{IMAGE}" value="${IMAGE}"/>',
            f'  <Choices name="{LABEL}" toName="{IMAGE}" choice="single" showInline="true">',
            *lines,
            "  </Choices>",
            "</View>",
            "",
        ]
    )


def _attribute(text: str) -> str:
    return quoteattr(text)


def _task(row: ExportedRow, address: str) -> dict[str, Any]:
    name = names.to_text(row.image)
    data = {
        IMAGE: address,
        "image_name": name,
        ID: row.row_id,
        EXPORTED_LABEL: to_plain(row.given_label),
        "content_hash": row.content_hash,
        "given_label": to_plain(row.given_label),
        "suggested_label": to_plain(row.suggested_label),
        "confidence": row.confidence,
        "self_confidence": row.self_confidence,
        "action": row.action,
        "reason": row.reason,
        "split": row.split,
        "annotator": row.annotator,
    }
    predictions = [
        {
            "model_version": f"labelfix {__version__}",
            "score": candidate.probability,
            "result": [_result(f"{_OURS}-{row.row_id}-{place}", candidate.label)],
        }
        for place, candidate in enumerate(row.candidates, start=1)
    ]
    annotations = []
    if row.given_label.strip():
        result = _result(f"{_OURS}-{row.row_id}", row.given_label)
        annotations.append({"result": [result], "was_cancelled": False})
    return {"data": data, "annotations": annotations, "predictions": predictions}


def _raw(image: str) -> bytes:
    return image.encode("utf-8", "surrogateescape")


def _result(result_id: str, label: str) -> dict[str, Any]:
    return {
        "id": result_id,
        "from_name": LABEL,
        "to_name": IMAGE,
        "type": "choices",
        "value": {"choices": [to_plain(label)]},
    }


def read(source: Path) -> list[ReturnedRow]:
    """Read Label Studio's JSON export, full or min: a row for each annotation.

    Skipped annotations are left out; of a task with none a row without a label is told.

    Raises:
        InputError: it is no list of tasks.
    """
    source = source / TASKS if source.is_dir() else source
    tasks = read_json(source)
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise InputError(
            f"{source}: expected a list of tasks, as Label Studio exports it as JSON or JSON-MIN, "
            "found something else",
            "Export the project as JSON.",
        )
    rows: list[ReturnedRow] = []
    for place, task in enumerate(tasks, start=1):
        where = f"task {task.get('id', place)}"
        if isinstance(task.get("data"), dict):
            rows += _of_full(where, task)
        else:
            rows.append(_of_min(where, task))
    return rows


def _of_full(where: str, task: Mapping[str, Any]) -> list[ReturnedRow]:
    """The rows of a task with its annotations."""
    found = []
    written = _list(task.get("annotations"))
    for annotation in written:
        if not isinstance(annotation, dict) or annotation.get("was_cancelled"):
            continue
        results = [
            result
            for result in _list(annotation.get("result"))
            if isinstance(result, dict) and result.get("type") == "choices"
        ]
        label = _choice(results[0].get("value")) if results else ""
        is_ours = bool(results) and str(results[0].get("id", "")).startswith(_OURS)
        touched = not is_ours or _was_changed(annotation)
        found.append(_row(where, task["data"], label, annotation, is_looked_at=touched))
    return found or [_row(where, task["data"], "", {}, is_looked_at=False)]


def _of_min(where: str, task: Mapping[str, Any]) -> ReturnedRow:
    """The row of a task in the short form, which has one annotation."""
    label = _choice(task.get(LABEL))
    return _row(where, task, label, task, is_looked_at=_was_changed(task))


def _row(
    where: str,
    data: Mapping[str, Any],
    label: str,
    annotation: Mapping[str, Any],
    *,
    is_looked_at: bool,
) -> ReturnedRow:
    exported = data.get(EXPORTED_LABEL)
    seconds = annotation.get("lead_time")
    return ReturnedRow(
        where=where,
        row_id=str(data.get(ID, "")),
        image=names.from_text(str(data.get("image_name", ""))),
        content_hash=str(data.get("content_hash", "")),
        label=label,
        exported_label=from_plain(exported) if isinstance(exported, str) else None,
        reviewer=_reviewer(annotation),
        decided_at=_moment(annotation.get("updated_at") or annotation.get("created_at")),
        seconds=float(seconds) if isinstance(seconds, (int, float)) else 0.0,
        is_looked_at=is_looked_at,
    )


def _choice(value: Any) -> str:
    """The one label of an answer: a text, a list, or an object with choices."""
    if isinstance(value, dict):
        value = value.get("choices")
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else ""
    return from_plain(value) if isinstance(value, str) else ""


def _reviewer(annotation: Mapping[str, Any]) -> str:
    """Who has changed an annotation last, or made it: an address, or `label-studio:1`."""
    for name in ("updated_by", "completed_by", "annotator"):
        value = annotation.get(name)
        if isinstance(value, dict):
            value = value.get("email") or value.get("id")
        if value:
            return value if isinstance(value, str) else f"label-studio:{value}"
    return ""


def _was_changed(annotation: Mapping[str, Any]) -> bool:
    """Whether a person has worked on an annotation since it was imported."""
    made, changed = (_time(annotation.get(name)) for name in ("created_at", "updated_at"))
    if annotation.get("lead_time"):
        return True
    return bool(made and changed and (changed - made).total_seconds() > TOUCHED_AFTER)


def _time(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _moment(text: Any) -> str:
    found = _time(text)
    return "" if found is None else found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
