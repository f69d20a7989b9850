"""Do exports work in the real tools, and does what is changed there come back?

    python benchmarks/exchange_round_trips.py \
        --label-studio VENV --datumaro VENV --fiftyone VENV --datasets VENV --croissant VENV

Each VENV is a virtual environment in which that tool is installed (`label-studio`, `datumaro` for
CVAT's files, `fiftyone`, `datasets`, `mlcroissant`); a tool that is not named is left out. The
data are digits of sample_data with the labels and the names that break tools. Everything stays on
this machine.
"""

import argparse
import csv
import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import exchange_label_studio
from measuring import labelfix, save

from labelfix.data.decision_store import DecisionStore
from labelfix.exchange.rows import row_ids
from labelfix.exchange.safe_names import from_plain

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "sample_data"
ROWS = 240
LABELS = (
    'zero "0"',
    "one,1",
    "=two",
    "../three",
    "four & <4>",
    "five\n5",
    "six \N{GRINNING FACE}",
    "-seven",
    "con",
    "nine\x02",
)
NAMES = ("images \u00fc.png", "a\nb.png", "=x.png", "q\"uote'.png")

FIFTYONE = """
import json, sys
import fiftyone as fo
import fiftyone.utils.data as foud
folder, again = sys.argv[1:]
reader = foud.FiftyOneImageClassificationDatasetImporter(dataset_dir=folder)
reader.setup()
samples = list(reader)
labels = sorted({label.label for _, _, label in samples})
changed = {}
for _, _, label in samples[:3]:
    label.label = next(other for other in labels if other != label.label)
    changed[label.labelfix_id] = label.label
for place, all_of_it in ((again, True), (again + "-plain", False)):
    writer = foud.FiftyOneImageClassificationDatasetExporter(
        export_dir=place, export_media=True, include_confidence=all_of_it,
        include_attributes=all_of_it,
    )
    with writer:
        for path, _, label in samples:
            writer.export_sample(path, label)
print(json.dumps({"version": fo.__version__, "samples": len(samples), "classes": len(labels),
                  "with_tags": sum(bool(label.tags) for _, _, label in samples),
                  "with_confidence": sum(label.confidence is not None for _, _, label in samples),
                  "changed": changed}))
"""

DATASETS = """
import json, sys
import datasets
folder, again = sys.argv[1:]
data = datasets.load_dataset(folder)
rows = {name: len(split) for name, split in data.items()}
sizes = {image.size for split in data.values() for image in split["image"]}
names = data["train"].features["label"].names
kind = type(data["train"].features["label"]).__name__
changed = {}
def change(row, place):
    if place < 3:
        row["label"] = (row["label"] + 1) % len(names)
        changed[row["labelfix_id"]] = names[row["label"]]
    return row
edited = data["train"].map(change, with_indices=True, load_from_cache_file=False)
edited.to_parquet(again + "/edited.parquet")
print(json.dumps({"version": datasets.__version__, "rows": rows, "kind": kind,
                  "classes": len(names), "sizes": len(sizes), "changed": changed}))
"""

CVAT = """
import json, sys
from importlib.metadata import version
import datumaro as dm
folder, again = sys.argv[1:]
data = dm.Dataset.import_from(folder, "cvat")
labels = [one.name for one in data.categories()[dm.AnnotationType.label].items]
tags, changed = 0, {}
for item in data:
    (tag,) = item.annotations
    tags += 1
    if tags <= 3:
        row_id = tag.attributes["labelfix_id"]
        tag.label = (tag.label + 1) % (len(labels) - 2)
        changed[row_id] = labels[tag.label]
        data.put(item)
data.export(again, "cvat")
print(json.dumps({"version": version("datumaro"), "tags": tags, "classes": len(labels),
                  "changed": changed}))
"""

CROISSANT = """
import json, sys
from importlib.metadata import version
import mlcroissant as mlc
data = mlc.Dataset(jsonld=sys.argv[1])
issues = data.metadata.ctx.issues
records = list(data.records(record_set="labelled-images"))
print(json.dumps({"version": version("mlcroissant"), "errors": sorted(issues.errors),
                  "warnings": sorted(issues.warnings), "records": len(records)}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for tool in ("label-studio", "datumaro", "fiftyone", "datasets", "croissant"):
        parser.add_argument(f"--{tool}", type=Path, metavar="VENV")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_set(folder)
        labelfix(
            "run",
            "images",
            "manifest.csv",
            *["--encoder", "hog", "--fast", "--out", "fixed.csv"],
            folder=folder,
        )
        ran: dict[str, Any] = {}
        if chosen.label_studio:
            ran["label-studio"] = exchange_label_studio.round_trip(folder, chosen.label_studio)
        if chosen.datumaro:
            ran["cvat"] = cvat(folder, chosen.datumaro)
        if chosen.fiftyone:
            ran["fiftyone"] = fiftyone(folder, chosen.fiftyone)
        if chosen.datasets:
            ran["huggingface"] = huggingface(folder, chosen.datasets)
        if chosen.croissant:
            ran["croissant"] = croissant(folder, chosen.croissant)
    save("exchange_round_trips", {"rows": ROWS, "ran": ran})


def make_set(folder: Path) -> None:
    """Digits with odd labels and names, in two splits."""
    with (SAMPLE / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:ROWS]
    (folder / "images").mkdir()
    written = []
    for place, row in enumerate(rows):
        image = NAMES[place] if place < len(NAMES) else row["image"]
        shutil.copy(SAMPLE / "images" / row["image"], folder / "images" / image)
        written.append((image, LABELS[int(row["label"])], "test" if place % 5 == 0 else "train"))
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("image", "label", "split"), *written])


def export(folder: Path, name: str) -> Path:
    """An export of all rows."""
    labelfix("export", "--to", name, f"out-{name}", folder=folder)
    return folder / f"out-{name}"


def imported(folder: Path, name: str, source: Path, *more: str) -> dict[str, Any]:
    """What an import says it has done."""
    done = labelfix("import", "--from", name, source, *more, "--json", "-q", folder=folder)
    counts: dict[str, Any] = json.loads(done.stdout)
    return {key: counts[key] for key in ("rows", "added", "already_there", "unchanged")} | {
        "strangers": len(counts["strangers"])
    }


def arrived(folder: Path, changed: Mapping[str, str], name: str) -> bool:
    """Whether the decisions that came from a tool are just what was changed in it.

    Args:
        folder: of the project.
        changed: label by our own id, or its form in the tool.
        name: of the format.
    """
    with DecisionStore.open(folder / ".labelfix" / "decisions.sqlite") as store:
        found = [one for one in store.current() if one.source == f"import:{name}"]
    ids = row_ids([one.image for one in found])
    answers = {row_id: one.answer for row_id, one in zip(ids, found, strict=True)}
    return answers == {row_id: from_plain(label) for row_id, label in changed.items()}


def through(folder: Path, venv: Path, code: str, *arguments: Path) -> dict[str, Any]:
    """What a program prints that runs in a tool's environment."""
    command = [str(venv / "bin" / "python"), "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def fiftyone(folder: Path, venv: Path) -> dict[str, Any]:
    """FiftyOne's importer and exporter, with three labels changed between; no database."""
    again = folder / "from-fiftyone"
    told = through(folder, venv, FIFTYONE, export(folder, "fiftyone"), again)
    back = imported(folder, "fiftyone", again)
    twice = imported(folder, "fiftyone", again)
    plain = imported(folder, "fiftyone", again.with_name(f"{again.name}-plain"))
    return {
        **told,
        "changed": len(told["changed"]),
        "arrived": arrived(folder, told["changed"], "fiftyone"),
        "back": back,
        "twice": twice,
        "back_without_attributes": plain,
    }


def cvat(folder: Path, venv: Path) -> dict[str, Any]:
    """Datumaro's reader and writer of CVAT for images, with three labels changed between."""
    source, again = folder / "for-datumaro", folder / "from-datumaro"
    source.mkdir()
    shutil.copy(export(folder, "cvat") / "annotations.xml", source)
    shutil.copytree(folder / "images", source / "images")
    told = through(folder, venv, CVAT, source, again)
    (file,) = again.rglob("*.xml")
    back = imported(folder, "cvat", file)
    twice = imported(folder, "cvat", file)
    return {
        **told,
        "changed": len(told["changed"]),
        "arrived": arrived(folder, told["changed"], "cvat"),
        "back": back,
        "twice": twice,
    }


def huggingface(folder: Path, venv: Path) -> dict[str, Any]:
    """The package datasets loads the Parquet, three labels are changed, and it writes Parquet."""
    again = folder / "from-datasets"
    again.mkdir()
    source = export(folder, "huggingface")
    told = through(folder, venv, DATASETS, source, again)
    back = imported(folder, "huggingface", again)
    twice = imported(folder, "huggingface", again)
    read = labelfix("embed", source, *["--encoder", "hog", "-w", "read-again"], folder=folder)
    return {
        **told,
        "changed": len(told["changed"]),
        "arrived": arrived(folder, told["changed"], "huggingface"),
        "back": back,
        "twice": twice,
        "read_as_input": "240 images" in read.stderr,
    }


def croissant(folder: Path, venv: Path) -> dict[str, Any]:
    """The package mlcroissant validates the JSON-LD and loads its records."""
    return through(folder, venv, CROISSANT, export(folder, "croissant") / "croissant.json")


if __name__ == "__main__":
    main()
