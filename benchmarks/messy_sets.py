"""Data sets as people have them: tiles with labels, folders, names and tables in a mess.

A messy set is a `Recipe`: how labels are written, where the images lie, how the table names them,
and what kind of table it is. Anything that is not messy stays `plain`.
"""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
from PIL import Image
from tiles import Tiles

VARIANT_SHARE = 0.082
"""83 of 1,015 labels were spelt otherwise in the first trial of a new user."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is messy about a data set; the words are keys of the tables below.

    Attributes:
        labels: how labels are spelt.
        layout: where the images lie below the image folder.
        paths: how the table names an image.
        table: the kind of table; `none` for folders alone.
        rows: None takes all tiles.
        all_wrong: whether every label is wrong.
        workspace_of: a recipe whose workspace this one is run in.
    """

    labels: str = "plain"
    layout: str = "flat"
    paths: str = "plain"
    table: str = "csv"
    rows: int | None = None
    all_wrong: bool = False
    workspace_of: str | None = None


@dataclass(frozen=True, kw_only=True)
class MessySet:
    """A data set on disk and what its labels mean.

    Attributes:
        images: the image folder.
        manifest: the table; None where the folders tell the labels.
        true: image's place in the folder to its class, in the order of the rows.
        given: the class that each given label means, in the same order.
        meaning: written label to the class that it means.
    """

    images: Path
    manifest: Path | None
    true: Mapping[str, str]
    given: Sequence[str]
    meaning: Mapping[str, str] = field(repr=False)


def make_set(recipe: Recipe, tiles: Tiles, folder: Path) -> MessySet:
    """Write the images and the table of a recipe below a new folder."""
    count = len(tiles) if recipe.rows is None else recipe.rows
    true, given = list(tiles.true[:count]), list(tiles.given[:count])
    if recipe.all_wrong:
        names = sorted(set(tiles.true))
        given = [names[(names.index(name) + 1) % len(names)] for name in true]
    written = LABELS[recipe.labels](given)
    images = folder / "images"
    places = LAYOUTS[recipe.layout](written)
    for place, pixels in zip(places, tiles.pixels, strict=False):
        path = images / place
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    if recipe.layout == "junk":
        write_junk(images)
    named = [PATHS[recipe.paths](place, images) for place in places]
    return MessySet(
        images=images,
        manifest=TABLES[recipe.table](named, written, folder),
        true=dict(zip(places, true, strict=True)),
        given=given,
        meaning={label.strip(): name for label, name in zip(written, given, strict=True)}
        | dict(zip(written, given, strict=True)),
    )


# --- how labels are spelt ------------------------------------------------------------------------

Labels = list[str]


def spelt_otherwise(given: Sequence[str]) -> Labels:
    """Some labels in capitals, in the plural, or with a blank at the end."""
    random = np.random.default_rng(0)
    forms: list[Callable[[str], str]] = [
        str.title,
        lambda name: f"{name}s",
        lambda name: f"{name} ",
        str.upper,
    ]
    labels = list(given)
    for place, row in enumerate(
        random.permutation(len(labels))[: round(VARIANT_SHARE * len(labels))]
    ):
        labels[row] = forms[place % len(forms)](labels[row])
    return labels


def renamed(*names: str) -> Callable[[Sequence[str]], Labels]:
    """The first classes of the alphabet under names that look alike and are not."""

    def rename(given: Sequence[str]) -> Labels:
        new = dict(zip(sorted(set(given)), names, strict=False))
        return [new.get(name, name) for name in given]

    return rename


LABELS: dict[str, Callable[[Sequence[str]], Labels]] = {
    "plain": list,
    "variants": spelt_otherwise,
    "codes": renamed("A1", "A2", "A3", "B1", "B2", "B3"),
    "near-words": renamed("car", "cat", "cart", "bat", "hat", "coat"),
    "leading-zero": renamed("3", "03", "4", "04"),
    "trailing-blank": renamed("left", "Left ", "right", "Right "),
}

# --- where the images lie ------------------------------------------------------------------------


def split_folders(written: Sequence[str]) -> list[str]:
    parts = ["val" if row % 5 == 0 else "train" for row in range(len(written))]
    return [f"{part}/{one}" for part, one in zip(parts, class_folders(written), strict=True)]


def class_folders(written: Sequence[str]) -> list[str]:
    return [f"{label}/{row:04d}.png" for row, label in enumerate(written)]


def same_names(written: Sequence[str]) -> list[str]:
    """Every class folder counts from 0, so that a bare name is ambiguous."""
    seen: dict[str, int] = {}
    places = []
    for label in written:
        seen[label] = seen.get(label, -1) + 1
        places.append(f"{label}/{seen[label]:04d}.png")
    return places


LAYOUTS: dict[str, Callable[[Sequence[str]], list[str]]] = {
    "flat": lambda written: [f"{row:04d}.png" for row in range(len(written))],
    "nested": lambda written: [
        f"2024/batch-{row % 7}/{row:04d}.png" for row in range(len(written))
    ],
    "blanks": lambda written: [f"my tiles/no {row:04d}.png" for row in range(len(written))],
    "class-folders": class_folders,
    "split-folders": split_folders,
    "same-names": same_names,
    "junk": class_folders,
}


def write_junk(images: Path) -> None:
    """What file managers leave behind."""
    for folder in [images, *filter(Path.is_dir, images.iterdir())]:
        for name in (".DS_Store", "Thumbs.db", "._0001.png"):
            (folder / name).write_bytes(b"\x00\x05\x16\x07")


# --- how the table names an image ----------------------------------------------------------------

PATHS: dict[str, Callable[[str, Path], str]] = {
    "plain": lambda place, _: place,
    "backslashes": lambda place, _: place.replace("/", "\\"),
    "ending-case": lambda place, _: place.replace(".png", ".PNG"),
    "no-ending": lambda place, _: place.removesuffix(".png"),
    "bare-names": lambda place, _: Path(place).name,
    "from-manifest": lambda place, _: f"images/{place}",
    "absolute": lambda place, images: str(images / place),
    "file-url": lambda place, images: (images / place).as_uri(),
    "url-encoded": lambda place, _: quote(place),
    "moved-prefix": lambda place, _: f"/data/annotators/2024/{place}",
    "windows-prefix": lambda place, _: "D:\\tiles\\" + place.replace("/", "\\"),
    "url": lambda place, _: f"https://example.org/tiles/{place}",
    "half-gone": lambda place, _: place if int(place[-5]) % 2 else f"gone/{place}",
}

# --- the kinds of tables -------------------------------------------------------------------------

Table = Callable[[Sequence[str], Sequence[str], Path], Path | None]


def delimited(
    image: str, label: str, *, delimiter: str = ",", name: str = "manifest.csv", header: bool = True
) -> Table:
    def write(named: Sequence[str], written: Sequence[str], folder: Path) -> Path:
        path = folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, delimiter=delimiter)
            rows.writerows([(image, label)] if header else [])
            rows.writerows(zip(named, written, strict=True))
        return path

    return write


def framed(write: Callable[[pd.DataFrame, Path], None], name: str, image: str = "image") -> Table:
    def write_frame(named: Sequence[str], written: Sequence[str], folder: Path) -> Path:
        path = folder / name
        write(pd.DataFrame({image: named, "label": written}), path)
        return path

    return write_frame


def write_json_lines(frame: pd.DataFrame, path: Path) -> None:
    frame.to_json(path, orient="records", lines=True, force_ascii=False)


def coco(named: Sequence[str], written: Sequence[str], folder: Path) -> Path:
    names = sorted(set(written))
    numbers = range(1, len(named) + 1)
    table = {
        "images": [{"id": n, "file_name": one} for n, one in zip(numbers, named, strict=True)],
        "annotations": [
            {"id": n, "image_id": n, "category_id": names.index(label) + 1}
            for n, label in zip(numbers, written, strict=True)
        ],
        "categories": [{"id": n, "name": name} for n, name in enumerate(names, 1)],
    }
    path = folder / "instances.json"
    path.write_text(json.dumps(table), encoding="utf-8")
    return path


def word_document(_named: Sequence[str], _written: Sequence[str], folder: Path) -> Path:
    path = folder / "labels.docx"
    path.write_bytes(b"PK\x03\x04 no table")
    return path


TABLES: dict[str, Table] = {
    "none": lambda _named, _written, _folder: None,
    "csv": delimited("image", "label"),
    "tsv": delimited("image", "label", delimiter="\t", name="manifest.tsv"),
    "semicolons": delimited("image", "label", delimiter=";"),
    "capitals": delimited("Image", "LABEL"),
    "file_name,category_id": delimited("file_name", "category_id"),
    "image_id,labels": delimited("image_id", "labels"),
    "filepath,class_name": delimited("filepath", "class_name"),
    "img,target": delimited("img", "target"),
    "unknown-columns": delimited("photo", "what"),
    "no-header": delimited("", "", header=False),
    "text-ending": delimited("image", "label", name="manifest.txt"),
    "xlsx": framed(lambda frame, path: frame.to_excel(path, index=False), "manifest.xlsx"),
    "jsonl": framed(write_json_lines, "manifest.jsonl"),
    "json": framed(lambda frame, path: frame.to_json(path, orient="records"), "manifest.json"),
    "parquet": framed(lambda frame, path: frame.to_parquet(path, index=False), "manifest.parquet"),
    "coco": coco,
    "metadata-csv": delimited("file_name", "label", name="images/metadata.csv"),
    "metadata-jsonl": framed(write_json_lines, "images/metadata.jsonl", image="file_name"),
    "docx": word_document,
}

# --- fifty data sets -----------------------------------------------------------------------------

RECIPES: dict[str, Recipe] = {
    "tidy": Recipe(),
    # labels
    "variants": Recipe(labels="variants"),
    "codes": Recipe(labels="codes"),
    "near words": Recipe(labels="near-words"),
    "leading zero": Recipe(labels="leading-zero"),
    "trailing blank": Recipe(labels="trailing-blank"),
    # folders
    "class folders": Recipe(layout="class-folders", table="none"),
    "split folders": Recipe(layout="split-folders", table="none"),
    "junk files": Recipe(layout="junk", table="none"),
    # paths
    "backslashes": Recipe(layout="nested", paths="backslashes"),
    "case of the ending": Recipe(paths="ending-case"),
    "no ending": Recipe(paths="no-ending"),
    "bare names": Recipe(layout="nested", paths="bare-names"),
    "ambiguous bare names": Recipe(layout="same-names", paths="bare-names"),
    "relative to the table": Recipe(paths="from-manifest"),
    "absolute": Recipe(paths="absolute"),
    "file URL": Recipe(paths="file-url"),
    "URL-encoded": Recipe(layout="blanks", paths="url-encoded"),
    "moved prefix": Recipe(layout="nested", paths="moved-prefix"),
    "Windows prefix": Recipe(layout="nested", paths="windows-prefix"),
    "web URL": Recipe(paths="url"),
    "half of the images gone": Recipe(paths="half-gone"),
    # tables
    "capitals": Recipe(table="capitals"),
    "file_name, category_id": Recipe(table="file_name,category_id"),
    "image_id, labels": Recipe(table="image_id,labels"),
    "filepath, class_name": Recipe(table="filepath,class_name"),
    "img, target": Recipe(table="img,target"),
    "unknown columns": Recipe(table="unknown-columns"),
    "no header": Recipe(table="no-header"),
    "semicolons": Recipe(table="semicolons"),
    "xlsx": Recipe(table="xlsx"),
    "jsonl": Recipe(table="jsonl"),
    "json": Recipe(table="json"),
    "COCO": Recipe(table="coco"),
    "metadata.csv": Recipe(table="metadata-csv"),
    "metadata.jsonl": Recipe(table="metadata-jsonl"),
    "another ending": Recipe(table="docx"),
    # workspace and size
    "another data set's workspace": Recipe(rows=300, workspace_of="class folders"),
    "five labels, all wrong": Recipe(rows=5, all_wrong=True),
    "forty rows": Recipe(rows=40),
    # pairs
    "variants, split folders": Recipe(labels="variants", layout="split-folders", table="none"),
    "variants, xlsx": Recipe(labels="variants", table="xlsx"),
    "variants, backslashes": Recipe(labels="variants", layout="nested", paths="backslashes"),
    "leading zero, no header": Recipe(labels="leading-zero", table="no-header"),
    "no header, no ending": Recipe(table="no-header", paths="no-ending"),
    "capitals, Windows prefix": Recipe(table="capitals", layout="nested", paths="windows-prefix"),
    "COCO, bare names": Recipe(table="coco", layout="nested", paths="bare-names"),
    "jsonl, moved prefix": Recipe(table="jsonl", layout="nested", paths="moved-prefix"),
    "metadata.csv, variants": Recipe(table="metadata-csv", labels="variants"),
    "xlsx, case of the ending": Recipe(table="xlsx", paths="ending-case"),
}
