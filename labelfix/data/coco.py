"""COCO's `images`, `annotations` and `categories`, where each image has one label."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelfix.data import names
from labelfix.errors import InputError

IMAGE = "file_name"
LABEL = "category_name"
"""The columns of images and labels. Ids of categories are left out: beside a corrected name, the id
of the old one would still stand."""


@dataclass(frozen=True, kw_only=True)
class CocoLabels:
    """A record for each image, and notes."""

    records: list[dict[str, Any]]
    notes: tuple[str, ...] = ()


def is_coco(value: Any) -> bool:
    """Whether a JSON value has COCO's form."""
    return isinstance(value, dict) and all(
        isinstance(value.get(name), list) and all(isinstance(one, dict) for one in value[name])
        for name in ("images", "annotations")
    )


def label_of_each_image(path: Path, value: dict[str, Any]) -> CocoLabels:
    """The images with the fields that they have, and the name of their category.

    Several annotations of one image count once if they name one category. An image without any
    has no label.

    Args:
        path: of the file, for errors.
        value: of COCO's form.

    Raises:
        InputError: an id or a file name is missing or unknown, or an image has several
            categories, as in data sets of objects.
    """
    images, annotations = value["images"], value["annotations"]
    _check_fields(path, "images", images, ("id", IMAGE))
    _check_fields(path, "annotations", annotations, ("image_id", "category_id"))
    named = _category_names(path, value)
    categories_of: dict[Any, dict[Any, None]] = {image["id"]: {} for image in images}
    for place, annotation in enumerate(annotations):
        image, category = annotation["image_id"], annotation["category_id"]
        if image not in categories_of or (named and category not in named):
            which = f"image {image!r}" if image not in categories_of else f"category {category!r}"
            raise InputError(
                f"{path}, annotations[{place}]: expected the id of an image and of a category, "
                f"found the unknown {which}",
                "Add it to the file, or remove the annotation.",
            )
        categories_of[image][category] = None
    _check_one_each(path, images, categories_of)
    records = []
    for image in images:
        category = next(iter(categories_of[image["id"]]), None)
        label = None if category is None else named.get(category, str(category))
        records.append({IMAGE: "", **image, LABEL: label})
    boxes = sum(bool(one.get("bbox") or one.get("segmentation")) for one in annotations)
    notes = []
    if boxes:
        notes.append(
            f"{path}: labels are those of whole images; the boxes or outlines of {boxes:,} "
            "annotations are not read"
        )
    return CocoLabels(records=records, notes=tuple(notes))


def _check_fields(
    path: Path, what: str, records: Sequence[dict[str, Any]], wanted: Sequence[str]
) -> None:
    for place, record in enumerate(records):
        missing = [name for name in wanted if not isinstance(record.get(name), (str, int))]
        if missing:
            raise InputError(
                f"{path}, {what}[{place}]: expected {' and '.join(wanted)}, "
                f"found no {' and no '.join(missing)}",
                "Write the file as COCO does, or as CSV with an image and a label column.",
            )
    if what == "images":
        repeated = [
            key for key, count in Counter(one["id"] for one in records).items() if count > 1
        ]
        if repeated:
            raise InputError(
                f"{path}, images: expected every id once, found {repeated[0]!r} more than once",
                "Give every image an id of its own.",
            )


def _category_names(path: Path, value: dict[str, Any]) -> dict[Any, str]:
    """The name of each category; none where the file has no categories."""
    categories = value.get("categories") or []
    if not isinstance(categories, list) or not all(isinstance(one, dict) for one in categories):
        raise InputError(f"{path}, categories: expected a list of objects with id and name")
    _check_fields(path, "categories", categories, ("id", "name"))
    return {one["id"]: str(one["name"]) for one in categories}


def _check_one_each(
    path: Path, images: Sequence[dict[str, Any]], categories_of: dict[Any, dict[Any, None]]
) -> None:
    several = [image for image in images if len(categories_of[image["id"]]) > 1]
    if several:
        raise InputError(
            f"{path}: expected one category for each whole image, found several for "
            f"{len(several):,} of {len(images):,} images, for example "
            f"{names.listed([str(image[IMAGE]) for image in several], most=3)}",
            "labelfix judges one label for each image: cut the objects out into images of their "
            "own, or keep one category for each image.",
        )
