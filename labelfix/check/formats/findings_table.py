"""`csv` and `parquet`: a row for each finding, for spreadsheets and data frames."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from labelfix.check.formats.verdict_text import unique_fingerprints
from labelfix.check.verdict import Finding, Verdict
from labelfix.data import names
from labelfix.data.names import plain
from labelfix.data.shares import DECIMALS

SCHEMA = pa.schema(
    [
        ("rule", pa.string()),
        ("level", pa.string()),
        ("class", pa.string()),
        ("annotator", pa.string()),
        ("split", pa.string()),
        ("image", pa.string()),
        ("source", pa.string()),
        ("row", pa.int64()),
        ("line", pa.int64()),
        ("given_label", pa.string()),
        ("suggested_label", pa.string()),
        ("confidence", pa.float64()),
        ("second_label", pa.string()),
        ("second_confidence", pa.float64()),
        ("message", pa.string()),
        ("related", pa.list_(pa.string())),
        ("content_hash", pa.string()),
        ("fingerprint", pa.string()),
    ]
)
"""The columns; `docs/file-formats.md` says what is in them."""


def render_csv(verdict: Verdict) -> str:
    """A header and a line for each finding; empty where a value is missing.

    The other images of a finding are a list in JSON. Characters that act on a terminal are
    replaced; `parquet` and `json` have every text as it is.
    """
    target = io.StringIO()
    table = csv.DictWriter(target, SCHEMA.names, lineterminator="\n")
    table.writeheader()
    for values in _rows(verdict):
        texts = {
            name: plain(value) if isinstance(value, str) else value
            for name, value in values.items()
        }
        related = values["related"]
        table.writerow({**texts, "related": json.dumps(related) if related else ""})
    return target.getvalue()


def render_parquet(verdict: Verdict) -> bytes:
    """A Parquet file with a row for each finding; null where a value is missing."""
    target = io.BytesIO()
    columns: dict[str, list[Any]] = {name: [] for name in SCHEMA.names}
    for values in _rows(verdict):
        for name, value in values.items():
            columns[name].append(_storable(value))
    pq.write_table(pa.table(columns, schema=SCHEMA), target)
    return target.getvalue()


def _rows(verdict: Verdict) -> Iterator[dict[str, Any]]:
    """The values of each finding by column, in the order of their rows."""
    source = names.to_text(verdict.source)
    marks = unique_fingerprints(verdict.findings)
    for finding, mark in zip(verdict.findings, marks, strict=True):
        yield {**_values(finding), "source": source, "fingerprint": mark}


def _values(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "level": finding.level,
        "class": finding.given_label.strip(),
        "annotator": finding.annotator or finding.subject,
        "split": finding.split,
        "image": finding.image,
        "row": finding.row,
        "line": finding.line,
        "given_label": finding.given_label,
        "suggested_label": finding.suggested_label,
        "confidence": _rounded(finding.confidence),
        "second_label": finding.second_label,
        "second_confidence": _rounded(finding.second_confidence),
        "message": finding.message,
        "related": list(finding.related),
        "content_hash": finding.content_hash,
    }


def _storable(value: Any) -> Any:
    """A value as Parquet can hold it: a text with bytes that are not UTF-8 as names have them."""
    if isinstance(value, list):
        return list(map(_storable, value))
    return names.to_text(value) if isinstance(value, str) and not names.is_valid(value) else value


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(probability, DECIMALS)
