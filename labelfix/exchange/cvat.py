"""CVAT for images: XML with a tag for each image, and the task's labels."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labelfix.data import names
from labelfix.errors import InputError
from labelfix.exchange.export_place import header_size, image_bytes
from labelfix.exchange.rows import (
    EXPORTED_LABEL,
    ID,
    SPECIAL_ANSWERS,
    ExportedRow,
    ExportedRows,
    ReturnedRow,
)
from labelfix.exchange.safe_names import from_plain, to_plain, to_xml
from labelfix.options.exchange_options import ExportOptions
from labelfix.runtime import atomic

ANNOTATIONS = "annotations.xml"
LABELS = "labels.json"
ATTRIBUTES = (ID, EXPORTED_LABEL, "suggested_label", "confidence", "action", "reason")
"""What each tag has besides its label. CVAT drops them where a person chooses another label; the
image's name joins it then."""


def write(target: Path, rows: ExportedRows, options: ExportOptions) -> dict[str, str]:  # noqa: ARG001
    """Write `annotations.xml`, and `labels.json` for the task's label constructor.

    Args:
        target: the folder.
        rows: an image each; one of several rows of an image has several tags.
        options: none of them matters here.
    """
    labels = [to_plain(label) for label in (*rows.label_names(), *SPECIAL_ANSWERS)]
    root = ElementTree.Element("annotations")
    ElementTree.SubElement(root, "version").text = "1.1"
    _add_labels(ElementTree.SubElement(ElementTree.SubElement(root, "meta"), "task"), labels)
    of_image: dict[str, list[ExportedRow]] = {}
    for row in rows.rows:
        of_image.setdefault(row.image, []).append(row)
    for number, (image, of_one) in enumerate(of_image.items()):
        about = {"id": str(number), "name": to_xml(image)}
        size = header_size(image_bytes(rows.folder, of_one[0])[0])
        if size is not None:
            about |= {"width": str(size[0]), "height": str(size[1])}
        element = ElementTree.SubElement(root, "image", about)
        for row in of_one:
            _add_tag(element, row)
    ElementTree.indent(root)
    with atomic.replacing(target / ANNOTATIONS) as temporary:
        ElementTree.ElementTree(root).write(temporary, encoding="utf-8", xml_declaration=True)
    atomic.write_json(target / LABELS, [_label_spec(label) for label in labels])
    return {}


def _label_spec(label: str) -> dict[str, Any]:
    attributes = [
        {"name": name, "input_type": "text", "mutable": False, "values": [""]}
        for name in ATTRIBUTES
    ]
    return {"name": label, "type": "tag", "attributes": attributes}


def _add_labels(task: ElementTree.Element, labels: Sequence[str]) -> None:
    listed = ElementTree.SubElement(task, "labels")
    for label in labels:
        element = ElementTree.SubElement(listed, "label")
        ElementTree.SubElement(element, "name").text = label
        ElementTree.SubElement(element, "type").text = "tag"
        attributes = ElementTree.SubElement(element, "attributes")
        for name in ATTRIBUTES:
            attribute = ElementTree.SubElement(attributes, "attribute")
            fields = {"name": name, "mutable": "False", "input_type": "text"}
            for field, value in {**fields, "default_value": "", "values": ""}.items():
                ElementTree.SubElement(attribute, field).text = value


def _add_tag(element: ElementTree.Element, row: ExportedRow) -> None:
    """The given label as a tag; an image without one has none, as in CVAT."""
    if not row.given_label.strip():
        return
    label = to_plain(row.given_label)
    tag = ElementTree.SubElement(element, "tag", {"label": label, "source": "manual"})
    confidence = "" if row.confidence is None else f"{row.confidence:.4f}"
    values = {
        ID: row.row_id,
        EXPORTED_LABEL: label,
        "suggested_label": to_plain(row.suggested_label),
        "confidence": confidence,
        "action": row.action,
        "reason": to_plain(row.reason),
    }
    for name, value in values.items():
        ElementTree.SubElement(tag, "attribute", {"name": name}).text = value


def read(source: Path) -> list[ReturnedRow]:
    """Read CVAT for images: a row for each tag, and one without a label for an image without.

    Raises:
        InputError: it is no such XML.
    """
    source = source / ANNOTATIONS if source.is_dir() else source
    rows = []
    for number, image in enumerate(_parsed(source).iter("image")):
        name = from_plain(image.get("name", ""))
        where = f"image {image.get('id', number)}"
        tags = image.findall("tag")
        rows += [_row(where, name, tag) for tag in tags]
        if not tags:
            rows.append(ReturnedRow(where=where, image=name, label=""))
    return rows


def _row(where: str, image: str, tag: ElementTree.Element) -> ReturnedRow:
    attributes = {one.get("name", ""): one.text or "" for one in tag.findall("attribute")}
    exported = attributes.get(EXPORTED_LABEL, "")
    return ReturnedRow(
        where=where,
        image=image,
        row_id=attributes.get(ID, ""),
        label=from_plain(tag.get("label", "")),
        exported_label=from_plain(exported) if exported else None,
    )


def _parsed(source: Path) -> ElementTree.Element:
    if not source.is_file():
        found = "a folder" if source.is_dir() else "nothing"
        raise InputError(
            f"expected an XML file at {source}, found {found}",
            "Unpack what CVAT has exported as CVAT for images, and name its annotations.xml.",
        )
    try:
        data = source.read_bytes()
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:  # entities can grow without end
            raise InputError(
                f"{source}: expected XML without a document type, as CVAT writes it, found one",
                "Export the task again as CVAT for images.",
            )
        root = ElementTree.fromstring(data)  # noqa: S314 (no entities are left to expand)
    except (OSError, ElementTree.ParseError, ValueError, LookupError) as error:
        raise InputError(
            f"{source}: expected XML, found something else ({error})",
            "Export the task as CVAT for images.",
        ) from error
    if root.tag != "annotations":
        raise InputError(
            f"{source}: expected the element annotations, as CVAT for images has it, found "
            f"{names.plain(root.tag)}",
            "Export the task as CVAT for images.",
        )
    return root
